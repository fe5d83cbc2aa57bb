use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Pace, Writer, Written};
use crate::record::past::{Healed, Seen};
use crate::record::{
    Batch, Entry, Limits, MemoryStore, Meters, NewStart, Opened, RecordError, Restore, Store,
};

/// Refuses the first `refusals` commits of each batch, has `untidy` steps to do, and holds what was
/// `seen`; tells what it did.
#[derive(Clone, Default)]
struct Balky {
    refusals: u32,
    untidy: u32,
    seen: Vec<Seen>,
    tidied_at: Arc<Mutex<Vec<Timestamp>>>,
    tries: Arc<AtomicU32>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Balky {
    fn tell(&self, what: &str) {
        self.told.lock().unwrap().push(what.to_owned());
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

impl Store for Balky {
    fn restore(&mut self, into: &mut dyn Restore) -> Result<Opened, RecordError> {
        MemoryStore.restore(into)
    }

    fn seen(&self) -> Result<Vec<Seen>, RecordError> {
        Ok(self.seen.clone())
    }

    fn begin(&mut self, start: &NewStart) -> Result<u64, RecordError> {
        MemoryStore.begin(start)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), RecordError> {
        if self.tries.fetch_add(1, Ordering::Relaxed) % self.refusals.saturating_add(1) < self.refusals {
            self.tell("refused");
            let cause = rusqlite::Error::InvalidQuery;
            return Err(RecordError::Commit { path: PathBuf::new(), cause });
        }
        self.tell(&format!("stored {}", batch.number));
        Ok(())
    }

    fn unsaid(&mut self, _after: u64, _limit: usize) -> Result<Vec<Entry>, RecordError> {
        Ok(Vec::new())
    }

    fn tidy(&mut self, now: Timestamp, _limits: &Limits) -> Result<bool, RecordError> {
        self.tell("tidied");
        self.tidied_at.lock().unwrap().push(now);
        self.untidy = self.untidy.saturating_sub(1);
        Ok(self.untidy > 0)
    }

    fn size(&self) -> u64 {
        self.tries.load(Ordering::Relaxed).into()
    }

    fn close(self: Box<Self>) -> Result<(), RecordError> {
        self.tell("closed");
        Ok(())
    }
}

fn spawn(store: &Balky, pace: Pace) -> Writer {
    Writer::spawn_with(Box::new(store.clone()), Limits::default(), Meters::default(), pace, Timestamp::now)
        .unwrap()
}

fn batch(number: u64) -> Arc<Batch> {
    Arc::new(Batch { number, ..Batch::default() })
}

#[tokio::test]
async fn batches_come_back_in_order_once_they_are_stored() {
    let store = Balky::default();
    let mut writer = Writer::spawn(Box::new(store.clone()), Limits::default(), Meters::default()).unwrap();
    writer.submit(batch(1));
    assert_eq!(writer.written().await, Some(Written::Safe));
    assert_eq!(store.told(), ["stored 1"]);
    writer.submit(batch(2));
    writer.submit(batch(3));
    assert_eq!(writer.written().await, Some(Written::Safe));
    assert_eq!(writer.written().await, Some(Written::Safe));
    assert!(writer.takes_writes());
}

#[tokio::test]
async fn what_was_submitted_is_stored_before_the_store_closes() {
    let store = Balky::default();
    let writer = Writer::spawn(Box::new(store.clone()), Limits::default(), Meters::default()).unwrap();
    (1..=3).for_each(|at| writer.submit(batch(at)));
    writer.finish().await.unwrap();
    assert_eq!(store.told(), ["stored 1", "stored 2", "stored 3", "closed"]);
}

#[tokio::test]
async fn a_commit_that_fails_is_tried_again_until_it_succeeds() {
    let store = Balky { refusals: 2, ..Balky::default() };
    let mut writer = spawn(&store, Pace { pause: Duration::ZERO, ..Pace::default() });
    writer.submit(batch(1));
    writer.submit(batch(2));
    assert_eq!(writer.written().await, Some(Written::Safe));
    assert_eq!(writer.written().await, Some(Written::Safe));
    assert_eq!(store.told(), ["refused", "refused", "stored 1", "refused", "refused", "stored 2"]);
    assert!(writer.takes_writes());
}

#[tokio::test]
async fn a_batch_that_is_refused_for_long_is_told_to_be_late_once() {
    let store = Balky { refusals: 3, ..Balky::default() };
    let mut writer =
        spawn(&store, Pace { pause: Duration::ZERO, patience: Duration::ZERO, ..Pace::default() });
    writer.submit(batch(1));
    assert_eq!(writer.written().await, Some(Written::Late));
    assert_eq!(writer.written().await, Some(Written::Safe));
    assert_eq!(store.told(), ["refused", "refused", "refused", "stored 1"]);
}

/// The pause is longer than any test: only to be woken ends it.
#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_record_that_takes_no_writes() {
    let store = Balky { refusals: u32::MAX, ..Balky::default() };
    let mut writer = spawn(&store, Pace { pause: Duration::from_secs(1_000_000), ..Pace::default() });
    writer.submit(batch(1));
    while writer.takes_writes() {
        tokio::task::yield_now().await;
    }
    writer.stop_retrying();
    assert_eq!(writer.written().await, None);
    writer.submit(batch(2));
    let error = writer.finish().await.unwrap_err();
    assert!(matches!(error, RecordError::Commit { .. }), "{error}");
    assert!(store.told().iter().all(|told| told == "refused"));
}

#[tokio::test]
async fn while_no_batch_waits_the_store_is_tidied_until_there_is_no_more() {
    let store = Balky { untidy: 3, ..Balky::default() };
    // The first time is at hand, the second is later than any test.
    let writer = spawn(&store, Pace { tidy_every: Duration::from_millis(1), ..Pace::default() });
    while store.told().len() < 3 {
        tokio::task::yield_now().await;
    }
    writer.finish().await.unwrap();
    let told = store.told();
    assert_eq!((&*told[0], told.last().map(String::as_str)), ("tidied", Some("closed")));
}

#[tokio::test]
async fn a_store_that_is_tidy_is_left_alone_for_a_while_each_time() {
    let store = Balky::default();
    let tidy_every = Duration::from_millis(5);
    let begin = Instant::now();
    let writer = spawn(&store, Pace { tidy_every, ..Pace::default() });
    while store.told().len() < 5 {
        tokio::task::yield_now().await;
    }
    assert!(begin.elapsed() >= 5 * tidy_every, "{:?}", begin.elapsed());
    writer.finish().await.unwrap();
}

#[tokio::test]
async fn batches_that_wait_come_before_tidying() {
    let store = Balky { untidy: u32::MAX, ..Balky::default() };
    let mut writer = spawn(&store, Pace { tidy_every: Duration::ZERO, ..Pace::default() });
    {
        // The thread cannot go on without this.
        let _held = store.told.lock().unwrap();
        (1..=5).for_each(|number| writer.submit(batch(number)));
    }
    for _ in 1..=5 {
        assert_eq!(writer.written().await, Some(Written::Safe));
    }
    let told = store.told();
    let first = told.iter().position(|told| told == "stored 1").unwrap();
    assert_eq!(told[first..first + 5], [1, 2, 3, 4, 5].map(|number| format!("stored {number}")));
}

/// Else one wrong clock would prune the whole record.
#[tokio::test]
async fn ages_do_not_count_by_a_clock_that_jumped_ahead_of_what_the_record_saw() {
    let (at, next_day) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(24 * 60 * 60).unwrap());
    let seen = vec![Seen { scope: "all namespaces".into(), from: at, until: at, healed: Healed::Blind }];
    let store = Balky { seen, ..Balky::default() };
    let jumped = || Timestamp::from_second(80 * 365 * 24 * 60 * 60).unwrap();
    let pace = Pace { tidy_every: Duration::ZERO, ..Pace::default() };
    let writer =
        Writer::spawn_with(Box::new(store.clone()), Limits::default(), Meters::default(), pace, jumped)
            .unwrap();
    while store.told().len() < 3 {
        tokio::task::yield_now().await;
    }
    writer.finish().await.unwrap();
    let tidied_at = store.tidied_at.lock().unwrap();
    assert!(tidied_at.iter().all(|now| (at..next_day).contains(now)), "{tidied_at:?}");
}

#[tokio::test]
async fn a_writer_that_is_dropped_gives_up_a_record_that_takes_no_writes() {
    let store = Balky { refusals: u32::MAX, ..Balky::default() };
    let writer = spawn(&store, Pace { pause: Duration::from_secs(1_000_000), ..Pace::default() });
    writer.submit(batch(1));
    while writer.takes_writes() {
        tokio::task::yield_now().await;
    }
    drop(writer);
    // The thread holds a share of the store until it ends.
    while Arc::strong_count(&store.told) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_meters_tell_the_size_and_whether_writes_are_taken() {
    let store = Balky { refusals: 1, ..Balky::default() };
    let meters = Meters::default();
    let pace = Pace { pause: Duration::from_hours(1), ..Pace::default() };
    let boxed = Box::new(store.clone());
    let writer = Writer::spawn_with(boxed, Limits::default(), meters.clone(), pace, Timestamp::now).unwrap();
    assert_eq!((meters.takes_writes.get(), meters.size.get()), (1, 0));
    writer.submit(batch(1));
    while meters.takes_writes.get() == 1 {
        tokio::task::yield_now().await;
    }
    writer.finish().await.unwrap();
    assert_eq!((meters.takes_writes.get(), meters.size.get()), (1, 2));
}
