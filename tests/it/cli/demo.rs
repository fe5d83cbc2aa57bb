//! The demonstration, as a newcomer sees it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{kimager, program};

/// The kubeconfig that a sentence for the second terminal names.
fn kubeconfig_in(sentence: &str) -> Option<&str> {
    sentence
        .split_once("kimager images --kubeconfig ")
        .map(|(_, rest)| rest.split([' ', ',']).next().unwrap_or(rest))
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

    let killed = Command::new("kill").args(["-INT", &demo.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    assert_eq!(demo.wait().expect("it ends").code(), Some(0));
    assert!(!Path::new(kubeconfig).exists(), "it leaves nothing behind");
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
