//! What is said, in which order, and what is known of its time.

use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use jiff::Timestamp;

use super::bench::{Bench, Out, Spy, apply, delete, diagnostics, done, init, keep_diagnostics, version};
use crate::inventory::change::Event;
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};
use crate::record::{Batch, MemoryStore};
use crate::recorder::{Ended, RecorderError};
use crate::watch::{Notice, Output, Trouble, TroubleKind};

#[tokio::test(start_paused = true)]
async fn a_list_is_said_sorted_and_only_at_its_end() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("z", &["zeta"])).await;
    bench.tell(apply("m", &["alpha", "midway"])).await;
    bench.tell(apply("b", &["alpha"])).await;
    assert!(bench.would_take(version("1")).await);
    assert_eq!(bench.out.text(), "");
    bench.tell(done()).await;
    bench.stop().await.unwrap();
    assert_eq!(
        bench.out.lines(),
        ["[+|image] alpha [shop|b]", "[+|image] midway [shop|m]", "[+|image] zeta [shop|z]"]
    );
}

#[tokio::test(start_paused = true)]
async fn live_events_keep_the_order_in_which_they_came() {
    let mut bench = Bench::new();
    bench.tell(apply("a", &["x"])).await;
    bench.tell(delete("a")).await;
    bench.tell(apply("b", &["x"])).await;
    bench.tell(apply("c", &["a"])).await;
    bench.stop().await.unwrap();
    assert_eq!(
        bench.out.lines(),
        ["[+|image] x [shop|a]", "[-|image] x [shop|a]", "[+|image] x [shop|b]", "[+|image] a [shop|c]"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_ends_the_program_with_success() {
    let mut bench =
        Bench::on_store(MemoryStore, Out::that_breaks_with(ErrorKind::BrokenPipe), &[Scope::default()]);
    bench.tell(apply("a", &["x"])).await;
    assert_eq!(bench.ended().await.unwrap(), Ended::OutputClosed);
}

#[tokio::test(start_paused = true)]
async fn an_output_that_fails_ends_the_program_with_its_cause() {
    let mut bench =
        Bench::on_store(MemoryStore, Out::that_breaks_with(ErrorKind::StorageFull), &[Scope::default()]);
    bench.tell(apply("a", &["x"])).await;
    let error = bench.ended().await.unwrap_err();
    assert!(matches!(error, RecorderError::Stdout(_)), "{error}");
    assert!(error.to_string().contains("standard output"), "{error}");
}

#[tokio::test]
async fn ready_is_told_once_when_every_scope_is_live() {
    keep_diagnostics();
    let scopes = ["a", "b"].map(|name| Scope { namespace: Some(name.into()), ..Scope::default() });
    let mut bench = Bench::with(Spy::default(), &scopes);
    bench.tell(apply("p", &["x", "y"])).await;
    bench.tell_of(ScopeId(0), Output::Live).await;
    bench.tell_of(ScopeId(0), Output::Live).await;
    bench.batch().await;
    assert_eq!(diagnostics(), [""; 0]);
    for scope in [1, 0, 1] {
        bench.tell_of(ScopeId(scope), Output::Live).await;
    }
    bench.stop().await.unwrap();
    assert_eq!(diagnostics(), ["INFO ready: 2 images in use by 1 pods"]);
}

#[tokio::test]
async fn a_namespace_without_pods_is_asked_about_once() {
    keep_diagnostics();
    let shop = Scope { namespace: Some("shop".into()), ..Scope::default() };
    let mut bench = Bench::with(Spy::default(), &[shop]);
    for _ in 0..2 {
        bench.tell(init(Cause::Start)).await;
        bench.tell(done()).await;
    }
    bench.stop().await.unwrap();
    let told = diagnostics();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("WARN namespace shop: no pods there"), "{told:?}");
}

#[tokio::test]
async fn scopes_in_which_no_pods_are_no_surprise_are_not_asked_about() {
    keep_diagnostics();
    let picky = Scope { namespace: Some("shop".into()), selector: Some("a=b".into()), ..Scope::default() };
    for scope in [Scope::default(), picky] {
        let mut bench = Bench::with(Spy::default(), &[scope]);
        bench.tell(init(Cause::Start)).await;
        bench.tell(done()).await;
        bench.stop().await.unwrap();
    }
    let mut full = Bench::new();
    full.tell(init(Cause::Start)).await;
    full.tell(apply("p", &["x"])).await;
    full.tell(done()).await;
    full.stop().await.unwrap();
    assert_eq!(diagnostics(), [""; 0]);
}

#[tokio::test]
async fn a_notice_of_the_watch_is_told_with_its_scope_and_cannot_forge_a_line() {
    keep_diagnostics();
    let shop = Scope { selector: Some("a\nb".into()), ..Scope::default() };
    let mut bench = Bench::with(Spy::default(), &[shop]);
    let trouble = Trouble { kind: TroubleKind::Unreachable, text: "connection refused".to_owned() };
    bench.tell(Output::Notice(Notice::Trouble(trouble))).await;
    bench.stop().await.unwrap();
    let told = diagnostics().join(" / ");
    assert!(told.starts_with(r"ERROR all namespaces where a\u{a}b: connection refused; check "), "{told}");
}

/// The images of a batch's events with the times between which they happened: `live`, or the
/// seconds since the epoch, `?` for unknown and `now` for the time of observation.
fn times(batch: &Batch) -> Vec<String> {
    let events = batch.entries.iter().filter_map(|entry| match &entry.event {
        Event::Image(event) => Some((event, entry)),
        Event::Pod(_) => None,
    });
    events
        .map(|(event, entry)| {
            let name = event.spelling.to_string();
            match (entry.not_before, entry.not_after) {
                (None, None) => format!("{name} live"),
                (before, Some(after)) if after == entry.observed => {
                    let before = before.map_or("?".to_owned(), |time| time.as_second().to_string());
                    format!("{name} {before}..now")
                }
                other => format!("{name} {other:?}"),
            }
        })
        .collect()
}

async fn next_times(bench: &mut Bench) -> Vec<String> {
    loop {
        let times = times(&bench.batch().await);
        if !times.is_empty() {
            return times;
        }
    }
}

#[tokio::test]
async fn the_first_list_of_a_record_tells_of_times_without_a_beginning() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(done()).await;
    assert_eq!(next_times(&mut bench).await, ["x ?..now"]);
}

#[tokio::test]
async fn what_a_resumed_watch_tells_before_its_first_bookmark_happened_since_kimager_last_saw() {
    let last_seen = Some(Timestamp::from_second(1000).unwrap());
    let mut bench = Bench::with(Spy { last_seen, ..Spy::default() }, &[Scope::default()]);
    bench.tell(Output::Live).await;
    bench.tell(apply("a", &["x"])).await;
    assert_eq!(next_times(&mut bench).await, ["x 1000..now"]);
    bench.tell(Output::InSight).await;
    bench.tell(apply("b", &["y"])).await;
    assert_eq!(next_times(&mut bench).await, ["y live"]);
}

#[tokio::test]
async fn what_a_list_finds_happened_since_the_loss_or_since_the_list_before() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    bench.tell(apply("a", &["x"])).await;
    assert_eq!(next_times(&mut bench).await, ["x live"]);
    // An audit: the watch was never lost, but may have missed something since the last list.
    bench.tell(init(Cause::Relist)).await;
    bench.tell(apply("b", &["y"])).await;
    bench.tell(done()).await;
    let batch = loop {
        let batch = bench.batch().await;
        if !times(&batch).is_empty() {
            break batch;
        }
    };
    for entry in &batch.entries {
        let since = entry.not_before.expect("the time of the first list");
        assert!(since <= entry.observed && entry.not_after == Some(entry.observed), "{entry:?}");
    }
}

