//! What is measured while a recorder runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;

use super::bench::{Bench, Spy, apply, delete, done, init, version};
use crate::inventory::{Cause, Scope};
use crate::recorder::stamp;
use crate::watch::Output;

fn gaps(bench: &Bench) -> [u64; 3] {
    ["bridged", "blind", "unwritable"].map(|kind| bench.figures.gaps.0.get_or_create(&[("kind", kind)]).get())
}

fn events(bench: &Bench, event: &'static str) -> u64 {
    bench.figures.events.get_or_create(&[("event", event)]).get()
}

#[tokio::test(start_paused = true)]
async fn a_first_list_and_what_follows_are_counted_and_each_line_has_its_lag() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x", "y"])).await;
    bench.tell(apply("b", &["x"])).await;
    bench.tell(done()).await;
    bench.tell(version("1")).await;
    bench.tell(apply("c", &["x"])).await;
    bench.tell(delete("a")).await;
    bench.stop().await.unwrap();
    let counted = bench.figures.counted();
    assert_eq!((counted.pods, counted.images), (2, 1));
    assert_eq!(counted.namespaces.each, [("shop".into(), 1)]);
    assert_eq!(["added", "removed", "joined", "pod_added"].map(|event| events(&bench, event)), [2, 1, 1, 3]);
    assert_eq!(bench.figures.lag.count(), 3, "a joined pod has no line at this level");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waits_for_the_recorder_lags_for_as_long() {
    let spy = Spy::default();
    let gate = Arc::clone(&spy.gate);
    let mut bench = Bench::with(spy, &[Scope::default()]);
    let held = gate.lock().await;
    bench.tell(apply("a", &["x"])).await;
    assert!(bench.would_take(apply("b", &["y"])).await);
    assert!(bench.would_take(Output::Live).await);
    assert!(bench.figures.waiting_rows.get() > 4, "{}", bench.figures.waiting_rows.get());
    tokio::time::advance(Duration::from_secs(3)).await;
    drop(held);
    bench.stop().await.unwrap();
    assert_eq!((bench.figures.lag.count(), bench.figures.waiting_rows.get()), (2, 0));
    assert!(bench.figures.lag.sum() >= 6.0, "{}", bench.figures.lag.sum());
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_counted_once_it_ends_and_the_time_before_the_first_sight_is_none() {
    let mut bench = Bench::new();
    for output in [init(Cause::Start), done(), version("1"), Output::InSight] {
        bench.tell(output).await;
    }
    bench.would_take(Output::Live).await;
    assert_eq!(gaps(&bench), [0, 0, 0]);
    for output in [Output::Lost, version("2"), Output::InSight] {
        bench.tell(output).await;
    }
    bench.would_take(Output::Live).await;
    assert_eq!(gaps(&bench), [1, 0, 0]);
    for output in [Output::Lost, init(Cause::Relist), done(), version("3"), Output::InSight] {
        bench.tell(output).await;
    }
    bench.stop().await.unwrap();
    assert_eq!(gaps(&bench), [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_before_the_start_makes_its_beginning_a_gap() {
    let last_seen = Timestamp::from_second(1_700_000_000).ok();
    let mut bench = Bench::with(Spy { last_seen, ..Spy::default() }, &[Scope::default()]);
    for output in [version("1"), Output::InSight] {
        bench.tell(output).await;
    }
    bench.stop().await.unwrap();
    assert_eq!(gaps(&bench), [1, 0, 0]);
}

#[tokio::test]
async fn what_could_not_be_written_is_a_gap_of_its_kind() {
    let clock = |second| stamp::TOLD.set(Timestamp::from_second(second).ok());
    clock(1);
    let spy = Spy::default();
    let refuses = Arc::clone(&spy.refuses);
    let mut bench = Bench::with(spy, &[Scope::default()]);
    for output in [init(Cause::Start), done(), version("1"), Output::InSight] {
        bench.tell(output).await;
    }
    bench.batch().await;
    refuses.store(true, Ordering::Relaxed);
    clock(2);
    for number in 0..6_000 {
        bench.tell(apply(&format!("pod-{number}"), &["x"])).await;
    }
    while bench.figures.record.takes_writes.get() == 1 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    for number in 6_000..12_000 {
        bench.tell(apply(&format!("pod-{number}"), &["x"])).await;
    }
    refuses.store(false, Ordering::Relaxed);
    bench.stop().await.unwrap();
    stamp::TOLD.set(None);
    assert_eq!(gaps(&bench), [0, 0, 1]);
    assert_eq!(bench.figures.counted().pods, 12_000, "the census misses nothing");
}
