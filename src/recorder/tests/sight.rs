//! What a record is told of what was seen, and of what it missed itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;

use super::bench::{Bench, Spy, apply, delete, done, init, pod, version};
use crate::inventory::change::Turn;
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};
use crate::record::past::{Healed, Seen};
use crate::record::{Batch, Doubt};
use crate::recorder::figures::Gaps;
use crate::recorder::pending::Pending;
use crate::recorder::stamp;
use crate::recorder::watched::{UnderWay, Watched};
use crate::watch::Output;

/// What was seen after the last batch, however often it was told.
async fn seen(bench: &mut Bench, until_version: &str) -> Vec<Healed> {
    let mut rows: Vec<Seen> = Vec::new();
    loop {
        let batch = bench.batch().await;
        for seen in batch.seen {
            assert!(seen.from <= seen.until, "{seen:?}");
            rows.retain(|row| row.from != seen.from);
            rows.push(seen);
        }
        let is_it = |checkpoint: &crate::record::Checkpoint| {
            checkpoint.resource_version.as_deref() == Some(until_version)
        };
        if batch.checkpoints.iter().any(is_it) {
            return rows.into_iter().map(|row| row.healed).collect();
        }
    }
}

/// Records keep milliseconds: waits until the clock shows another.
fn next_millisecond() {
    let now = Timestamp::now().as_millisecond();
    while Timestamp::now().as_millisecond() == now {
        std::hint::spin_loop();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_ends_with_a_loss_and_begins_anew_as_it_was_healed() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    bench.tell(version("1")).await;
    assert_eq!(seen(&mut bench, "1").await, [Healed::Blind], "what was before the first list is unknown");

    next_millisecond();
    bench.tell(Output::Lost).await;
    bench.tell(Output::InSight).await;
    bench.tell(version("2")).await;
    assert_eq!(seen(&mut bench, "2").await, [Healed::Blind, Healed::Bridged]);

    next_millisecond();
    bench.tell(Output::Lost).await;
    bench.tell(init(Cause::Relist)).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    bench.tell(version("3")).await;
    assert_eq!(seen(&mut bench, "3").await, [Healed::Bridged, Healed::Blind]);
}

/// An audit that agrees with the watch proves it right; one that does not proves it wrong since the
/// list before.
#[tokio::test(start_paused = true)]
async fn what_an_audit_finds_was_out_of_sight_since_the_list_before() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    next_millisecond();
    bench.tell(Output::Pod(PodEvent::Audit(ScopeId(0)))).await;
    bench.tell(Output::Pod(PodEvent::Audited(ScopeId(0), pod("a", &["x"])))).await;
    bench.tell(done()).await;
    bench.tell(version("1")).await;
    assert_eq!(seen(&mut bench, "1").await, [Healed::Blind]);

    next_millisecond();
    bench.tell(Output::Pod(PodEvent::Audit(ScopeId(0)))).await;
    bench.tell(apply("b", &["y"])).await;
    bench.tell(Output::Pod(PodEvent::Audited(ScopeId(0), pod("a", &["z"])))).await;
    bench.tell(done()).await;
    bench.tell(version("2")).await;
    assert_eq!(seen(&mut bench, "2").await, [Healed::Blind, Healed::Blind]);
}

fn clock(second: i64) -> Timestamp {
    let now = Timestamp::from_second(1_700_000_000 + second).unwrap();
    stamp::TOLD.set(Some(now));
    now
}

