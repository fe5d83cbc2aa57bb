//! When uses begin and end, as far as it is known, and how they stand at the end of the time that an
//! answer is of.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::coverage::Coverage;
use crate::record::past::Use;

/// When something happened, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// When.
    pub at: Timestamp,
    /// Whether it was seen as it happened; else it happened at some time before.
    pub is_exact: bool,
}

impl Bound {
    /// When something happened that a scope tells of.
    pub(super) fn of(coverage: &Coverage, scope: &str, at: Timestamp) -> Self {
        Self { at, is_exact: coverage.is_exact(scope, at) }
    }
}

/// How an interval ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// It was used no more.
    Ended(Bound),
    /// It was used until it went out of sight.
    LastSeen(Timestamp),
    /// It was used at the end of the span.
    Used,
}

impl End {
    /// When it ended or was last seen; `None` if it is used.
    #[must_use]
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Ended(bound) => Some(bound.at),
            Self::LastSeen(last) => Some(last),
            Self::Used => None,
        }
    }

    /// Whether it was seen as it ended.
    #[must_use]
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Ended(bound) if bound.is_exact)
    }

    /// The later of two: what is used has no end.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        let key = |end: Self| (end == Self::Used, end.at());
        if key(other) > key(self) { other } else { self }
    }

    /// The word for it in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended(_) => "ended",
            Self::LastSeen(_) => "last-seen",
            Self::Used => "used",
        }
    }
}

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

    /// With what was told until a later moment too.
    pub(super) fn told_until(self, until: Timestamp) -> Self {
        Self { until, ..self }
    }

    /// How a use stands.
    pub(super) fn of(&self, used: &Use) -> End {
        match used.closed.filter(|closed| *closed <= self.until) {
            Some(at) => End::Ended(Bound::of(self.coverage, &used.scope, at)),
            None => match self.open.get(&used.scope).copied().flatten() {
                Some(End::LastSeen(last)) => End::LastSeen(last.max(used.opened)),
                Some(end) => end,
                None => End::LastSeen(used.opened),
            },
        }
    }
}
