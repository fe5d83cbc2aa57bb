//! Batches on their way into the record, and what becomes of lines when it takes no writes.

use std::sync::Arc;

use tokio::time::Instant;

use super::pending::rows;
use super::{Recorder, RecorderError, stamp};
use crate::record::{Batch, Written};

/// A batch on its way into the record.
#[derive(Debug)]
pub(super) struct Storing {
    batch: Arc<Batch>,
    /// How many of its entries are said already.
    said: usize,
    /// Whether it takes so long that lines go on without it.
    is_late: bool,
}

impl Recorder {
    /// Whether more can be taken in. Memory is bounded: while a batch is being stored, or nobody
    /// reads the lines, the watches wait; but not for a disk that is full.
    pub(super) fn has_room(&self) -> bool {
        (!self.pending.is_full() || self.is_unstored()) && self.speaker.has_room()
    }

    /// Whether lines go on although the record takes no writes.
    pub(super) fn is_unstored(&self) -> bool {
        self.storing.as_ref().is_some_and(|storing| storing.is_late)
    }

    /// How many rows wait to be stored, those on their way included.
    pub(super) fn waiting_rows(&self) -> usize {
        self.pending.rows() + self.storing.as_ref().map_or(0, |storing| rows(&storing.batch))
    }

    /// Hands over what is pending if it should be stored now, or if nothing follows.
    pub(super) fn store(&mut self, is_last: bool) {
        let is_worth_it =
            if is_last { !self.pending.is_empty() } else { self.pending.is_ready(Instant::now()) };
        if is_worth_it && self.storing.is_none() {
            self.batches += 1;
            let (batch, said) = self.pending.take(self.batches, self.scopes.seen());
            let batch = Arc::new(batch);
            self.writer.submit(Arc::clone(&batch));
            self.storing = Some(Storing { batch, said, is_late: false });
        }
    }

    /// Nothing more is seen: until when it was is worth storing.
    pub(super) fn see_the_end(&mut self) {
        if self.scopes.seen().next().is_some() {
            self.pending.sight();
        }
    }

    /// Follows what the writer tells of the batch on its way, unless it gave up.
    pub(super) fn follow(&mut self, written: Option<Written>) -> Result<(), RecorderError> {
        match written.ok_or(RecorderError::WriterEnded)? {
            Written::Safe => self.stored(),
            Written::Late => self.go_on_unstored(),
        }
        Ok(())
    }

    /// Says a batch that is stored.
    fn stored(&mut self) {
        let Some(Storing { batch, said, is_late }) = self.storing.take() else { return };
        self.speaker.say(&batch.entries[said..]);
        if is_late {
            self.recover();
        }
    }

    /// The record has refused writes for long: what happens is said all the same.
    fn go_on_unstored(&mut self) {
        let Some(storing) = &mut self.storing else { return };
        storing.is_late = true;
        let said = std::mem::replace(&mut storing.said, storing.batch.entries.len());
        self.speaker.say(&storing.batch.entries[said..]);
        log::warn!(target: "kimager::record", "the record still takes no writes: lines go on without it");
        self.say_unstored();
    }

    /// While the record takes no writes: says what was taken in since. What does not fit into memory
    /// is not kept for the record.
    pub(super) fn say_unstored(&mut self) {
        if self.is_unstored() {
            self.speaker.say(self.pending.unsaid());
            self.pending.said();
            self.pending.bound();
        }
    }

    /// The record takes writes again. If something did not fit into memory, it is given the whole
    /// state anew, and is told since when it missed what happened.
    fn recover(&mut self) {
        let Some(since) = self.pending.lost_since() else { return };
        let now = stamp::now();
        let cut = self.scopes.cut(since, now, &mut self.pending);
        self.pending.replace(self.inventory.snapshot(), cut, now);
        log::warn!(
            target: "kimager::record",
            "the record has a gap: what happened between {since} and {now} was said but not stored"
        );
    }
}
