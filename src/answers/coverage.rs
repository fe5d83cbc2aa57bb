//! How much of the past was seen, and where the gaps are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::record::past::{About, Seen, Sight, Span};

mod epochs;
mod gap;

use epochs::Epochs;
pub use gap::{Gap, GapKind};

/// How much of the past a record can tell of some namespaces, or of all.
///
/// What is watched changes only with a start: between such changes lie epochs. A scope is asked
/// about only in the epochs in which it was watched.
#[derive(Clone, Debug)]
pub struct Coverage {
    epochs: Epochs,
    /// By scope, oldest first; of each scope that was ever watched, at least one.
    gaps: BTreeMap<Arc<str>, Vec<Gap>>,
    /// By scope, oldest first, without what was pruned.
    seen: BTreeMap<Arc<str>, Vec<Span>>,
    coarse_until: Option<Timestamp>,
}

/// What was watched at a moment, and what of it was out of sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// The scopes in force, sorted. What other scopes say of this moment is void.
    pub scopes: Vec<Arc<str>>,
    /// The gaps that hold the moment, at most one for each scope; and a gap for each namespace that
    /// was asked about and that no scope held.
    pub gaps: Vec<Gap>,
}

impl Moment {
    /// The gap that holds the moment in a scope; `None` where it was seen.
    #[must_use]
    pub fn gap_of(&self, scope: &str) -> Option<&Gap> {
        self.gaps.iter().find(|gap| *gap.scope == *scope && gap.kind != GapKind::Unwatched)
    }
}

impl Coverage {
    /// What a record covers of these namespaces; of all that was watched, where none is named.
    #[must_use]
    pub fn new(about: &About, sight: &Sight, namespaces: &[impl AsRef<str>]) -> Self {
        let epochs = Epochs::new(&sight.starts, namespaces);
        let mut seen: BTreeMap<Arc<str>, Vec<&Seen>> =
            epochs.scopes().map(|scope| (Arc::clone(scope), Vec::new())).collect();
        for seen_then in &sight.seen {
            let is_pruned = about.pruned_until.is_some_and(|pruned| seen_then.until < pruned);
            if let Some(spans) = seen.get_mut(&seen_then.scope).filter(|_| !is_pruned) {
                spans.push(seen_then);
            }
        }
        let gaps = seen.iter().map(|(scope, seen)| (Arc::clone(scope), gaps(scope, seen, about, &epochs)));
        let gaps = gaps.collect();
        let seen = seen.into_iter().map(|(scope, seen)| {
            let spans = seen.iter().map(|seen| Span { from: clipped(seen.from, about), until: seen.until });
            let mut spans: Vec<Span> = spans.collect();
            spans.sort_unstable_by_key(|span| span.from);
            (scope, spans)
        });
        Self { gaps, seen: seen.collect(), epochs, coarse_until: about.coarse_until }
    }

    /// What was watched at a moment, and what of it was out of sight. A moment before the first start
    /// is asked of what that start watched.
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> Moment {
        let scopes = self.epochs.at(at).scopes.clone();
        Moment { at, scopes, gaps: self.gaps(Span::moment(at)) }
    }

    /// The scopes that were watched at some time in a span, sorted.
    #[must_use]
    pub fn scopes(&self, span: Span) -> Vec<Arc<str>> {
        let scopes: BTreeSet<&Arc<str>> =
            self.epochs.touching(span).flat_map(|epoch| &epoch.scopes).collect();
        scopes.into_iter().cloned().collect()
    }

    /// The scopes in force by the last start, where others were at a moment; else none.
    #[must_use]
    pub fn next_scopes(&self, at: Timestamp) -> Vec<Arc<str>> {
        let last = self.epochs.last();
        if last.holds(at) { Vec::new() } else { last.scopes.clone() }
    }

