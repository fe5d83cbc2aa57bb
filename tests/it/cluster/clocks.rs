//! The program at a clock that is set.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use kimager::record::past::Span;
use kimager::record::{Past as _, SqlitePast};
use serde_json::Value;
use tempfile::TempDir;

use super::api::Api;
use super::kimager::{Kimager, command, watch};
use super::planes::shared;
use super::pods::Pod;
use super::reckoning::time;
use super::record::RecordFile;
use super::said::{fence, gist, objects};

const NAMESPACE: &str = "clocks";
/// How late a change may come to be known.
const LATE: SignedDuration = SignedDuration::from_secs(30);

/// A clock for one program.
struct Clock {
    folder: TempDir,
    offset: File,
}

impl Clock {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clock.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([folder.path().join("clock.so"), source])
            .status();
        assert!(built.expect("a C compiler").success());
        let offset = File::create(folder.path().join("offset")).expect("a file");
        let clock = Self { folder, offset };
        clock.set(SignedDuration::ZERO);
        clock
    }

    /// From now on it is so much ahead.
    fn set(&self, ahead: SignedDuration) {
        self.offset.write_all_at(&ahead.as_secs().to_ne_bytes(), 0).expect("the file takes writes");
    }

    fn rules<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("LD_PRELOAD", self.folder.path().join("clock.so"))
            .env("CLOCK_OFFSET", self.folder.path().join("offset"))
    }
}

/// Lets a pod come under the clock; its event says the time of that.
fn come(kimager: &Kimager, api: &Api, name: &str, ahead: SignedDuration) {
    let before = Timestamp::now() + ahead;
    api.create_pod(Pod::new(NAMESPACE, name).app("app", &format!("{name}:1")));
    kimager.said_before(api, &fence(NAMESPACE));
    let said = objects(&kimager.stdout());
    let event = said.iter().find(|event| event["pod"]["name"] == name).expect("its event");
    let observed = time(event, "observed").expect("a time");
    let error = observed.duration_since(before);
    assert!(
        -SignedDuration::from_secs(1) < error && error < LATE,
        "{error:?} after the clock's time: {event}"
    );
}

#[test]
fn a_clock_that_is_set_while_kimager_watches_costs_no_line_and_hides_no_downtime() {
    let (api, kubeconfig) = (shared().api(), shared().admin_kubeconfig());
    let (clock, record) = (Clock::new(), RecordFile::new());
    api.create_namespace(NAMESPACE);
    let start = || {
        let mut command = watch(&kubeconfig, record.path(), &["-n", NAMESPACE, "--output", "json"]);
        Kimager::spawn(clock.rules(&mut command))
    };

    let mut kimager = start();
    kimager.wait_ready();
    let ahead = [("right", 0), ("next-week", 7 * 24), ("put-right", 0), ("behind", -1), ("an-hour-on", 1)];
    for (name, hours) in ahead {
        let ahead = SignedDuration::from_hours(hours);
        clock.set(ahead);
        come(&kimager, api, name, ahead);
    }
    kimager.kill_9();
    let lines = kimager.stdout().len();

    // Half an hour later by the right time, and half an hour before what the clock said last.
    let later = SignedDuration::from_mins(30);
    clock.set(later);
    let down = Timestamp::now() + later / 2;
    api.delete_pod(NAMESPACE, "behind");
    api.create_pod(Pod::new(NAMESPACE, "unseen").app("app", "unseen:1"));
    let kimager = start();
    let said = kimager.said_before(api, &fence(NAMESPACE));
    let said = objects(&said);
    assert_eq!(gist(&said), ["removed behind:1 watch", "added unseen:1 watch"], "after {lines} lines");
    let end = |event: &Value, key| time(event, key);
    assert!(said.iter().all(|event| end(event, "not_before") <= end(event, "not_after")), "{said:#?}");

    let past = SqlitePast::open(Path::new(record.path())).expect("a record");
    past.uses(Span::ALWAYS, &[], &mut |used| {
        assert!(used.closed.is_none_or(|closed| used.opened <= closed), "turned around: {used:?}");
    })
    .expect("it can be read");
    // Of the half hour in which kimager was down nothing is claimed.
    let mut ask = command(&kubeconfig, &["at", &down.to_string(), "--record", record.path()]);
    let answer = clock.rules(&mut ask).output().expect("it runs");
    let told = String::from_utf8_lossy(&answer.stderr);
    assert_eq!(answer.status.code(), Some(3), "{told}");
    assert!(told.contains("clock"), "{told}");
}
