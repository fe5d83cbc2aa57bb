//! `--record memory`: no record at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::entry::Entry;
use super::error::RecordError;
use super::limits::Limits;
use super::past::Seen;
use super::store::{Batch, NewStart, Opened, Restore, Store, random_id};

/// Keeps nothing: every start is the first of a new record, and logs every image anew.
#[derive(Debug, Default)]
pub struct MemoryStore;

impl Store for MemoryStore {
    fn restore(&mut self, _into: &mut dyn Restore) -> Result<Opened, RecordError> {
        Ok(Opened {
            record: Arc::from(random_id()),
            last_sequence: 0,
            checkpoints: BTreeMap::new(),
            cursors: BTreeMap::new(),
            last_seen: BTreeMap::new(),
            trusts: BTreeMap::new(),
            known_images: 0,
            known_pods: 0,
            is_elsewhere: false,
        })
    }

    fn seen(&self) -> Result<Vec<Seen>, RecordError> {
        Ok(Vec::new())
    }

    fn begin(&mut self, _start: &NewStart) -> Result<u64, RecordError> {
        Ok(1)
    }

    fn commit(&mut self, _batch: &Batch) -> Result<(), RecordError> {
        Ok(())
    }

    fn unsaid(&mut self, _after: u64, _limit: usize) -> Result<Vec<Entry>, RecordError> {
        Ok(Vec::new())
    }

    fn tidy(&mut self, _now: Timestamp, _limits: &Limits) -> Result<bool, RecordError> {
        Ok(false)
    }

    fn close(self: Box<Self>) -> Result<(), RecordError> {
        Ok(())
    }
}
