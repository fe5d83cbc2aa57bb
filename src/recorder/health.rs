//! Whether a recorder does what it is there for: that is asked while it runs.

use std::sync::Arc;

use super::Recorder;
use crate::inventory::Scope;

/// What has to hold so that nothing is missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Each scope, as its `Display` says it, and whether what happens there is seen as it happens.
    pub scopes: Vec<(Arc<str>, bool)>,
    /// Whether the record takes what is seen: no longer from 5 s after it began to refuse that.
    pub takes_writes: bool,
}

impl Health {
    /// Nothing is known yet of these scopes.
    #[must_use]
    pub fn at_start(scopes: &[Scope]) -> Self {
        let scopes = scopes.iter().map(|scope| (scope.to_string().into(), false)).collect();
        Self { scopes, takes_writes: true }
    }

    /// Whether all of it holds.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.takes_writes && self.scopes.iter().all(|(_, is_in_sight)| *is_in_sight)
    }
}

impl Recorder {
    /// Tells how it is, where that has changed; nobody needs to listen.
    pub(super) fn tell_health(&self) {
        let takes_writes = !self.is_unstored();
        self.measuring.figures.waiting_rows.set(self.waiting_rows() as u64);
        self.health.send_if_modified(|health| {
            let mut is_other = std::mem::replace(&mut health.takes_writes, takes_writes) != takes_writes;
            for ((_, known), is_in_sight) in health.scopes.iter_mut().zip(self.scopes.each_in_sight()) {
                is_other |= std::mem::replace(known, is_in_sight) != is_in_sight;
            }
            is_other
        });
    }
}
