//! Records that are hurt, in front of the real program: a full disk, a damaged file, a place that
//! takes no writes. The cluster is the one of `demo`, in which something happens all the time.

use std::fs;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::past::{DAY, PastOf};
use super::simulated::{Simulated, about};
use super::{program, ran};

/// Long enough for a machine on which compilers run beside the tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that runs, with what it wrote on standard error; dropping it kills it.
struct Running {
    child: Child,
    told: Arc<Mutex<Vec<String>>>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let told = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().expect("its standard error is a pipe")).lines();
        let sink = Arc::clone(&told);
        thread::spawn(move || collect(lines, &sink));
        Self { child, told }
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("nobody panics").clone()
    }

    /// Waits for a line on standard error that holds this text.
    #[track_caller]
    fn wait_for(&self, text: &str) -> String {
        let since = Instant::now();
        loop {
            if let Some(line) = self.told().into_iter().find(|line| line.contains(text)) {
                return line;
            }
            assert!(since.elapsed() < PATIENCE, "{text:?} in {:#?}", self.told());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Counts lines on standard output from now on.
    fn count_lines(&mut self) -> Arc<Mutex<Vec<String>>> {
        let lines = BufReader::new(self.child.stdout.take().expect("its standard output is a pipe")).lines();
        let said = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&said);
        thread::spawn(move || collect(lines, &sink));
        said
    }

    /// A place in the file system as the program sees it.
    fn sees(&self, place: &Path) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.child.id(), place.display()))
    }

    /// A command in the same file system as the program.
    fn beside(&self, command: &Command) -> Command {
        let mut nsenter = Command::new("nsenter");
        nsenter.args([
            "--user",
            "--mount",
            "--preserve-credentials",
            "--target",
            &self.child.id().to_string(),
        ]);
        with_environment_of(command, nsenter.arg(command.get_program()).args(command.get_args()));
        nsenter
    }

    /// Tells it to end, and how it did.
    fn end(&mut self) -> Option<i32> {
        let ended = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(ended.success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(lines: std::io::Lines<impl BufRead>, sink: &Mutex<Vec<String>>) {
    for line in lines.map_while(Result::ok) {
        sink.lock().expect("nobody panics").push(line);
    }
}

/// The cluster of the demonstration, and its kubeconfig.
fn demo(folder: &Path) -> (Running, PathBuf) {
    let demo = Running::start(program(["demo"]).env("TMPDIR", folder).env("RUST_LOG", "info"));
    let sentence = demo.wait_for("--kubeconfig ");
    let (_, rest) = sentence.split_once("--kubeconfig ").expect("it names a kubeconfig");
    let path = rest.split([' ', ',']).next().expect("a path").into();
    (demo, path)
}

fn watch(kubeconfig: &Path, record: &Path) -> Command {
    let mut command = program(["watch", "--kubeconfig"]);
    command.arg(kubeconfig).arg("--record").arg(record);
    command
}

/// The command with a file system of its own on `place`, of so many bytes and with these options. As
/// root, or with namespaces that users may make; a system that has neither cannot tell, which is said.
fn on_file_system(command: &Command, place: &Path, options: &str) -> Option<Command> {
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--mount"]);
    let tried = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).status();
    if !tried.is_ok_and(|status| status.success()) {
        let _ = writeln!(io::stderr(), "skipped: unshare makes no file system here");
        return None;
    }
    let script = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && exec \"$@\"");
    unshare.args(["sh", "-c", &script]).arg(place).arg(command.get_program()).args(command.get_args());
    with_environment_of(command, &mut unshare);
    Some(unshare)
}

fn with_environment_of(command: &Command, wrapper: &mut Command) {
    wrapper.env_clear().stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        wrapper.env(name, value.unwrap_or_default());
    }
}

/// Leaves no room in a place until the file that this returns is removed.
fn fill(place: &Path) -> PathBuf {
    let filler = place.join("filler");
    let mut file = fs::File::create(&filler).expect("a file");
    while file.write_all(&[0; 512]).is_ok() {}
    filler
}

