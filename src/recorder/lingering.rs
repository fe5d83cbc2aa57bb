//! Images that have lingered long enough are removed by the clock, not by an event.

use std::time::Duration;

use tokio::time::Instant;

use super::stamp::Sight;
use super::{Recorder, stamp};
use crate::inventory::Time;

impl Recorder {
    /// When the next image will have lingered long enough. While a scope is out of sight none does:
    /// a user may have come there.
    pub(super) fn lingers_until(&self) -> Option<Instant> {
        let is_time = self.scopes.are_in_sight() && self.has_room();
        let Time(due) = if is_time { self.inventory.due()? } else { return None };
        let left = due.saturating_sub(stamp::now().as_millisecond());
        Some(Instant::now() + Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// Takes in that images have lingered long enough.
    pub(super) fn end_lingers(&mut self) {
        if self.lingers_until().is_none_or(|due| due > Instant::now()) {
            return;
        }
        let now = stamp::now();
        let mut changes = self.inventory.tick(stamp::time(now));
        self.measuring.changed(&changes);
        for event in changes.events.drain(..) {
            self.say(event, now, Sight::Live, Instant::now());
        }
        self.pending.change(changes, now);
        self.pending.hurry();
        self.say_unstored();
    }
}
