//! What is to be stored next, and when.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::inventory::Changes;
use crate::record::past::Seen;
use crate::record::{Batch, Checkpoint, Cursor, DatedUse, Doubt, Entry, Trust};

/// Rows that a batch of a list gathers: smaller ones would cost a commit each, and nothing of a
/// list is said before its end.
const LIST_BATCH: usize = 1000;
/// Rows at which a batch is full, so that memory is bounded while a commit takes long.
pub(super) const FULL_BATCH: usize = 2500;
/// Rows that are kept for a record that takes no writes. Beyond them the rows are dropped, and the
/// record is given the whole state once it does.
const UNSTORED_ROWS: usize = 10_000;
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
    /// Whether what is seen now, which goes with every batch, is a reason for one.
    is_sight_news: bool,
    /// Since when something waits that may wait for company.
    version_waits: Option<Instant>,
    cursor_waits: Option<Instant>,
    /// How many of the entries are said already, because the record takes no writes.
    said: usize,
    /// The time of the first row.
    began: Option<Timestamp>,
    /// Since when rows are dropped, because the record takes no writes.
    lost_since: Option<Timestamp>,
}

impl Pending {
    pub(super) fn say(&mut self, entry: Entry) {
        self.began.get_or_insert(entry.observed);
        self.batch.entries.push(entry);
    }

    pub(super) fn change(&mut self, changes: Changes, at: Timestamp) {
        if self.lost_since.is_some() {
            return;
        }
        self.began.get_or_insert(at);
        let Changes { mut images, mut pods, uses, events: _ } = changes;
        self.batch.images.append(&mut images);
        self.batch.pods.append(&mut pods);
        self.batch.uses.extend(uses.into_iter().map(|change| DatedUse { at, change }));
    }

    /// Entries that are not said yet.
    pub(super) fn unsaid(&self) -> &[Entry] {
        &self.batch.entries[self.said..]
    }

    /// All entries are said, before they are stored.
    pub(super) fn said(&mut self) {
        self.said = self.batch.entries.len();
    }

    /// Drops the rows that are too many to be kept, now that all is said.
    pub(super) fn bound(&mut self) {
        if self.lost_since.is_none() && self.rows() > UNSTORED_ROWS {
            self.lost_since = self.began;
        }
        if self.lost_since.is_some() {
            let Batch { images, pods, uses, entries, .. } = &mut self.batch;
            (*images, *pods, *uses, *entries) = Default::default();
            self.said = 0;
        }
    }

    /// Since when rows were dropped, if they were.
    pub(super) fn lost_since(&self) -> Option<Timestamp> {
        self.lost_since
    }

    /// The whole state, in place of rows that were dropped, and what was seen up to then.
    pub(super) fn replace(&mut self, state: impl Iterator<Item = Changes>, seen: Vec<Seen>, at: Timestamp) {
        let Some(since) = self.lost_since.take() else { return };
        self.batch.seen.retain(|seen| seen.from < since);
        for seen in &mut self.batch.seen {
            seen.until = seen.until.min(since);
        }
        self.batch.seen.extend(seen);
        state.for_each(|changes| self.change(changes, at));
        self.batch.is_whole_at = Some(at);
        self.is_urgent = true;
    }

    /// A scope is in sight, as far as that is not stored yet.
    pub(super) fn sight(&mut self) {
        self.is_sight_news = true;
        self.version_waits.get_or_insert_with(Instant::now);
    }

    /// What was seen of a scope, until it went out of sight.
    pub(super) fn seen(&mut self, seen: Seen) {
        self.batch.seen.push(seen);
        self.version_waits.get_or_insert_with(Instant::now);
    }

    /// What was seen of a scope after a time is not certain any more.
    pub(super) fn doubt(&mut self, doubt: Doubt) {
        let Doubt { scope, after } = &doubt;
        self.batch.seen.retain(|seen| seen.scope != *scope || seen.from <= *after);
        for seen in self.batch.seen.iter_mut().filter(|seen| seen.scope == *scope) {
            seen.until = seen.until.min(*after);
        }
        match self.batch.doubts.iter_mut().find(|other| other.scope == *scope) {
            Some(other) => other.after = other.after.min(*after),
            None => self.batch.doubts.push(doubt),
        }
        self.version_waits.get_or_insert_with(Instant::now);
    }

    /// How far what is kept of a scope can be trusted from here on. That goes with whatever is stored
    /// next: what is not stored is not to be trusted either.
    pub(super) fn trust(&mut self, trust: &Trust) {
        self.batch.trusts.retain(|other| other.scope != trust.scope);
        self.batch.trusts.push(trust.clone());
    }

    /// What there is is not to wait for more, as the rows of a list do.
    pub(super) fn hurry(&mut self) {
        self.is_urgent = !self.is_empty();
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

    pub(super) fn rows(&self) -> usize {
        rows(&self.batch)
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows() >= FULL_BATCH
    }

    pub(super) fn is_empty(&self) -> bool {
        let Batch { checkpoints, cursors, doubts, seen, .. } = &self.batch;
        let is_empty = checkpoints.is_empty() && cursors.is_empty() && seen.is_empty();
        is_empty && doubts.is_empty() && !self.is_sight_news && self.rows() == 0
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

    /// The batch, handed over with what is seen now of the scopes in sight, and how many of its
    /// entries are said already.
    pub(super) fn take(&mut self, number: u64, in_sight: impl Iterator<Item = Seen>) -> (Batch, usize) {
        let Self { mut batch, said, .. } = std::mem::take(self);
        batch.number = number;
        batch.seen.extend(in_sight);
        (batch, said)
    }
}

/// How many rows a batch has, beside those few that go with any.
pub(super) fn rows(batch: &Batch) -> usize {
    let Batch { images, pods, uses, entries, .. } = batch;
    images.len() + pods.len() + uses.len() + entries.len()
}