#[test]
fn with_the_disk_full_lines_go_on_and_the_record_catches_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let place = folder.path().join("disk");
    fs::create_dir(&place).expect("a folder");
    let record = place.join("record.db");
    let Some(mut command) = on_file_system(&watch(&kubeconfig, &record), &place, "size=3m") else { return };
    let mut kimager = Running::start(&mut command);
    let said = kimager.count_lines();
    kimager.wait_for("ready: ");

    let filler = fill(&kimager.sees(&place));
    kimager.wait_for("make room on its disk");
    kimager.wait_for("lines go on without it");
    let before = said.lock().expect("nobody panics").len();
    let since = Instant::now();
    while said.lock().expect("nobody panics").len() == before {
        assert!(since.elapsed() < PATIENCE, "{:#?}", kimager.told());
        thread::sleep(Duration::from_millis(20));
    }
    fs::remove_file(&filler).expect("it is there");
    kimager.wait_for("the record takes writes again");
    assert_eq!(kimager.end(), Some(0), "{:#?}", kimager.told());
}

/// Each of the pods is four rows or more, of which memory keeps 10,000.
#[test]
fn with_the_disk_full_for_longer_than_memory_bridges_answers_tell_the_gap() {
    const PODS: usize = 3_000;
    let mut cluster = Simulated::new();
    cluster.create("shop/stays", "stays:1", None);
    cluster.create("shop/goes", "goes:1", None);
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("disk");
    fs::create_dir(&place).expect("a folder");
    let record = place.join("record.db");
    let command = watch(&cluster.kubeconfig(), &record);
    let Some(mut command) = on_file_system(&command, &place, "size=32m") else { return };
    let mut kimager = Running::start(&mut command);
    let said = kimager.count_lines();
    kimager.wait_for("ready: ");
    let wait_until_said = |words: &str| {
        let since = Instant::now();
        while !said.lock().expect("nobody panics").iter().any(|line| line.contains(words)) {
            assert!(since.elapsed() < PATIENCE, "{words}: {:#?}", kimager.told());
            thread::sleep(Duration::from_millis(20));
        }
    };
    // A moment that is stored as seen: a line follows its commit.
    let stored_moment = |cluster: &mut Simulated, name: &str| {
        let now = Timestamp::now();
        // The record's times are whole milliseconds: what comes in the same one would count as there.
        while Timestamp::now().as_millisecond() == now.as_millisecond() {
            thread::yield_now();
        }
        cluster.create(&format!("shop/{name}"), &format!("{name}:1"), None);
        wait_until_said(&format!("{name}:1"));
        now.to_string()
    };
    let before = stored_moment(&mut cluster, "before");

    let filler = fill(&kimager.sees(&place));
    cluster.create("shop/waits", "waits:1", None);
    kimager.wait_for("make room on its disk");
    // That batch is stored once there is room. What comes from here on is gathered, and in the end dropped.
    cluster.create("shop/brief", "brief:1", None);
    cluster.delete("shop/brief");
    cluster.delete("shop/waits");
    cluster.delete("shop/goes");
    kimager.wait_for("lines go on without it");
    for words in ["[-|image]  brief:1", "[-|image]  waits:1", "[-|image]  goes:1"] {
        wait_until_said(words);
    }
    let inside = Timestamp::now().to_string();
    for pod in 0..PODS {
        cluster.create(&format!("shop/pod-{pod}"), &format!("image-{pod}:1"), None);
        // The server forgets what is a thousand changes old.
        if pod % 500 == 499 {
            wait_until_said(&format!("image-{pod}:1"));
        }
    }
    fs::remove_file(&filler).expect("it is there");
    kimager.wait_for("the record takes writes again");
    kimager.wait_for("was said but not stored");
    let after = stored_moment(&mut cluster, "after");

    let asked = |line: &str| {
        let ran = ran(&mut kimager.beside(&about(&record, &format!("{line} -o json"))));
        let answer: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
        (ran.code, answer["records"][0].clone())
    };
    let is_gap = |answer: &Value| {
        let [gap] = answer["gaps"].as_array().expect("a list").as_slice() else {
            panic!("{}", answer["gaps"])
        };
        let within = |time: &str| gap["from"].as_str() <= Some(time) && Some(time) <= gap["until"].as_str();
        gap["kind"] == "unwritable" && within(&inside) && !within(&before) && !within(&after)
    };
    for line in [&format!("at {inside}"), &format!("diff {inside} {after}"), "history brief", "history goes"]
    {
        let (code, answer) = asked(line);
        assert_eq!(code, Some(3), "{line}: {answer}");
        assert!(is_gap(&answer), "{line}: {answer}");
    }
    let (code, answer) = asked(&format!("diff {before} {after}"));
    assert_eq!((code, answer["gaps"].to_string().as_str()), (Some(0), "[]"), "at both ends all is known");
    let changes = answer["changes"].as_array().expect("a list").iter();
    let is_removed = |change: &&Value| change["change"] == "removed";
    let removed: Vec<&Value> = changes.filter(is_removed).map(|change| &change["reference"]).collect();
    assert_eq!(removed, ["docker.io/library/goes:1"]);
    let (code, answer) = asked(&format!("at {after}"));
    assert_eq!(code, Some(0), "{}", answer["gaps"]);
    let used = answer["certain"].as_array().expect("a list").len();
    assert_eq!(used, PODS + 2, "and what stays, and what came before");
    assert_eq!(kimager.end(), Some(0), "{:#?}", kimager.told());
}

