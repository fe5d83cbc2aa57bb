//! A time in which the watch does not work.

use std::time::Duration;

use crate::watch::notice::{Notice, Trouble, TroubleKind};
use crate::watch::step::Output;

/// Tells the trouble of an outage once, again only where it turns into one of another nature, and
/// the end of the outage.
#[derive(Debug, Default)]
pub(super) struct Outage {
    since: Option<Duration>,
    told: Vec<TroubleKind>,
}

impl Outage {
    pub(super) fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// Begins, or goes on.
    pub(super) fn meet(&mut self, now: Duration, trouble: Trouble, out: &mut Vec<Output>) {
        self.since.get_or_insert(now);
        if !self.told.iter().any(|told| told.is_like(trouble.kind)) {
            self.told.push(trouble.kind);
            out.push(Output::Notice(Notice::Trouble(trouble)));
        }
    }

    /// Is over, if it was on.
    pub(super) fn end(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some(since) = self.since.take() {
            self.told.clear();
            out.push(Output::Notice(Notice::Recovered { after: now.saturating_sub(since) }));
        }
    }
}