#[tokio::test]
async fn overlapping_lists_tell_since_the_earliest_of_their_losses() {
    let last_seen = Some(Timestamp::from_second(1000).unwrap());
    let scopes = ["a", "b"].map(|name| Scope { namespace: Some(name.into()), ..Scope::default() });
    let mut bench = Bench::with(Spy { last_seen, ..Spy::default() }, &scopes);
    let b = ScopeId(1);
    bench.tell_of(b, Output::InSight).await;
    bench.tell_of(b, Output::Lost).await;
    bench.tell(init(Cause::Relist)).await;
    bench.tell(apply("p", &["x"])).await;
    bench.tell_of(b, Output::Pod(PodEvent::Init(b, Cause::Relist))).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    bench.tell_of(b, Output::Pod(PodEvent::InitDone { scope: b, sweep: true })).await;
    assert_eq!(next_times(&mut bench).await, ["x 1000..now"]);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_saw_nothing_does_not_claim_to_have_seen() {
    let last_seen = Timestamp::from_second(1000).unwrap();
    let mut bench = Bench::with(Spy { last_seen: Some(last_seen), ..Spy::default() }, &[Scope::default()]);
    let trouble = Trouble { kind: TroubleKind::Unreachable, text: "connection refused".to_owned() };
    bench.tell(Output::Notice(Notice::Trouble(trouble))).await;
    bench.tell(Output::Version(None)).await;
    assert_eq!(bench.batch().await.seen, []);
    bench.tell(Output::InSight).await;
    bench.tell(version("7")).await;
    let seen = bench.batch().await.seen;
    assert!(seen[0].until >= seen[0].from && seen[0].from > last_seen, "{seen:?}");
}

#[tokio::test]
async fn what_an_audit_finds_happened_since_the_list_before_it_and_what_comes_beside_it_is_live() {
    let mut bench = Bench::new();
    for output in [init(Cause::Start), done(), Output::InSight, Output::Pod(PodEvent::Audit(ScopeId(0)))] {
        bench.tell(output).await;
    }
    bench.tell(apply("a", &["x"])).await;
    assert_eq!(next_times(&mut bench).await, ["x live"]);
    bench.tell(Output::Pod(PodEvent::Audited(ScopeId(0), super::bench::pod("b", &["y"])))).await;
    bench.tell(done()).await;
    let batch = loop {
        let batch = bench.batch().await;
        if !times(&batch).is_empty() {
            break batch;
        }
    };
    for entry in batch.entries {
        assert!(entry.not_before.is_some() && entry.not_after == Some(entry.observed), "{entry:?}");
    }
}

#[tokio::test]
async fn lines_that_wait_for_a_reader_are_bounded_and_all_are_said_once_it_reads() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut bench = Bench::on_output(MemoryStore, Box::new(writer), &[Scope::default()]);
    let name = |number: usize| format!("{number}-{}", "x".repeat(1000));
    // These are waited for: how soon they are taken in is the machine's affair.
    let mut taken = 1000;
    for number in 0..taken {
        bench.tell(apply(&name(number), &[&name(number)])).await;
    }
    while bench.would_take(apply(&name(taken), &[&name(taken)])).await {
        taken += 1;
        assert!(taken < 10_000, "there is no end to it");
    }
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    bench.tell(apply("last", &["last"])).await;
    assert_eq!(bench.stop().await.unwrap(), Ended::Stopped);
    drop(bench);
    let text = reading.join().unwrap().unwrap();
    assert_eq!(text.lines().count(), taken + 1);
    assert!(text.ends_with("last  [shop|last]\n"), "{}", &text[text.len() - 40..]);
}