#[test]
fn a_record_that_vanishes_while_it_is_written_is_told_and_goes_on_once_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let record = folder.path().join("record.db");
    let mut kimager = Running::start(&mut watch(&kubeconfig, &record));
    kimager.wait_for("ready: ");
    let elsewhere = folder.path().join("elsewhere.db");
    fs::rename(&record, &elsewhere).expect("it is there");
    kimager.wait_for("was moved, deleted or replaced");
    kimager.wait_for("lines go on without it");
    fs::rename(&elsewhere, &record).expect("it is there");
    kimager.wait_for("the record takes writes again");
    assert_eq!(kimager.end(), Some(0), "{:#?}", kimager.told());

    let mut kimager = Running::start(&mut watch(&kubeconfig, &record));
    kimager.wait_for("ready: ");
    fs::remove_file(&record).expect("it is there");
    kimager.wait_for("was moved, deleted or replaced");
    assert_eq!(kimager.end(), Some(1), "{:#?}", kimager.told());
    assert!(!record.exists(), "nothing took its place");
}

#[test]
fn a_damaged_record_is_set_aside_and_another_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let record = folder.path().join("record.db");
    let mut first = Running::start(&mut watch(&kubeconfig, &record));
    first.wait_for("ready: ");
    assert_eq!(first.end(), Some(0), "{:#?}", first.told());
    let mut bytes = fs::read(&record).expect("a record");
    bytes[100..].fill(0x55);
    fs::write(&record, &bytes).expect("it can be written");

    let mut second = Running::start(&mut watch(&kubeconfig, &record));
    let told = second.wait_for("now lies at");
    assert!(told.contains("is damaged") && told.contains("record.db.damaged-"), "{told}");
    assert!(!told.contains("again"), "it is set aside, and nothing is left to do: {told}");
    second.wait_for("which knows 0 images in use");
    second.wait_for("ready: ");
    assert_eq!(second.end(), Some(0), "{:#?}", second.told());
    let aside = fs::read_dir(folder.path()).expect("a folder").filter_map(Result::ok).map(|file| file.path());
    let aside = aside.filter(|path| path.to_string_lossy().contains(".damaged-")).collect::<Vec<_>>();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(fs::read(&aside[0]).expect("it is there"), bytes, "nothing of it is lost");
}

#[test]
fn a_place_that_takes_no_writes_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let place = folder.path().join("disk");
    fs::create_dir(&place).expect("a folder");
    let command = watch(&kubeconfig, &place.join("record.db"));
    let Some(mut command) = on_file_system(&command, &place, "ro,size=1m") else { return };
    let mut kimager = Running::start(&mut command);
    let told = kimager.wait_for("error: ");
    assert!(told.contains("Read-only file system") && told.contains("name another file"), "{told}");
    assert_eq!(kimager.child.wait().expect("it ends").code(), Some(1));
}

