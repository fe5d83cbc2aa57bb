//! What was used at a moment.

use jiff::Timestamp;

use super::coverage::{Coverage, Gap, Moment};
use super::ends::Bound;
use super::extent::Extent;
use super::images::{ImagesThen, was_active};
use super::wanted::Wanted;
use crate::record::RecordError;
use crate::record::past::{About, Past, Span, Use};

/// What was used at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The moment that was asked about.
    pub asked: Timestamp,
    /// The moment that the answer is of: [settled](Coverage::settled).
    pub at: Timestamp,
    /// How far the answer goes.
    pub extent: Extent,
    /// What was used: where the moment was out of sight, what was used before and after.
    pub certain: ImagesThen,
    /// What else may have been used where the moment was out of sight: what was used on one side, or
    /// came and went in between.
    pub possible: ImagesThen,
}

/// Tells what was used at a moment.
///
/// # Errors
/// Where the record cannot be read.
pub fn at(past: &dyn Past, wanted: Wanted<'_>, at: Timestamp, now: Timestamp) -> Result<At, RecordError> {
    let about = past.about()?;
    let coverage = Coverage::new(&about, &past.sight()?, wanted.namespaces, now);
    at_moment(past, &about, &coverage, wanted, at)
}

/// Tells what was used when all was seen last; where it never was, at `now`, of which nothing is
/// known.
///
/// # Errors
/// Where the record cannot be read.
pub fn at_last(past: &dyn Past, wanted: Wanted<'_>, now: Timestamp) -> Result<At, RecordError> {
    let about = past.about()?;
    let coverage = Coverage::new(&about, &past.sight()?, wanted.namespaces, now);
    at_moment(past, &about, &coverage, wanted, coverage.last_seen().unwrap_or(now))
}

pub(super) fn at_moment(
    past: &dyn Past,
    about: &About,
    coverage: &Coverage,
    wanted: Wanted<'_>,
    asked: Timestamp,
) -> Result<At, RecordError> {
    let at = coverage.settled(asked);
    let moment = coverage.moment(at);
    let (mut certain, mut possible) = (ImagesThen::default(), ImagesThen::default());
    let mut is_coarse = coverage.is_coarse(at);
    let mut sieve = wanted.sieve();
    past.uses(reach(&moment), &wanted.hints(), &mut |used| {
        // Cheap first: most rows of a long gap are of other times.
        if presence(&used, &moment).is_none() {
            return;
        }
        let Some(used) = sieve.sift(used) else { return };
        let Some(presence) = presence(&used, &moment) else { return };
        is_coarse |= used.runs > 1;
        let is_active = was_active(used.active, at);
        let since = Bound::of(coverage, &used.scope, used.opened);
        match presence {
            Presence::Certain => certain.add(used, since, is_active),
            Presence::Possible => possible.add(used, since, is_active),
        }
    })?;
    let is_complete = possible.is_empty() && moment.gaps.iter().all(Gap::has_both_sides);
    let Moment { at, scopes, gaps } = moment;
    let extent = Extent {
        cluster: about.cluster.clone(),
        record: about.record.clone(),
        scopes,
        next_scopes: coverage.next_scopes(at),
        gaps,
        as_of: coverage.seen_last(at),
        is_complete,
        is_coarse,
    };
    Ok(At { asked, at, extent, certain, possible })
}

/// The moment and the gaps that hold it.
fn reach(moment: &Moment) -> Span {
    moment.gaps.iter().map(Gap::span).fold(Span::moment(moment.at), |reach, gap| Span {
        from: reach.from.min(gap.from),
        until: reach.until.max(gap.until),
    })
}

/// How a use stands to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Certain,
    Possible,
}

/// A use lasts from `opened` until just before `closed`. What a scope tells of a time at which it
/// was not in force is void.
fn presence(used: &Use, moment: &Moment) -> Option<Presence> {
    if !moment.scopes.contains(&used.scope) {
        return None;
    }
    let has_not_closed_at = |at: Timestamp| used.closed.is_none_or(|closed| at < closed);
    let Some(gap) = moment.gap_of(&used.scope) else {
        return (used.opened <= moment.at && has_not_closed_at(moment.at)).then_some(Presence::Certain);
    };
    let Span { from, until } = gap.span();
    if gap.has_both_sides() && used.opened <= from && has_not_closed_at(until) {
        Some(Presence::Certain)
    } else {
        (used.opened <= until && has_not_closed_at(from)).then_some(Presence::Possible)
    }
}

#[cfg(test)]
mod tests;
