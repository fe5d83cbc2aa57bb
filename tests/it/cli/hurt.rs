//! Records that are hurt, in front of the real program: a full disk, a damaged file, a place that
//! takes no writes. The cluster is the one of `demo`, in which something happens all the time.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::program;

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
/// root, or with namespaces that users may make; a system that has neither cannot tell, which is said, and
/// is a failure where all tests must run.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn on_file_system(command: &Command, place: &Path, options: &str) -> Option<Command> {
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--mount"]);
    let tried = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).status();
    if !tried.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "unshare makes no file system here");
        eprintln!("skipped: unshare makes no file system here");
        return None;
    }
    let script = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && exec \"$@\"");
    unshare.args(["sh", "-c", &script]).arg(place).arg(command.get_program()).args(command.get_args());
    unshare.env_clear().stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        unshare.env(name, value.unwrap_or_default());
    }
    Some(unshare)
}

#[test]
fn with_the_disk_full_lines_go_on_and_the_record_says_what_it_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_demo, kubeconfig) = demo(folder.path());
    let place = folder.path().join("disk");
    fs::create_dir(&place).expect("a folder");
    let record = place.join("record.db");
    let Some(mut command) = on_file_system(&watch(&kubeconfig, &record), &place, "size=3m") else { return };
    let mut kimager = Running::start(&mut command);
    let said = kimager.count_lines();
    kimager.wait_for("ready: ");

    // The file system as the program sees it.
    let seen = |path: &Path| PathBuf::from(format!("/proc/{}/root{}", kimager.child.id(), path.display()));
    let filler = seen(&place).join("filler");
    let mut file = fs::File::create(&filler).expect("a file");
    while file.write_all(&[0; 512]).is_ok() {}
    drop(file);
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
