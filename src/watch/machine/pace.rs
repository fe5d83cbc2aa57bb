//! When to audit.

use std::time::Duration;

use fastrand::Rng;

use crate::watch::backoff::up_to;

/// How long it is from one audit to the next, unless told otherwise; up to a twelfth is added, so
/// that not all of a cluster's watches list together.
pub const AUDIT_EVERY: Duration = Duration::from_hours(6);
/// How soon after a watch resumed that had not ended cleanly an audit comes, at the latest; up to
/// a fifth is taken off.
const SOON: Duration = Duration::from_mins(5);

/// When the next audit is due.
#[derive(Debug)]
pub(super) struct Pace {
    every: Duration,
    at: Duration,
    /// Whether the next watch to resume is to be audited soon.
    is_owed: bool,
    random: Rng,
}

impl Pace {
    /// What happened to the server before the start is not known: the first watch to resume owes
    /// an audit.
    pub(super) fn new(seed: u64) -> Self {
        Self { every: AUDIT_EVERY, at: Duration::MAX, is_owed: true, random: Rng::with_seed(seed) }
    }

    /// Sets the pace.
    pub(super) fn every(&mut self, every: Duration) {
        self.every = every;
    }

    pub(super) fn at(&self) -> Duration {
        self.at
    }

    /// An open watch did not end cleanly.
    pub(super) fn owe(&mut self) {
        self.is_owed = true;
    }

    /// An audit has begun: the next is due when its end says so.
    pub(super) fn begun(&mut self) {
        self.at = Duration::MAX;
    }

    /// A watch has resumed.
    pub(super) fn resumed(&mut self, now: Duration) {
        if std::mem::take(&mut self.is_owed) {
            self.hurry(now);
        }
    }

    /// An audit is to come soon, from `now` on.
    pub(super) fn hurry(&mut self, now: Duration) {
        let longest = SOON.min(self.every);
        let soon = longest.saturating_sub(up_to(longest / 5, &mut self.random));
        self.at = self.at.min(now.saturating_add(soon));
    }

    /// A list was whole: it was as good as an audit.
    pub(super) fn done(&mut self, now: Duration) {
        self.is_owed = false;
        let every = self.every.saturating_add(up_to(self.every / 12, &mut self.random));
        self.at = now.saturating_add(every);
    }
}