/// What the store would hold after the batches up to a version, oldest first.
async fn kept(bench: &mut Bench, until_version: &str) -> Vec<(Timestamp, Timestamp, Healed)> {
    let mut rows: Vec<Seen> = Vec::new();
    loop {
        let batch = bench.batch().await;
        for Doubt { after, .. } in batch.doubts {
            rows.retain(|row| row.from <= after);
            for row in &mut rows {
                row.until = row.until.min(after);
            }
        }
        for seen in batch.seen {
            rows.retain(|row| row.from != seen.from);
            rows.push(seen);
        }
        if batch.checkpoints.iter().any(|one| one.resource_version.as_deref() == Some(until_version)) {
            rows.sort_by_key(|row| row.from);
            return rows.into_iter().map(|row| (row.from, row.until, row.healed)).collect();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_audit_finds_takes_back_what_was_seen_and_bridged_since_the_one_before() {
    let listed = clock(0);
    let mut bench = Bench::new();
    for output in [init(Cause::Start), apply("a", &["x"]), done(), Output::InSight, version("1")] {
        bench.tell(output).await;
    }
    bench.batch().await;
    let borne_out = clock(10);
    bench.tell(Output::Pod(PodEvent::Audit(ScopeId(0)))).await;
    bench.tell(Output::Pod(PodEvent::Audited(ScopeId(0), pod("a", &["x"])))).await;
    bench.would_take(Output::Live).await;
    clock(20);
    for output in [done(), Output::Lost] {
        bench.tell(output).await;
    }
    bench.would_take(Output::Live).await;
    clock(30);
    bench.tell(Output::InSight).await;
    bench.would_take(Output::Live).await;
    clock(40);
    bench.tell(Output::Pod(PodEvent::Audit(ScopeId(0)))).await;
    bench.tell(Output::Pod(PodEvent::Audited(ScopeId(0), pod("b", &["y"])))).await;
    bench.would_take(Output::Live).await;
    let found = clock(50);
    bench.tell(done()).await;
    bench.tell(version("2")).await;
    let expected = [(listed, borne_out, Healed::Blind), (found, found, Healed::Blind)];
    assert_eq!(kept(&mut bench, "2").await, expected);
}

#[test]
fn what_could_not_be_kept_while_out_of_sight_is_no_more_seen_than_the_rest_of_that_time() {
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    let mut pending = Pending::default();
    let mut watched = Watched::new(ScopeId(0), Scope::default(), None, None, Gaps::default());
    watched.begin(UnderWay::List, at(0), &mut pending);
    watched.shown(true, at(1), &mut pending);
    watched.in_sight(at(1), &mut pending);
    watched.lost(&mut pending);
    assert_eq!(watched.cut(at(2), at(3), &mut pending), None);
    watched.in_sight(at(4), &mut pending);
    let scope = Scope::default().to_string().into();
    assert_eq!(watched.seen(), Some(&Seen { scope, from: at(4), until: at(4), healed: Healed::Blind }));
}

/// The recorder finds both waiting, so that it cannot say the removal in between.
#[tokio::test(start_paused = true)]
async fn an_image_that_lingered_to_the_end_of_an_audit_is_nothing_that_the_audit_found() {
    let clock = |milliseconds| stamp::TOLD.set(Timestamp::from_millisecond(milliseconds).ok());
    clock(0);
    let mut bench = Bench::lingering(Duration::from_millis(30));
    for output in [init(Cause::Start), done(), Output::InSight, apply("a", &["x"]), delete("a")] {
        bench.tell(output).await;
    }
    bench.tell(version("1")).await;
    assert_eq!(seen(&mut bench, "1").await, [Healed::Blind]);
    bench.tell(Output::Pod(PodEvent::Audit(ScopeId(0)))).await;
    clock(30);
    bench.tell(done()).await;
    bench.tell(version("2")).await;
    assert_eq!(seen(&mut bench, "2").await, [Healed::Blind]);
    bench.stop().await.unwrap();
    assert_eq!(bench.out.lines(), ["[+|image] x [shop|a]", "[-|image] x [shop|a]"]);
}

/// The lines, once there are as many.
async fn lines(bench: &Bench, count: usize) -> Vec<String> {
    while bench.out.lines().len() < count {
        tokio::task::yield_now().await;
    }
    bench.out.lines()
}

#[tokio::test]
async fn lines_go_on_without_a_record_that_takes_no_writes_and_it_gets_all_in_the_end() {
    let spy = Spy::default();
    spy.refuses.store(true, Ordering::Relaxed);
    let refuses = std::sync::Arc::clone(&spy.refuses);
    let mut bench = Bench::with(spy, &[Scope::default()]);
    bench.tell(apply("a", &["x"])).await;
    assert_eq!(lines(&bench, 1).await, ["[+|image] x [shop|a]"]);
    bench.tell(apply("b", &["y"])).await;
    bench.tell(delete("a")).await;
    assert_eq!(lines(&bench, 3).await.last().unwrap(), "[-|image] x [shop|a]");

    refuses.store(false, Ordering::Relaxed);
    let batches: [Batch; 2] = [bench.batch().await, bench.batch().await];
    assert_eq!(batches.iter().map(|batch| batch.is_whole_at).collect::<Vec<_>>(), [None, None]);
    let events = |batch: &Batch| batch.entries.len();
    assert_eq!(batches.iter().map(events).sum::<usize>(), 3);
    bench.stop().await.unwrap();
    assert_eq!(bench.out.lines().len(), 3, "nothing is said twice");
}

/// What the record is given in place of what it missed: more than fits into memory, and this.
async fn whole_after(missed: impl IntoIterator<Item = Output>) -> Batch {
    let spy = Spy::default();
    let refuses = std::sync::Arc::clone(&spy.refuses);
    let mut bench = Bench::with(spy, &[Scope::default()]);
    bench.tell(init(Cause::Start)).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    refuses.store(true, Ordering::Relaxed);
    bench.tell(apply("a", &["x"])).await;
    lines(&bench, 1).await;
    for round in 0..1500 {
        bench.tell(apply("b", &[&format!("y{round}")])).await;
    }
    for output in missed {
        bench.tell(output).await;
    }
    lines(&bench, 3000).await;
    refuses.store(false, Ordering::Relaxed);
    let mut whole = bench.batch().await;
    while whole.is_whole_at.is_none() {
        whole = bench.batch().await;
    }
    bench.stop().await.unwrap();
    whole
}

#[tokio::test]
async fn a_record_that_missed_more_than_fits_into_memory_gets_the_whole_state_and_a_gap() {
    let whole = whole_after([]).await;
    let opened = whole.uses.iter().filter(|one| matches!(one.change.turn, Turn::Opened { .. }));
    let mut used: Vec<&str> = opened.map(|one| &*one.change.place.reference).collect();
    used.sort_unstable();
    assert_eq!(used, ["docker.io/library/x:latest", "docker.io/library/y1499:latest"]);
    assert_eq!(whole.images.len(), 2);
    let healed: Vec<Healed> = whole.seen.iter().map(|seen| seen.healed).collect();
    assert_eq!(healed, [Healed::Blind, Healed::Unwritable]);
    assert!(whole.seen[0].until < whole.seen[1].from, "{:?}", whole.seen);
}

/// It would vouch for what was used then, which nobody stored.
#[tokio::test]
async fn a_list_that_the_record_missed_leaves_no_sight_in_the_gap() {
    let relist = [Output::Lost, init(Cause::Relist), apply("b", &["y"]), done(), Output::InSight];
    let whole = whole_after(relist.into_iter().chain([apply("c", &["z"])])).await;
    let healed: Vec<Healed> = whole.seen.iter().map(|seen| seen.healed).collect();
    assert_eq!(healed, [Healed::Blind, Healed::Unwritable], "{:?}", whole.seen);
    assert_eq!(whole.seen[1].from, whole.is_whole_at.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_turns_no_interval_around() {
    let at = |second: i64| stamp::TOLD.set(Some(Timestamp::from_second(1_700_000_000 + second).unwrap()));
    at(0);
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    bench.tell(version("1")).await;
    let mut batches = vec![bench.batch().await];
    at(-3600);
    bench.tell(delete("a")).await;
    batches.push(bench.batch().await);
    bench.tell(Output::Lost).await;
    at(-3500);
    bench.tell(init(Cause::Relist)).await;
    bench.tell(apply("b", &["y"])).await;
    bench.tell(done()).await;
    bench.tell(Output::InSight).await;
    at(-3400);
    bench.tell(delete("b")).await;
    bench.stop().await.unwrap();
    stamp::TOLD.set(None);
    while let Some(batch) = bench.batches.recv().await {
        batches.push(batch);
    }
    let entries: Vec<_> = batches.iter().flat_map(|batch| &batch.entries).collect();
    assert!(entries.iter().all(|entry| entry.not_before <= entry.not_after), "{entries:?}");
    assert!(batches.iter().flat_map(|batch| &batch.seen).all(|seen| seen.from <= seen.until));
    assert_eq!(
        bench.out.lines(),
        ["[+|image] x [shop|a]", "[-|image] x [shop|a]", "[+|image] y [shop|b]", "[-|image] y [shop|b]"]
    );
}
