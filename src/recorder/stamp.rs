//! Numbers and times of events.

use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::change::Event;
use crate::record::{Entry, EventId, Opened};

/// Within which times an event happened that was not seen live.
pub(super) type Bounds = Option<Option<Timestamp>>;

/// Gives each event its number and its times.
#[derive(Debug)]
pub(super) struct Stamp {
    record: Arc<str>,
    start: u64,
    sequence: u64,
    latest: Timestamp,
}

impl Stamp {
    pub(super) fn new(opened: &Opened) -> Self {
        Self {
            record: Arc::clone(&opened.record),
            start: opened.start,
            sequence: opened.last_sequence,
            latest: Timestamp::now(),
        }
    }

    /// The time of what happens now, as exactly as a record keeps it: in milliseconds. The clock may
    /// jump; what orders events is their number.
    pub(super) fn now(&mut self, now: Timestamp) -> Timestamp {
        self.latest = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        self.latest
    }

    /// The time of what happened last.
    pub(super) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// The next entry. `bounds` is given for an event that was not seen live: the time before
    /// which it did not happen, if one is known.
    pub(super) fn entry(&mut self, event: Event, scope: Arc<str>, now: Timestamp, bounds: Bounds) -> Entry {
        self.sequence += 1;
        let id = EventId { record: Arc::clone(&self.record), start: self.start, sequence: self.sequence };
        let not_after = bounds.map(|_| now);
        Entry { id, observed: now, not_before: bounds.flatten(), not_after, scope, event }
    }
}
