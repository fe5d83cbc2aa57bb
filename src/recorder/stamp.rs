//! Numbers and times of events.

use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::Time;
use crate::inventory::change::Event;
use crate::record::{Entry, EventId, Opened};

/// Whether changes are seen as they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// They are.
    Live,
    /// They are not, since that time, if one is known.
    LostSince(Option<Timestamp>),
}

/// The time, as exactly as a record keeps it: in milliseconds.
pub(super) fn now() -> Timestamp {
    #[cfg(test)]
    if let Some(now) = TOLD.get() {
        return now;
    }
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

#[cfg(test)]
thread_local! {
    /// The time that a test tells its thread.
    pub(super) static TOLD: std::cell::Cell<Option<Timestamp>> = const { std::cell::Cell::new(None) };
}

/// The same for the inventory.
pub(super) fn time(time: Timestamp) -> Time {
    Time(time.as_millisecond())
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
    pub(super) fn new(opened: &Opened, start: u64) -> Self {
        Self { record: Arc::clone(&opened.record), start, sequence: opened.last_sequence }
    }

    /// The next entry; what was not seen live happened at some time up to now.
    pub(super) fn entry(&mut self, event: Event, now: Timestamp, sight: Sight) -> Entry {
        self.sequence += 1;
        let id = EventId { record: Arc::clone(&self.record), start: self.start, sequence: self.sequence };
        let (not_before, not_after) = match sight {
            Sight::Live => (None, None),
            // A clock that was set back must not turn the interval around.
            Sight::LostSince(since) => (since.filter(|since| *since <= now), Some(now)),
        };
        Entry { id, observed: now, not_before, not_after, event }
    }
}
