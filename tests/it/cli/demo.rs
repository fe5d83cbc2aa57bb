//! The demonstration, as a newcomer sees it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{kimager, program, ran};

/// The kubeconfig that a sentence for the second terminal names.
fn kubeconfig_in(sentence: &str) -> Option<&str> {
    sentence
        .split_once("kimager images --kubeconfig ")
        .map(|(_, rest)| rest.split([' ', ',']).next().unwrap_or(rest))
}

fn interrupt(program: &Child) {
    let killed = Command::new("kill").args(["-INT", &program.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
}

#[test]
fn it_can_be_looked_at_from_a_second_terminal_until_it_is_interrupted() {
    let mut demo =
        program(["demo"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut told = BufReader::new(demo.stderr.take().expect("its standard error is a pipe")).lines();
    let mut sentences = Vec::new();
    // It says so once the first list is whole, and the cluster has been served for a while by then.
    while !sentences.last().is_some_and(|line: &String| line.contains("ready: ")) {
        sentences.push(told.next().expect("it goes on").expect("it is text"));
    }
    assert!(
        sentences[0].starts_with("# a simulated cluster is served at http://127.0.0.1:"),
        "{sentences:?}"
    );
    let kubeconfig = sentences.iter().find_map(|line| kubeconfig_in(line)).expect("it names a kubeconfig");

    let images = kimager(&format!("images --kubeconfig {kubeconfig} -o name"));
    assert_eq!(images.code, Some(0), "{}", images.err);
    assert!(images.out.lines().any(|line| line == "registry.example.com/shop/cart:2.0.3"), "{}", images.out);

    interrupt(&demo);
    assert_eq!(demo.wait().expect("it ends").code(), Some(0));
    let folder = Path::new(kubeconfig).parent().expect("a folder of its own");
    assert!(!folder.exists(), "it leaves nothing behind");
    let mut lines = String::new();
    demo.stdout.take().expect("its output is a pipe").read_to_string(&mut lines).expect("it is text");
    assert!(lines.lines().all(|line| line.contains("INFO ] [")), "{lines}");
    assert!(lines.contains("[+|image]  registry.example.com/shop/cart:2.0.3  [shop|cart-"), "{lines}");
}

#[test]
fn it_ends_by_itself_and_speaks_json_throughout() {
    let ran = kimager("demo --for 2s --output json");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let objects = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("each line is an object")).collect()
    };
    let added: Vec<Value> = objects(&ran.out).into_iter().filter(|event| event["event"] == "added").collect();
    let has = |reference: &str| added.iter().any(|event| event["image"]["reference"] == reference);
    assert!(
        has("registry.example.com/shop/web:1.4.0") && has("registry.example.com/shop/web:1.5.0"),
        "{}",
        ran.out
    );
    let told = objects(&ran.err);
    let scene = "rollout of shop/web to 1.5.0 begins";
    let is_told = |line: &Value| line["message"].as_str().is_some_and(|message| message.starts_with(scene));
    assert!(told.iter().any(is_told), "{}", ran.err);
}

#[test]
fn a_second_interruption_ends_it_even_while_nobody_reads_its_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_unread, mut full) = io::pipe().expect("a pipe");
    // As much as a pipe holds: the first line waits for a reader, for ever.
    full.write_all(&vec![b'x'; 1 << 16]).expect("the pipe takes it");
    let mut demo = program(["demo"])
        .env("TMPDIR", folder.path())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(demo.stderr.take().expect("its standard error is a pipe")).lines();
    assert!(told.any(|line| line.expect("it is text").contains("ready: ")));
    interrupt(&demo);
    let ended = loop {
        // Signals that come too close together count as one.
        thread::sleep(Duration::from_millis(20));
        match demo.try_wait().expect("it can be waited for") {
            Some(ended) => break ended,
            None => interrupt(&demo),
        }
    };
    assert_eq!(ended.code(), Some(130));
}

/// What the demonstration says one can ask, in a second terminal.
#[test]
fn its_record_answers_the_questions_that_it_names() {
    let mut demo =
        program(["demo"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let told = BufReader::new(demo.stderr.take().expect("its standard error is a pipe")).lines();
    let mut questions: Vec<String> = Vec::new();
    for line in told.map_while(Result::ok) {
        questions.extend(line.strip_prefix("#   kimager ").map(str::to_owned));
        if line.contains("rollout of shop/web to 1.5.0 begins") {
            break;
        }
    }
    let commands: Vec<&str> =
        questions.iter().filter_map(|question| question.split_whitespace().next()).collect();
    assert_eq!(commands, ["images", "at", "diff", "history", "keep", "export"]);
    let answers = questions.iter().map(|question| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec \"$0\" {question}"), env!("CARGO_BIN_EXE_kimager")]);
        ran(shell.env_clear().env("HOME", "/nowhere").stdin(Stdio::null()))
    });
    for (question, answer) in questions.iter().zip(answers) {
        // Of the time before the demonstration began nothing is known, and that is said.
        assert!(matches!(answer.code, Some(0 | 3)), "{question}: {}{}", answer.out, answer.err);
        assert!(answer.code == Some(3) || !answer.out.is_empty(), "{question}: {}", answer.err);
    }
    interrupt(&demo);
    assert_eq!(demo.wait().expect("it ends").code(), Some(0));
}
