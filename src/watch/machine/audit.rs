//! When to list though nothing asks for it: to heal what no watch shows, such as a server whose
//! store was set back and has passed the version of the watch since.

use std::time::Duration;

use crate::watch::backoff::Random;

const EVERY: Duration = Duration::from_hours(6);
/// Audits come up to this much later, so that not all of a cluster's watches list together.
const JITTER: Duration = Duration::from_mins(30);
/// How soon after a watch resumed that had not ended cleanly an audit comes, at the latest.
const SOON: Duration = Duration::from_mins(5);
/// It may come this much sooner.
const SOON_JITTER: Duration = Duration::from_mins(1);

/// The next audit.
#[derive(Debug)]
pub(super) struct Audit {
    at: Duration,
    /// Whether the next watch to resume is to be audited soon.
    is_owed: bool,
    random: Random,
}

impl Audit {
    /// What happened to the server before the start is not known: the first watch to resume owes
    /// an audit.
    pub(super) fn new(seed: u64) -> Self {
        Self { at: Duration::MAX, is_owed: true, random: Random::new(seed) }
    }

    pub(super) fn at(&self) -> Duration {
        self.at
    }

    /// An open watch did not end cleanly.
    pub(super) fn owe(&mut self) {
        self.is_owed = true;
    }

    /// A watch has resumed.
    pub(super) fn resumed(&mut self, now: Duration) {
        if std::mem::take(&mut self.is_owed) {
            self.hurry(now);
        }
    }

    pub(super) fn hurry(&mut self, now: Duration) {
        let soon = now + SOON.saturating_sub(self.random.up_to(SOON_JITTER));
        self.at = self.at.min(soon);
    }

    /// A list was whole: it was as good as an audit.
    pub(super) fn done(&mut self, now: Duration) {
        self.is_owed = false;
        self.at = now + EVERY + self.random.up_to(JITTER);
    }
}
