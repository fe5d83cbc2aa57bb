//! The first list of an empty record. Its rows are written when it has ended, from the inventory.
//!
//! A server that lists keeps every core busy, and waits for a reader that is held up for a moment. A
//! record that was written meanwhile would cost more time than it takes.

use super::{Recorder, RecorderError, stamp};
use crate::inventory::{Inventory, PodEvent};
use crate::watch::{Output, Signal};

impl Recorder {
    /// Whether the signal brings something else than more of the first list.
    pub(super) fn ends_first_list(&self, signal: &Signal) -> bool {
        let Output::Pod(event) = &signal.output else { return false };
        let is_more = match event {
            PodEvent::Init(..) => true,
            PodEvent::Apply(..) => self.scopes.is_listing(signal.scope),
            _ => false,
        };
        self.is_first_list && !is_more
    }

    /// Has stored what the first list told, before its end is taken in: so a crash in between leaves a
    /// record of which the next list says the rest.
    pub(super) async fn store_first_list(&mut self) -> Result<(), RecorderError> {
        self.is_first_list = false;
        let inventory = std::mem::take(&mut self.inventory);
        let stored = self.store_state(&inventory).await;
        self.inventory = inventory;
        stored
    }

    async fn store_state(&mut self, inventory: &Inventory) -> Result<(), RecorderError> {
        let now = stamp::now();
        for changes in inventory.snapshot() {
            self.pending.change(changes, now);
            self.store(false);
            // While the record takes no writes there is room, as rows are dropped.
            while !self.has_room() && self.storing.is_some() {
                let written = self.writer.written().await;
                self.follow(written)?;
            }
            self.say_unstored();
        }
        Ok(())
    }
}
