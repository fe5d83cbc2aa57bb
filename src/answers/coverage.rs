//! How much of the past was seen, and where the gaps are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::FRESH;
use crate::record::past::{About, Seen, Sight, Span};

mod belief;
mod epochs;
mod gap;

use belief::{Belief, Sighting, believed};
use epochs::Epochs;
pub use gap::{Gap, GapKind};

/// How much of the past a record can tell of some namespaces, or of all.
///
/// What is watched, and which cluster, changes only with a start: between such changes lie epochs. A
/// scope is asked about only in the epochs in which it was watched.
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
    /// The gaps that hold the moment, those of a scope in order; and a gap for each namespace that
    /// was asked about and that no scope held.
    pub gaps: Vec<Gap>,
}

impl Moment {
    /// The gap that holds the moment in a scope, the one that hides most if there are several; `None`
    /// where it was seen.
    #[must_use]
    pub fn gap_of(&self, scope: &str) -> Option<&Gap> {
        let of_scope = |gap: &&Gap| *gap.scope == *scope && gap.kind != GapKind::Unwatched;
        self.gaps.iter().filter(of_scope).max_by_key(|gap| (!gap.has_both_sides(), gap.span().until))
    }
}

impl Coverage {
    /// What a record covers of these namespaces, as it is known now; of all that was watched, where no
    /// namespace is named.
    #[must_use]
    pub fn new(about: &About, sight: &Sight, namespaces: &[impl AsRef<str>], now: Timestamp) -> Self {
        let epochs = Epochs::new(&sight.starts, namespaces);
        let mut seen: BTreeMap<Arc<str>, Vec<&Seen>> =
            epochs.scopes().map(|scope| (Arc::clone(scope), Vec::new())).collect();
        for seen_then in &sight.seen {
            if let Some(rows) = seen.get_mut(&seen_then.scope) {
                rows.push(seen_then);
            }
        }
        let believed = seen.into_iter().map(|(scope, mut rows)| {
            rows.sort_by_key(|row| row.from);
            let mut belief = believed(&rows, &sight.starts, now);
            belief.sights.retain(|sight| about.pruned_until.is_none_or(|pruned| pruned <= sight.until));
            (scope, belief)
        });
        let seen: BTreeMap<Arc<str>, Belief<'_>> = believed.collect();
        let gaps = seen.iter().map(|(scope, seen)| (Arc::clone(scope), gaps(scope, seen, about, &epochs)));
        let gaps = gaps.collect();
        let seen = seen.into_iter().map(|(scope, belief)| {
            let sights = belief.sights.iter();
            let spans = sights.map(|one| Span { from: clipped(one.seen.from, about), until: one.until });
            (scope, spans.collect())
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
        let last = &self.epochs.last().scopes;
        if *last == self.epochs.at(at).scopes { Vec::new() } else { last.clone() }
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

    /// Whether at two moments the same was watched of the same cluster.
    #[must_use]
    pub fn are_alike(&self, one: Timestamp, other: Timestamp) -> bool {
        let (one, other) = (self.epochs.at(one), self.epochs.at(other));
        (one.cluster, &one.scopes) == (other.cluster, &other.scopes)
    }

    /// The moment of which a question about `at` is answered: when all was seen last, if `at` comes no
    /// more than [`FRESH`] after; a record that is being written is behind that much. Else `at`.
    #[must_use]
    pub fn settled(&self, at: Timestamp) -> Timestamp {
        let is_fresh = |last: &Timestamp| {
            let is_just_before = *last < at && at.duration_since(*last) <= FRESH;
            is_just_before && std::ptr::eq(self.epochs.at(*last), self.epochs.at(at))
        };
        self.last_seen().filter(is_fresh).unwrap_or(at)
    }

    /// The last moment at which all that was watched was seen; `None` if there was none.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.seen_last(Timestamp::MAX)
    }

    /// The last moment at which any of what is watched was seen, if that is no more than [`FRESH`] after
    /// all of it was: a scope in which nothing happens is heard of seldom.
    #[must_use]
    pub fn newest(&self) -> Option<Timestamp> {
        let (all, last) = (self.last_seen()?, self.epochs.last());
        let seen = last.scopes.iter().filter_map(|scope| self.seen_until(scope, Timestamp::MAX));
        seen.max().filter(|any| last.holds(all) && any.duration_since(all) <= FRESH)
    }

    /// The last moment up to `at` at which all that was watched was seen; `None` if there was none.
    #[must_use]
    pub fn seen_last(&self, at: Timestamp) -> Option<Timestamp> {
        self.epochs.oldest_first().rev().find_map(|epoch| {
            let spans = epoch.scopes.iter().flat_map(|scope| &self.seen[scope]);
            let ends = spans.filter(|span| span.from <= at).map(|span| span.until.min(at));
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

    /// When a scope was seen last that is watched no more; `None` for one that is. What it told has not
    /// ended since, as far as it knows, but nobody looked.
    #[must_use]
    pub fn left(&self, scope: &str) -> Option<Timestamp> {
        let is_watched = self.epochs.last().scopes.iter().any(|watched| **watched == *scope);
        if is_watched { None } else { self.seen_until(scope, Timestamp::MAX) }
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

/// The gaps of a scope: before, between and after what was seen of it, and where what was seen is not
/// known to stand at its time.
fn gaps(scope: &Arc<str>, belief: &Belief<'_>, about: &About, epochs: &Epochs) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut last: Option<&Sighting<'_>> = None;
    for next in &belief.sights {
        let until = Some(clipped(next.seen.from, about));
        let kind = match last {
            Some(last) if last.is_doubtful => GapKind::Clock,
            Some(_) => next.seen.healed.into(),
            None if about.pruned_until.is_some() => GapKind::Pruned,
            None => GapKind::BeforeRecord,
        };
        gaps.push(Gap { from: last.map(|last| last.until), until, scope: Arc::clone(scope), kind });
        last = Some(next);
    }
    let kind = match last {
        Some(last) if last.is_doubtful => GapKind::Clock,
        Some(_) => GapKind::Since,
        None => GapKind::BeforeRecord,
    };
    gaps.push(Gap { from: last.map(|last| last.until), until: None, scope: Arc::clone(scope), kind });
    for gap in &mut gaps {
        let changes = epochs.changes_of(scope).filter(|(at, _)| gap.reaches(*at));
        gap.kind = changes.map(|(_, kind)| kind).max().unwrap_or(gap.kind);
    }
    let kind = GapKind::Misdated;
    let misdated = belief.misdated.iter().map(|(from, until)| (*from, Some(*until)));
    gaps.extend(misdated.map(|(from, until)| Gap { from, until, scope: Arc::clone(scope), kind }));
    gaps
}

#[cfg(test)]
mod tests;
