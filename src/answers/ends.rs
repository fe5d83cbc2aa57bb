//! How uses stand at the end of the time that an answer is of.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::coverage::Coverage;
use super::history::{Bound, End};
use crate::record::past::Use;

/// How what each scope tells stands at a moment.
pub(super) struct Ends<'a> {
    coverage: &'a Coverage,
    until: Timestamp,
    /// How a use that has not ended stands, by scope.
    open: BTreeMap<&'a Arc<str>, Option<End>>,
}

impl<'a> Ends<'a> {
    pub(super) fn new(coverage: &'a Coverage, scopes: &'a [Arc<str>], until: Timestamp) -> Self {
        let in_force = coverage.moment(until).scopes;
        let open = scopes.iter().map(|scope| {
            let end = coverage.seen_until(scope, until).map(|last| {
                if last == until && in_force.contains(scope) { End::Used } else { End::LastSeen(last) }
            });
            (scope, end)
        });
        Self { coverage, until, open: open.collect() }
    }

    /// How a use stands.
    pub(super) fn of(&self, used: &Use) -> End {
        match used.closed.filter(|closed| *closed <= self.until) {
            Some(at) => End::Ended(Bound { at, is_exact: self.coverage.is_exact(&used.scope, at) }),
            None => match self.open.get(&used.scope).copied().flatten() {
                Some(End::LastSeen(last)) => End::LastSeen(last.max(used.opened)),
                Some(end) => end,
                None => End::LastSeen(used.opened),
            },
        }
    }
}