#[test]
fn a_second_writer_is_refused_while_the_first_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let record = folder.path().join("record.db");
    let mut first = Running::start(&mut watch(&kubeconfig, &record));
    first.wait_for("ready: ");
    let mut second = Running::start(&mut watch(&kubeconfig, &record));
    second.wait_for("another kimager is writing the record");
    assert_eq!(second.child.wait().expect("it ends").code(), Some(1));
    assert_eq!(first.end(), Some(0), "{:#?}", first.told());
}

/// That each of the commands is refused with these words, and the record left as it is.
#[track_caller]
fn refused(record: &Path, commands: &mut [Command], says: &[&str]) {
    let before = fs::read(record).expect("a record");
    for command in commands {
        let mut kimager = Running::start(command);
        assert_eq!(kimager.child.wait().expect("it ends").code(), Some(1), "{:#?}", kimager.told());
        let told = kimager.wait_for("error: ");
        for words in says {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
    assert!(fs::read(record).expect("it is there") == before, "nothing of it is changed");
}

#[test]
fn a_record_of_a_newer_kimager_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let record = PastOf::cluster(folder.path(), "demo", DAY).seen(DAY, 0).made();
    let connection = rusqlite::Connection::open(&record).expect("a database");
    connection.pragma_update(None, "user_version", 99).expect("it is set");
    drop(connection);
    let mut commands = vec![watch(&kubeconfig, &record)];
    commands
        .extend(["images", "at 1h", "diff 1h", "history", "keep", "export"].map(|line| about(&record, line)));
    refused(&record, &mut commands, &["schema 99", "newer kimager"]);
}

/// One of another name, and one of a cluster of the same name whose pods are all unknown here.
#[test]
fn a_record_of_another_cluster_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let recorded = |name: &str| {
        let mut other = Simulated::new();
        (0..20).for_each(|pod| other.create(&format!("shop/web-{pod}"), "nginx:1", None));
        other.watch(&["--cluster-name", name]).says("nginx:1").stop();
        other
    };
    let (another, namesake) = (recorded("another"), recorded("demo"));
    let command = |of: &Simulated| watch(&kubeconfig, &of.record());
    refused(&another.record(), &mut [command(&another)], &["\"another\"", "name another file"]);
    refused(&namesake.record(), &mut [command(&namesake)], &["none of the 20 pods", "--adopt"]);
    let mut adopting = Running::start(command(&namesake).arg("--adopt"));
    adopting.wait_for("ready: ");
    assert_eq!(adopting.end(), Some(0), "{:#?}", adopting.told());
}

/// Without `--record` a cluster has a record of its own: a second start says nothing that the first
/// had said.
#[test]
fn a_record_that_nobody_named_lies_where_programs_keep_what_they_remember() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let state = folder.path().join("state");
    let command = || {
        let mut command = program(["--kubeconfig"]);
        command.arg(&kubeconfig).env("XDG_STATE_HOME", &state);
        command
    };
    let mut first = Running::start(&mut command());
    first.wait_for("which knows 0 images in use");
    first.wait_for("ready: ");
    assert_eq!(first.end(), Some(0), "{:#?}", first.told());
    let mut second = Running::start(&mut command());
    let told = second.wait_for("images in use");
    let place = state.join("kimager/demo-");
    assert!(told.contains(&*place.to_string_lossy()) && !told.contains("knows 0 images"), "{told}");
    assert_eq!(second.end(), Some(0), "{:#?}", second.told());
}

#[test]
fn such_a_record_is_found_by_the_name_that_the_watch_gave_the_cluster() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let command = |line: &str| {
        let mut command = program(line.split_whitespace());
        command.arg("--kubeconfig").arg(&kubeconfig).env("XDG_STATE_HOME", folder.path().join("state"));
        command
    };
    let mut watching = Running::start(&mut command("watch --cluster-name prod"));
    watching.wait_for("ready: ");
    assert_eq!(watching.end(), Some(0), "{:#?}", watching.told());
    let found = ran(&mut command("history --cluster-name prod -o csv"));
    assert_eq!(found.code, Some(0), "{}", found.err);
    assert!(found.out.contains("\nprod,registry.example.com/shop/cart:"), "{}", found.out);
    ran(&mut command("history")).refused(1, &["no record of the cluster \"demo\"", "--cluster-name"]);
}
