//! Since when, until when and where images were used, and what happened to them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::coverage::Coverage;
use super::ends::{Bound, End, Ends};
use super::extent::Extent;
use super::wanted::Wanted;
use crate::inventory::change::Place;
use crate::record::past::{Active, Past, Span, Use};
use crate::record::{Entry, RecordError};

/// Since when, until when and where images were used, and what happened to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The time that was asked about; not all of it need be covered.
    pub span: Span,
    /// How far the answer goes.
    pub extent: Extent,
    /// Each place of use by image, with its intervals from the oldest on.
    pub uses: BTreeMap<Place, Vec<Interval>>,
    /// Added, removed and moved, in order.
    pub events: Vec<Entry>,
}

/// A time of use without a pause at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// When it began.
    pub since: Bound,
    /// How it ended.
    pub end: End,
    /// Until when it had an active pod.
    pub active: Active,
    /// Of how many uses with short pauses it was coalesced.
    pub runs: u32,
}

/// Tells the history of a span, whichever of its ends is named first: where an end is not given, from
/// when all was seen first, and to when all was seen last, or to `now` where it was not, or not since.
/// What any scope told shortly after that belongs to it too: it was said already.
///
/// # Errors
/// Where the record cannot be read.
pub fn history(
    past: &dyn Past,
    wanted: Wanted<'_>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<History, RecordError> {
    let about = past.about()?;
    let coverage = Coverage::new(&about, &past.sight()?, wanted.namespaces, now);
    let seen = span(&coverage, since, until, now);
    let newest = coverage.newest().filter(|_| until.is_none() && Some(seen.until) == coverage.last_seen());
    let span = Span { until: newest.unwrap_or(seen.until), ..seen };
    let from = span.from;
    let scopes = coverage.scopes(span);
    let ends = Ends::new(&coverage, &scopes, seen.until).told_until(span.until);

    let (hints, mut sieve) = (wanted.hints(), wanted.sieve());
    let mut uses: BTreeMap<Place, Vec<Interval>> = BTreeMap::new();
    let mut is_coarse = coverage.is_coarse(from);
    past.uses(span, &hints, &mut |used| {
        let Some(used) = sieve.sift(used).filter(|used| scopes.contains(&used.scope)) else { return };
        let is_over = used.closed.is_some_and(|closed| closed <= from && used.opened < from);
        if let Some(interval) = interval(&used, &coverage, &ends, span).filter(|_| !is_over) {
            is_coarse |= used.runs > 1;
            uses.entry(place(used)).or_default().push(interval);
        }
    })?;
    for intervals in uses.values_mut() {
        intervals.sort_unstable();
    }
    let mut events = Vec::new();
    past.events(span, &hints, &mut |entry| events.extend(sieve.sift_event(entry)))?;

    let gaps = coverage.gaps(seen);
    let is_complete = gaps.iter().all(|gap| !gap.kind.is_blind());
    let extent = Extent {
        cluster: about.cluster,
        record: about.record,
        scopes,
        next_scopes: coverage.next_scopes(seen.until),
        gaps,
        as_of: coverage.seen_last(seen.until),
        is_complete,
        is_coarse,
    };
    Ok(History { span, extent, uses, events })
}

/// The span that is meant.
fn span(coverage: &Coverage, since: Option<Timestamp>, until: Option<Timestamp>, now: Timestamp) -> Span {
    let (since, until) = match (since, until) {
        (Some(since), Some(until)) => (Some(since.min(until)), Some(since.max(until))),
        ends => ends,
    };
    let since = since.map(|since| coverage.settled(since));
    let last = coverage.last_seen().filter(|last| since.is_none_or(|since| since <= *last));
    let until = coverage.settled(until.or(last).unwrap_or(now));
    let from = since.or_else(|| coverage.first_seen()).unwrap_or(until).min(until);
    Span { from, until }
}

fn place(used: Use) -> Place {
    let Use { scope, reference, digest, reported, namespace, workload, container, kind, .. } = used;
    Place { scope, reference, digest, reported, namespace, workload, container, kind }
}

/// A use as it was known at the end of a span; `None` if it had not begun.
fn interval(used: &Use, coverage: &Coverage, ends: &Ends, span: Span) -> Option<Interval> {
    let since = Bound::of(coverage, &used.scope, used.opened);
    let Use { active, runs, .. } = *used;
    (used.opened <= span.until).then(|| Interval { since, end: ends.of(used), active, runs })
}

#[cfg(test)]
mod tests;
