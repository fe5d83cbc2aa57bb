//! The first list of an empty record.

use tokio::sync::mpsc::error::TryRecvError;

use super::bench::{Bench, apply, delete, done, init, version};
use super::histories::check_from;
use super::world::{Death, World};
use crate::inventory::change::PodChange;
use crate::inventory::{Cause, PodEvent, ScopeId};
use crate::record::Batch;
use crate::watch::Output;

fn pods(batches: &[Batch]) -> Vec<&str> {
    let changes = batches.iter().flat_map(|batch| &batch.pods);
    let puts = changes.filter_map(|change| match change {
        PodChange::Put { row, .. } => Some(&*row.name),
        _ => None,
    });
    puts.collect()
}

/// A recorder that has taken in 3,000 pods of a list that goes on.
async fn listing() -> Bench {
    let bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    for number in 0..3000 {
        bench.tell(apply(&format!("pod-{number:04}"), &["x"])).await;
    }
    bench
}

#[tokio::test(start_paused = true)]
async fn it_is_stored_at_its_end_each_pod_once_and_what_it_says_comes_last() {
    let mut bench = listing().await;
    assert!(bench.would_take(delete("another")).await);
    // A deletion, of which a list knows nothing, is not a part of it.
    bench.tell(done()).await;
    bench.tell(version("7")).await;
    let mut batches = vec![bench.batch().await];
    while batches.last().unwrap().checkpoints.is_empty() {
        assert!(batches.last().unwrap().entries.is_empty());
        batches.push(bench.batch().await);
    }
    assert!(batches.len() > 1);
    assert_eq!(batches.last().unwrap().entries.len(), 1, "the image");
    assert_eq!(pods(&batches), (0..3000).map(|number| format!("pod-{number:04}")).collect::<Vec<_>>());
    let uses = batches.iter().map(|batch| batch.uses.len()).sum::<usize>();
    assert_eq!(uses, 1, "of one place");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stored_while_it_lasts() {
    let mut bench = listing().await;
    assert!(bench.would_take(apply("last", &["x"])).await);
    assert_eq!(bench.batches.try_recv(), Err(TryRecvError::Empty));
    bench.stop().await.unwrap();
    assert_eq!(bench.batches.recv().await, None, "nor where it does not end");
    assert_eq!(bench.out.text(), "");
}

#[tokio::test(start_paused = true)]
async fn one_that_breaks_off_leaves_a_list_that_is_stored_as_it_comes() {
    let mut bench = Bench::new();
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(Output::Pod(PodEvent::InitBroken(ScopeId(0)))).await;
    let mut batches = vec![bench.batch().await];
    bench.tell(init(Cause::Start)).await;
    bench.tell(apply("a", &["x"])).await;
    bench.tell(apply("b", &["x"])).await;
    bench.stop().await.unwrap();
    while let Some(batch) = bench.batches.recv().await {
        batches.push(batch);
    }
    assert_eq!(pods(&batches), ["a", "b"]);
}

#[tokio::test]
async fn a_process_may_die_between_its_batches() {
    let mut deaths = vec![Death::None];
    deaths.extend((1..6).flat_map(|commit| [Death::Before(commit), Death::After(commit)]));
    for death in deaths {
        let mut world = World::lingering(0);
        for number in 0..700 {
            world.put(&format!("pod-{number:03}"), &format!("image-{number:03}"), None).await;
        }
        world.start(death).await;
        world.connect(false).await;
        for name in ["pod-000", "pod-350", "pod-699"] {
            world.delete(name).await;
        }
        world.kill().await;
        world.start(Death::None).await;
        world.end().await;
        check_from(&world, 700);
    }
}
