//! Numbers and times of events.

use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::change::Event;
use crate::record::{Entry, EventId, Opened};

/// Within which times an event happened that was not seen live.
pub(super) type Bounds = Option<Option<Timestamp>>;

/// The time, as exactly as a record keeps it: in milliseconds.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Gives each event its number and its times. The clock may jump; what orders events is their
/// number.
#[derive(Debug)]
pub(super) struct Stamp {
    record: Arc<str>,
    start: u64,
    sequence: u64,
}

impl Stamp {
    pub(super) fn new(opened: &Opened) -> Self {
        Self { record: Arc::clone(&opened.record), start: opened.start, sequence: opened.last_sequence }
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
