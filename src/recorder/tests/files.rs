//! Restarts on a record in a file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tempfile::TempDir;

use super::bench::{Bench, Out, apply, delete, diagnostics, done, init, keep_diagnostics, version};
use crate::inventory::{Cause, Scope, ScopeId};
use crate::record::past::{Healed, Seen};
use crate::record::{Batch, Identity, SqliteStore, Store};
use crate::recorder::{Ended, Restored};
use crate::watch::Output;

struct Record(TempDir);

impl Record {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("record.db")
    }

    fn store(&self) -> SqliteStore {
        open(&self.path())
    }

    /// A recorder whose lines can be read.
    fn start(&self) -> Bench {
        Bench::on_store(self.store(), Out::default(), &[Scope::default()])
    }

    /// The version that a start would resume from.
    fn version(&self) -> Option<Box<str>> {
        self.restored().scope(&Scope::default()).1
    }

    fn last_seen(&self) -> Option<Timestamp> {
        self.restored().opened.last_seen.get("all namespaces").copied()
    }

    fn restored(&self) -> Restored {
        Restored::open(Box::new(self.store()), false).unwrap()
    }
}

fn open(path: &Path) -> SqliteStore {
    let identity = Identity { cluster: "test".to_owned(), server: "here".to_owned() };
    SqliteStore::create_or_open(path, &identity).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_restart_says_only_the_net_difference() {
    let record = Record::new();
    let mut first = record.start();
    first.tell(init(Cause::Start)).await;
    for (name, images) in [("p", ["a", "b"]), ("q", ["c", "d"])] {
        first.tell(apply(name, &images)).await;
    }
    first.tell(done()).await;
    first.tell(version("7")).await;
    first.stop().await.unwrap();
    assert_eq!(first.out.lines().len(), 4);
    assert_eq!(record.version().as_deref(), Some("7"));

    let mut second = record.start();
    second.tell(Output::Version(None)).await;
    second.tell(init(Cause::Start)).await;
    second.tell(apply("q", &["z", "d"])).await;
    second.tell(apply("r", &["b", "e"])).await;
    second.tell(done()).await;
    second.tell(version("9")).await;
    second.stop().await.unwrap();
    assert_eq!(
        second.out.lines(),
        ["[+|image] e [shop|r]", "[+|image] z [shop|q]", "[-|image] a [shop|p]", "[-|image] c [shop|q]"]
    );

    let mut third = record.start();
    third.stop().await.unwrap();
    assert_eq!(third.out.text(), "", "a clean end repeats nothing");
}

#[tokio::test(start_paused = true)]
async fn what_was_stored_but_not_said_is_said_by_the_next_start_and_once() {
    let record = Record::new();
    for kind in [ErrorKind::StorageFull, ErrorKind::BrokenPipe] {
        let image = format!("{kind:?}").to_lowercase();
        // The commit comes through, the print does not.
        let mut dead = Bench::on_store(record.store(), Out::that_breaks_with(kind), &[Scope::default()]);
        dead.tell(apply(&image, &[&image])).await;
        let ended = dead.ended().await;
        assert_eq!(ended.is_err(), kind == ErrorKind::StorageFull, "{ended:?}");

        // A reader that is gone at once again changes nothing.
        let mut closed = Bench::on_store(
            record.store(),
            Out::that_breaks_with(ErrorKind::BrokenPipe),
            &[Scope::default()],
        );
        assert_eq!(closed.ended().await.unwrap(), Ended::OutputClosed);

        let mut second = record.start();
        second.tell(apply("later", &["later"])).await;
        second.stop().await.unwrap();
        let said = second.out.lines();
        assert_eq!(said[0], format!("[+|image] {image} [shop|{image}]"), "{said:?}");
        assert_eq!(said.iter().filter(|line| line.contains(&image)).count(), 1, "{said:?}");

        let mut third = record.start();
        third.stop().await.unwrap();
        assert_eq!(third.out.text(), "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_goes_on_with_what_live_events_left() {
    let record = Record::new();
    let mut first = record.start();
    first.tell(apply("a", &["x"])).await;
    first.tell(version("8")).await;
    first.stop().await.unwrap();

    let mut second = record.start();
    // A replay of what is known already says nothing.
    second.tell(apply("a", &["x"])).await;
    second.tell(delete("a")).await;
    second.tell(version("9")).await;
    second.stop().await.unwrap();
    assert_eq!(second.out.lines(), ["[-|image] x [shop|a]"]);
    assert_eq!(record.version().as_deref(), Some("9"));
}

#[tokio::test(start_paused = true)]
async fn a_list_under_way_at_the_end_leaves_no_version_to_resume_from() {
    let record = Record::new();
    let mut first = record.start();
    first.tell(apply("a", &["x"])).await;
    first.tell(version("8")).await;
    first.tell(Output::Version(None)).await;
    first.tell(init(Cause::Relist)).await;
    first.tell(apply("b", &["y"])).await;
    first.stop().await.unwrap();
    assert_eq!(record.version(), None);

    let mut second = record.start();
    second.tell(init(Cause::Start)).await;
    second.tell(apply("b", &["y"])).await;
    second.tell(done()).await;
    second.stop().await.unwrap();
    assert_eq!(second.out.lines(), ["[+|image] y [shop|b]", "[-|image] x [shop|a]"]);
}

/// Else the next start would say that what it finds happened after the list broke off.
#[tokio::test(start_paused = true)]
async fn rows_of_a_list_that_came_to_no_end_do_not_claim_that_all_was_seen() {
    let record = Record::new();
    let mut new = record.start();
    new.tell(init(Cause::Start)).await;
    new.tell(apply("a", &["x"])).await;
    new.stop().await.unwrap();
    assert_eq!(record.last_seen(), None, "nothing was ever seen whole");

    let last_seen = Timestamp::from_second(1000).unwrap();
    let (scope, healed) = ("all namespaces".into(), Healed::Blind);
    let seen = vec![Seen { scope, from: last_seen, until: last_seen, healed }];
    record.store().commit(&Batch { number: 1000, seen, ..Batch::default() }).unwrap();
    let mut cut_short = record.start();
    cut_short.tell(init(Cause::Start)).await;
    cut_short.tell(apply("b", &["y"])).await;
    cut_short.stop().await.unwrap();
    assert_eq!(record.last_seen(), Some(last_seen));

    let mut whole = record.start();
    whole.tell(init(Cause::Start)).await;
    whole.tell(done()).await;
    whole.tell(Output::InSight).await;
    whole.tell(version("9")).await;
    whole.stop().await.unwrap();
    assert!(record.last_seen() > Some(last_seen));
}

#[tokio::test]
async fn an_output_that_nobody_reads_holds_up_nothing_and_is_said_by_the_next_start() {
    keep_diagnostics();
    let record = Record::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut unread = Bench::on_output(record.store(), Box::new(writer), &[Scope::default()]);
    // Far more than fits into a pipe.
    let pods = 3000;
    for number in 0..pods {
        let name = format!("pod-{number:04}-{}", "long".repeat(10));
        unread.tell(apply(&name, &[&name])).await;
    }
    unread.tell(version("7")).await;
    let began = Instant::now();
    assert_eq!(unread.stop().await.unwrap(), Ended::Stopped);
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    assert_eq!(record.version().as_deref(), Some("7"), "all is stored");
    let told = diagnostics();
    assert!(told.iter().any(|line| line.contains("nobody reads standard output")), "{told:?}");

    // What the pipe held was said; the rest comes now, and at most one text of it twice.
    drop(reader);
    let mut second = record.start();
    second.stop().await.unwrap();
    let lines = second.out.lines();
    assert!(lines.len() > pods / 2, "{}", lines.len());
    assert!(lines.last().is_some_and(|line| line.contains("pod-2999")), "{:?}", lines.last());
    let mut third = record.start();
    third.stop().await.unwrap();
    assert_eq!(third.out.text(), "");
}

#[tokio::test]
async fn what_is_watched_no_more_is_not_counted_as_in_use() {
    let record = Record::new();
    let mut first = record.start();
    first.tell(init(Cause::Start)).await;
    first.tell(apply("a", &["x"])).await;
    first.tell(done()).await;
    first.stop().await.unwrap();
    keep_diagnostics();
    let other = Scope { namespace: Some("other".into()), ..Scope::default() };
    let mut second = Bench::on_store(record.store(), Out::default(), &[other]);
    second.tell_of(ScopeId(1), Output::Live).await;
    second.stop().await.unwrap();
    assert_eq!(diagnostics().last().map(String::as_str), Some("INFO ready: 0 images in use by 0 pods"));
}
