//! An event with its number and its times: what is stored, replayed and said.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::change::Event;

/// The number of an event: `RECORD.START.SEQUENCE`. Unique over all records, and ordered within one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventId {
    /// The record's random id, made with it.
    pub record: Arc<str>,
    /// How often the record had been opened for writing when the event was numbered; from 1.
    pub start: u64,
    /// The event's place in the record; from 1.
    pub sequence: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.record, self.start, self.sequence)
    }
}

/// An event, numbered and dated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: EventId,
    /// When kimager learned of it.
    pub observed: Timestamp,
    /// Where it happened unseen: not before this time, if a time is known.
    pub not_before: Option<Timestamp>,
    /// Where it happened unseen: not after this time.
    pub not_after: Option<Timestamp>,
    /// What happened.
    pub event: Event,
}
