//! What is to be stored next, and when.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::inventory::Changes;
use crate::record::{Batch, Checkpoint, Cursor, Entry};

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
        self.batch.changes.append(changes);
        self.batch.at = at;
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
        let Changes { images, pods, uses, events: _ } = &self.batch.changes;
        images.len() + pods.len() + uses.len() + self.batch.entries.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows() >= FULL_BATCH
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows() == 0 && self.batch.checkpoints.is_empty() && self.batch.cursors.is_empty()
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

    /// The batch. One without rows says no more than that all was seen until `seen_until`.
    pub(super) fn take(&mut self, seen_until: Timestamp) -> Batch {
        if self.rows() == 0 {
            self.batch.at = seen_until;
        }
        std::mem::take(self).batch
    }
}
