//! What is to be stored next, and when.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::inventory::Changes;
use crate::record::past::Seen;
use crate::record::{Batch, Checkpoint, Cursor, DatedUse, Entry};

/// Rows that a batch of a list gathers: smaller ones would cost a commit each, and nothing of a
/// list is said before its end.
const LIST_BATCH: usize = 1000;
/// Rows at which a batch is full, so that memory is bounded while a commit takes long.
pub(super) const FULL_BATCH: usize = 2500;
/// How long a version may wait for something to be stored with.
const VERSION_DELAY: Duration = Duration::from_secs(5);
/// How long an output's cursor may wait: after a crash at most this much is said again.
const CURSOR_DELAY: Duration = Duration::from_secs(1);

/// The batch that is being gathered.
#[derive(Debug, Default)]
pub(super) struct Pending {
    batch: Batch,
    /// Whether it is not to wait for more.
    is_urgent: bool,
    /// Since when something waits that may wait for company.
    version_waits: Option<Instant>,
    cursor_waits: Option<Instant>,
}

impl Pending {
    pub(super) fn say(&mut self, entry: Entry) {
        self.batch.entries.push(entry);
    }

    pub(super) fn change(&mut self, changes: Changes, at: Timestamp) {
        let Changes { mut images, mut pods, uses, events: _ } = changes;
        self.batch.images.append(&mut images);
        self.batch.pods.append(&mut pods);
        self.batch.uses.extend(uses.into_iter().map(|change| DatedUse { at, change }));
    }

    /// What was seen of a scope, until it went out of sight.
    pub(super) fn seen(&mut self, seen: Seen) {
        self.batch.seen.push(seen);
        self.version_waits.get_or_insert_with(Instant::now);
    }

    /// The rows are not to wait for more, as those of a list do.
    pub(super) fn hurry(&mut self) {
        self.is_urgent = self.rows() > 0;
    }

    pub(super) fn version(&mut self, scope: &Arc<str>, resource_version: Option<Box<str>>) {
        self.batch.checkpoints.retain(|checkpoint| checkpoint.scope != *scope);
        self.batch.checkpoints.push(Checkpoint { scope: Arc::clone(scope), resource_version });
        self.version_waits.get_or_insert_with(Instant::now);
    }

    pub(super) fn cursor(&mut self, cursor: Cursor) {
        self.batch.cursors = vec![cursor];
        self.cursor_waits.get_or_insert_with(Instant::now);
    }

    fn rows(&self) -> usize {
        let Batch { images, pods, uses, entries, .. } = &self.batch;
        images.len() + pods.len() + uses.len() + entries.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows() >= FULL_BATCH
    }

    pub(super) fn is_empty(&self) -> bool {
        let Batch { checkpoints, cursors, seen, .. } = &self.batch;
        self.rows() == 0 && checkpoints.is_empty() && cursors.is_empty() && seen.is_empty()
    }

    /// When what waits for company will have waited long enough.
    pub(super) fn due(&self) -> Option<Instant> {
        let version = self.version_waits.map(|since| since + VERSION_DELAY);
        let cursor = self.cursor_waits.map(|since| since + CURSOR_DELAY);
        version.into_iter().chain(cursor).min()
    }

    pub(super) fn is_ready(&self, now: Instant) -> bool {
        self.is_urgent || self.rows() >= LIST_BATCH || self.due().is_some_and(|due| due <= now)
    }

    /// The batch, handed over with what is seen now of the scopes in sight.
    pub(super) fn take(&mut self, number: u64, in_sight: impl Iterator<Item = Seen>) -> Batch {
        let mut batch = std::mem::take(self).batch;
        batch.number = number;
        batch.seen.extend(in_sight);
        batch
    }
}
