//! Whether a recorder does what it is there for: that is asked while it runs.

use std::sync::Arc;

use tokio::sync::watch;

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

/// Tells whoever asks how a recorder is; nobody needs to listen.
#[derive(Debug)]
pub(super) struct Teller(watch::Sender<Health>);

impl Teller {
    pub(super) fn new(health: watch::Sender<Health>) -> Self {
        Self(health)
    }

    fn tell(&self, scopes: impl Iterator<Item = bool>, takes_writes: bool) {
        self.0.send_if_modified(|health| {
            let mut is_other = std::mem::replace(&mut health.takes_writes, takes_writes) != takes_writes;
            for ((_, known), is_in_sight) in health.scopes.iter_mut().zip(scopes) {
                is_other |= std::mem::replace(known, is_in_sight) != is_in_sight;
            }
            is_other
        });
    }
}

impl Recorder {
    /// Tells how it is, where that has changed.
    pub(super) fn tell_health(&self) {
        self.health.tell(self.scopes.each_in_sight(), !self.is_unstored());
    }
}