/// Real milliseconds pass: what lingers goes by the clock, which tokio does not pause.
#[tokio::test(start_paused = true)]
async fn an_image_that_lingered_is_removed_by_itself_but_only_while_all_is_in_sight() {
    let mut bench = Bench::lingering(Duration::from_millis(30));
    for output in [apply("a", &["x"]), delete("a")] {
        bench.tell(output).await;
        bench.batch().await;
    }
    let removed = |batch: &Batch| batch.entries.iter().any(|entry| matches!(&entry.event, Event::Image(_)));
    std::thread::sleep(Duration::from_millis(30));
    bench.tell(version("1")).await;
    let mut batch = bench.batch().await;
    while batch.checkpoints.is_empty() {
        assert!(!removed(&batch), "out of sight");
        batch = bench.batch().await;
    }
    bench.tell(Output::InSight).await;
    while !removed(&batch) {
        batch = bench.batch().await;
    }
    let entry = batch.entries.last().unwrap();
    let Event::Image(event) = &entry.event else { panic!("{entry:?}") };
    let waited = entry.observed.as_millisecond() - event.last_used.unwrap().0;
    assert!(waited >= 30, "{waited} ms");
    assert_eq!((entry.not_before, entry.not_after), (None, None));
    bench.stop().await.unwrap();
    assert_eq!(bench.out.lines(), ["[+|image] x [shop|a]", "[-|image] x [shop|a]"]);
}
