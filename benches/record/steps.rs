//! The store as the writer's thread drives it, with a clock of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kimager::inventory::change::Event;
use kimager::inventory::{Changes, Inventory};
use kimager::record::past::{Healed, Seen};
use kimager::record::{
    Batch, Cursor, DatedUse, Entry, EventId, Identity, Limits, NewStart, SqliteStore, Store,
};

pub(crate) const SCOPE: &str = "all namespaces";

/// A record that is being written.
pub(crate) struct Record {
    path: PathBuf,
    store: Box<dyn Store>,
    id: Arc<str>,
    began: Timestamp,
    batches: u64,
    sequence: u64,
    limits: Limits,
    batch: Batch,
    /// How long each step of tidying took that found something to do.
    pub(crate) steps: Vec<Duration>,
}

impl Record {
    pub(crate) fn new(path: &Path, began: Timestamp) -> Self {
        let identity = Identity { cluster: "bench".to_owned(), server: "here".to_owned() };
        let mut store = SqliteStore::create_or_open(path, &identity).expect("a new record");
        let id = store.restore(&mut Inventory::default()).expect("an empty record").record;
        let scopes = vec![SCOPE.into()];
        store.begin(&NewStart { at: began, scopes, is_adopting: false }).expect("a start");
        Self {
            path: path.to_owned(),
            store: Box::new(store),
            id,
            began,
            batches: 0,
            sequence: 0,
            limits: Limits::default(),
            batch: Batch::default(),
            steps: Vec::new(),
        }
    }

    /// Gathers what changed, as the recorder does.
    pub(crate) fn take(&mut self, changes: Changes, at: Timestamp) {
        let Changes { mut images, mut pods, uses, events } = changes;
        self.batch.images.append(&mut images);
        self.batch.pods.append(&mut pods);
        self.batch.uses.extend(uses.into_iter().map(|change| DatedUse { at, change }));
        for event in events {
            self.say(event, at);
        }
    }

    pub(crate) fn say(&mut self, event: Event, observed: Timestamp) {
        self.sequence += 1;
        self.batch.entries.push(Entry {
            id: EventId { record: Arc::clone(&self.id), start: 1, sequence: self.sequence },
            observed,
            not_before: None,
            not_after: None,
            event,
        });
    }

    pub(crate) fn rows(&self) -> usize {
        let Batch { images, pods, uses, entries, .. } = &self.batch;
        images.len() + pods.len() + uses.len() + entries.len()
    }

    /// Stores what was gathered.
    pub(crate) fn commit(&mut self, now: Timestamp) {
        self.batches += 1;
        let mut batch = std::mem::take(&mut self.batch);
        batch.number = self.batches;
        batch.cursors = vec![Cursor { output: "stdout", sequence: self.sequence }];
        batch.seen = vec![Seen { scope: SCOPE.into(), from: self.began, until: now, healed: Healed::Blind }];
        self.store.commit(&batch).expect("a commit");
    }

    /// Keeps the record within its limits, as the writer's thread does each minute.
    pub(crate) fn tidy(&mut self, now: Timestamp) {
        loop {
            let began = Instant::now();
            if !self.store.tidy(now, &self.limits).expect("a step") {
                return;
            }
            self.steps.push(began.elapsed());
        }
    }

    /// Closes the record; the bytes of its file, and the times of the steps of tidying.
    pub(crate) fn close(self) -> (u64, Vec<Duration>) {
        self.store.close().expect("a tidy end");
        (std::fs::metadata(&self.path).expect("the record").len(), self.steps)
    }
}
