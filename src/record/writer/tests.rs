use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{PATIENCE, Writer, Written};
use crate::record::{Batch, Entry, MemoryStore, NewStart, Opened, RecordError, Restore, Store};

/// Refuses the first `refusals` commits of each batch; tells what it did.
#[derive(Clone, Default)]
struct Balky {
    refusals: u32,
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

    fn close(self: Box<Self>) -> Result<(), RecordError> {
        self.tell("closed");
        Ok(())
    }
}

fn batch(number: u64) -> Arc<Batch> {
    Arc::new(Batch { number, ..Batch::default() })
}

#[tokio::test]
async fn batches_come_back_in_order_once_they_are_stored() {
    let store = Balky::default();
    let mut writer = Writer::spawn(Box::new(store.clone())).unwrap();
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
    let writer = Writer::spawn(Box::new(store.clone())).unwrap();
    (1..=3).for_each(|at| writer.submit(batch(at)));
    writer.finish().await.unwrap();
    assert_eq!(store.told(), ["stored 1", "stored 2", "stored 3", "closed"]);
}

#[tokio::test]
async fn a_commit_that_fails_is_tried_again_until_it_succeeds() {
    let store = Balky { refusals: 2, ..Balky::default() };
    let mut writer = Writer::spawn_with(Box::new(store.clone()), Duration::ZERO, PATIENCE).unwrap();
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
    let mut writer = Writer::spawn_with(Box::new(store.clone()), Duration::ZERO, Duration::ZERO).unwrap();
    writer.submit(batch(1));
    assert_eq!(writer.written().await, Some(Written::Late));
    assert_eq!(writer.written().await, Some(Written::Safe));
    assert_eq!(store.told(), ["refused", "refused", "refused", "stored 1"]);
}

/// The pause is longer than any test: only to be woken ends it.
#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_record_that_takes_no_writes() {
    let store = Balky { refusals: u32::MAX, ..Balky::default() };
    let mut writer =
        Writer::spawn_with(Box::new(store.clone()), Duration::from_secs(1_000_000), PATIENCE).unwrap();
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