    /// The gaps that touch a span, whole, oldest first: of each scope while it was watched, and of
    /// each namespace that was asked about while no scope held it. The ends of a gap were seen.
    #[must_use]
    pub fn gaps(&self, span: Span) -> Vec<Gap> {
        let mut found = BTreeSet::new();
        for epoch in self.epochs.touching(span) {
            let of_scopes = epoch.scopes.iter().flat_map(|scope| &self.gaps[scope]);
            // A gap may end just where an epoch begins.
            let is_of_epoch = |gap: &&Gap| {
                epoch.until.is_none_or(|until| gap.from <= Some(until))
                    && epoch.from.is_none_or(|from| gap.until.is_none_or(|until| from <= until))
            };
            found.extend(of_scopes.filter(is_of_epoch).filter(|gap| gap.touches(span)).cloned());
            found.extend(epoch.unwatched().filter(|gap| gap.touches(span)));
        }
        found.into_iter().collect()
    }

    /// Whether all of a span is known: what of it was not seen as it happened was made up for.
    #[must_use]
    pub fn is_complete(&self, span: Span) -> bool {
        self.gaps(span).iter().all(|gap| !gap.kind.is_blind())
    }

    /// The last moment at which all that was watched was seen; `None` if there was none.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.epochs.oldest_first().rev().find_map(|epoch| {
            let ends = epoch.scopes.iter().flat_map(|scope| &self.seen[scope]).map(|span| span.until);
            let is_epochs = |at: &Timestamp| epoch.holds(*at);
            let is_seen_in = |at: Timestamp, scope| {
                self.seen[scope].iter().any(|span| (span.from..=span.until).contains(&at))
            };
            ends.filter(is_epochs).filter(|at| epoch.scopes.iter().all(|scope| is_seen_in(*at, scope))).max()
        })
    }

    /// The first moment since which all that was watched then was seen; `None` if there was none.
    #[must_use]
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.epochs.oldest_first().find_map(|epoch| {
            let begins =
                |scope| self.seen[scope].iter().map(|span: &Span| span.from).find(|from| epoch.holds(*from));
            epoch.scopes.iter().map(begins).try_fold(Timestamp::MIN, |latest, from| Some(latest.max(from?)))
        })
    }

    /// When a scope was seen for the last time up to a moment.
    #[must_use]
    pub fn seen_until(&self, scope: &str, at: Timestamp) -> Option<Timestamp> {
        let spans = self.seen.get(scope)?.iter().filter(|span| span.from <= at);
        spans.map(|span| span.until.min(at)).max()
    }

    /// Whether what began or ended at a moment was seen as it did, and not found some time after.
    #[must_use]
    pub fn is_exact(&self, scope: &str, at: Timestamp) -> bool {
        self.seen.get(scope).is_some_and(|spans| {
            let before = spans.partition_point(|span| span.from < at);
            spans[..before].last().is_some_and(|span| at <= span.until)
        })
    }

    /// Whether pauses of up to [`RESOLUTION`](super::RESOLUTION) may be missing of what is told of a
    /// time.
    #[must_use]
    pub fn is_coarse(&self, at: Timestamp) -> bool {
        self.coarse_until.is_some_and(|coarse| at < coarse)
    }
}

/// What was pruned counts as not seen.
fn clipped(from: Timestamp, about: &About) -> Timestamp {
    about.pruned_until.map_or(from, |pruned| from.max(pruned))
}

/// The gaps of a scope: before, between and after what was seen of it.
fn gaps(scope: &Arc<str>, seen: &[&Seen], about: &About, epochs: &Epochs) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut last: Option<Timestamp> = None;
    for next in seen {
        let until = clipped(next.from, about);
        // A clock that was set back tells of times that were seen before.
        let from = last.map(|last| last.min(until));
        let kind = match from {
            Some(_) => next.healed.into(),
            None if about.pruned_until.is_some() => GapKind::Pruned,
            None => GapKind::BeforeRecord,
        };
        gaps.push(Gap { from, until: Some(until), scope: Arc::clone(scope), kind });
        last = last.max(Some(next.until));
    }
    let kind = if last.is_some() { GapKind::Since } else { GapKind::BeforeRecord };
    gaps.push(Gap { from: last, until: None, scope: Arc::clone(scope), kind });
    for gap in &mut gaps {
        if epochs.changes_of(scope).any(|change| gap.reaches(change)) {
            gap.kind = GapKind::Boundary;
        }
    }
    gaps
}

#[cfg(test)]
mod tests;
