//! What is stored together, and when.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::bench::{Bench, SIGNALS, Spy, apply, delete, done, init, version};
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};
use crate::record::Batch;
use crate::recorder::pending::FULL_BATCH;
use crate::recorder::{Ended, RecorderError};
use crate::watch::Output;

fn rows(batch: &Batch) -> usize {
    batch.images.len() + batch.pods.len() + batch.uses.len() + batch.entries.len()
}

fn versions(batch: &Batch) -> Vec<Option<&str>> {
    batch.checkpoints.iter().map(|checkpoint| checkpoint.resource_version.as_deref()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_event_is_stored_at_once_with_its_version_and_its_cursor_follows_within_a_second() {
    let mut bench = Bench::new();
    let began = Instant::now();
    bench.tell(apply("a", &["x"])).await;
    bench.tell(version("8")).await;
    let batch = bench.batch().await;
    assert_eq!((rows(&batch) > 0, versions(&batch)), (true, vec![Some("8")]));
    assert_eq!(began.elapsed(), Duration::ZERO);

    let batch = bench.batch().await;
    assert_eq!((rows(&batch), batch.cursors.len()), (0, 1));
    assert!(batch.cursors[0].sequence > 0);
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    assert_eq!(bench.stop().await.unwrap(), Ended::Stopped);
    assert_eq!(bench.batches.recv().await, None, "nothing was left to store");
}

#[tokio::test(start_paused = true)]
async fn versions_alone_are_stored_each_five_seconds_and_only_the_last_of_each_scope() {
    let scopes = ["a", "b"].map(|name| Scope { namespace: Some(name.into()), ..Scope::default() });
    let mut bench = Bench::with(Spy::default(), &scopes);
    let began = Instant::now();
    for round in 1..=3 {
        for number in 0..100 {
            bench.tell_of(ScopeId(0), version(&format!("{round}{number}"))).await;
        }
        bench.tell_of(ScopeId(1), version("5")).await;
        let batch = bench.batch().await;
        assert_eq!(versions(&batch), [Some(&*format!("{round}99")), Some("5")]);
        assert_eq!(rows(&batch), 0);
        assert_eq!(began.elapsed(), Duration::from_secs(round * 5));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_is_stored_in_large_batches_and_its_end_at_once() {
    let mut bench = Bench::new();
    let began = Instant::now();
    bench.tell(Output::Version(None)).await;
    bench.tell(init(Cause::Start)).await;
    for number in 0..3000 {
        bench.tell(apply(&format!("pod-{number:04}"), &["x"])).await;
    }
    bench.tell(done()).await;
    bench.tell(version("7")).await;
    let mut batches = vec![bench.batch().await];
    assert_eq!(versions(&batches[0]), [None], "the version goes with the first rows of the list");
    while versions(batches.last().unwrap()) != [Some("7")] {
        batches.push(bench.batch().await);
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    let sizes: Vec<_> = batches.iter().map(rows).collect();
    assert!(sizes.len() <= 10, "{sizes:?}");
    assert!(sizes.iter().all(|&size| size <= FULL_BATCH + 10), "{sizes:?}");
    let pods: usize = batches.iter().map(|batch| batch.pods.len()).sum();
    assert!(pods >= 3000, "{pods}");
}

#[tokio::test(start_paused = true)]
async fn a_live_event_waits_for_no_list_of_another_scope() {
    let scopes = ["a", "b"].map(|name| Scope { namespace: Some(name.into()), ..Scope::default() });
    let mut bench = Bench::with(Spy::default(), &scopes);
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("listed", &["x"])).await;
    let began = Instant::now();
    let live = PodEvent::Apply(ScopeId(1), super::bench::pod("live", &["y"]));
    bench.tell_of(ScopeId(1), Output::Pod(live)).await;
    let batch = bench.batch().await;
    assert!(rows(&batch) > 0);
    assert_eq!(began.elapsed(), Duration::ZERO);
    bench.stop().await.unwrap();
    assert_eq!(bench.out.lines(), ["[+|image] y [shop|live]"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_breaks_off_leaves_no_row_behind() {
    let mut bench = Bench::new();
    let began = Instant::now();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(Output::Pod(PodEvent::InitBroken(ScopeId(0)))).await;
    assert!(rows(&bench.batch().await) > 0);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_list_without_news_stores_its_rows_at_its_end() {
    let mut bench = Bench::new();
    bench.tell(apply("a", &["x"])).await;
    bench.batch().await;
    // The cursor.
    bench.batch().await;
    let began = Instant::now();
    bench.tell(init(Cause::Relist)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(apply("b", &["x"])).await;
    bench.tell(done()).await;
    bench.tell(version("9")).await;
    assert!(rows(&bench.batch().await) > 0);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_version_of_a_list_is_stored_at_once_so_that_a_crash_soon_after_costs_no_other_list() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(done()).await;
    assert!(rows(&bench.batch().await) > 0);
    let began = Instant::now();
    bench.tell(version("7")).await;
    assert_eq!(versions(&bench.batch().await), [Some("7")]);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn that_a_scope_came_in_sight_is_stored_within_five_seconds_and_until_when_it_was_at_the_end() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(done()).await;
    bench.tell(version("7")).await;
    assert_eq!(versions(&bench.batch().await), [Some("7")]);
    bench.tell(Output::InSight).await;
    let batch = bench.batch().await;
    assert_eq!((rows(&batch), batch.seen.len()), (0, 1));
    assert_eq!(bench.stop().await.unwrap(), Ended::Stopped);
    let last = bench.batches.recv().await.expect("a last batch");
    assert_eq!((rows(&last), last.seen.len()), (0, 1));
    assert_eq!(bench.batches.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn while_a_commit_is_slow_no_more_than_a_full_batch_is_gathered() {
    let spy = Spy::default();
    let gate = Arc::clone(&spy.gate);
    let mut bench = Bench::with(spy, &[Scope::default()]);
    let mut taken = 0;
    {
        let _closed = gate.lock().await;
        while bench.would_take(apply(&format!("pod-{taken}"), &["x"])).await {
            taken += 1;
            assert!(taken <= 2 * FULL_BATCH, "there is no end to it");
        }
    }
    assert!(taken >= FULL_BATCH / 10, "{taken}");
    let mut stored = 0;
    while stored < taken {
        let batch = bench.batch().await;
        assert!(rows(&batch) <= FULL_BATCH + 10, "{}", rows(&batch));
        stored += batch
            .pods
            .iter()
            .filter(|pod| matches!(pod, crate::inventory::change::PodChange::Put { .. }))
            .count();
    }
    assert!(taken <= FULL_BATCH + SIGNALS + 10, "{taken}");
}

#[tokio::test(start_paused = true)]
async fn lines_follow_the_commit() {
    let spy = Spy::default();
    let gate = Arc::clone(&spy.gate);
    let mut bench = Bench::with(spy, &[Scope::default()]);
    {
        let _closed = gate.lock().await;
        bench.tell(apply("a", &["x"])).await;
        assert!(bench.would_take(delete("a")).await);
        assert!(bench.would_take(version("9")).await);
        assert_eq!(bench.out.text(), "");
    }
    assert_eq!(bench.stop().await.unwrap(), Ended::Stopped);
    assert_eq!(bench.out.lines(), ["[+|image] x [shop|a]", "[-|image] x [shop|a]"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_stores_and_says_all_that_came_also_in_the_midst_of_a_list() {
    let mut bench = Bench::new();
    bench.tell(apply("a", &["x"])).await;
    bench.batch().await;
    bench.tell(init(Cause::Relist)).await;
    bench.tell(apply("b", &["y"])).await;
    bench.tell(version("9")).await;
    assert_eq!(bench.stop().await.unwrap(), Ended::Stopped);
    let (mut pods, mut cursor, mut stored) = (0, 0, Vec::new());
    while let Some(batch) = bench.batches.recv().await {
        pods += batch.pods.len();
        cursor = batch.cursors.first().map_or(cursor, |cursor| cursor.sequence);
        stored.extend(versions(&batch).iter().map(|version| version.map(ToOwned::to_owned)));
    }
    assert!(pods > 0, "the list's row");
    assert_eq!(stored, [Some("9".to_owned())]);
    // The image's event; those of pods nobody hears.
    assert_eq!(cursor, 1);
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_a_full_disk() {
    let mut bench = Bench::with(Spy { is_full: true, ..Spy::default() }, &[Scope::default()]);
    bench.tell(apply("a", &["x"])).await;
    let error = bench.stop().await.unwrap_err();
    assert!(matches!(error, RecorderError::Record(_)), "{error}");
    assert_eq!(bench.out.text(), "");
}
