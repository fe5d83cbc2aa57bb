//! What changed between two moments, all told.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::at::{At, at_moment};
use super::coverage::{Coverage, Gap, GapKind};
use super::extent::Extent;
use super::images::ImageThen;
use super::wanted::Wanted;
use crate::record::RecordError;
use crate::record::past::{Past, Span};

/// What changed between two moments, all told: what came and went in between is no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The earlier moment.
    pub from: Timestamp,
    /// The later moment.
    pub until: Timestamp,
    /// How far the answer goes: the gaps that hold either moment, and changes of what was watched.
    pub extent: Extent,
    /// The differences, by reference.
    pub changes: Vec<Difference>,
}

/// How an image differs between two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In what.
    pub change: Change,
    /// Whether it is so; else it only may be.
    pub is_certain: bool,
    /// The digests that ran under a tag that moved; else none.
    pub old_digests: BTreeSet<Arc<str>>,
    /// The image when it was used: at the later moment, but for one that is removed.
    pub image: ImageThen,
}

/// In what an image differs between two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is used only at the later moment.
    Added,
    /// It is used only at the earlier moment.
    Removed,
    /// It is used at both, with other digests.
    Moved,
}

impl Change {
    /// The word for it in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
        }
    }
}

/// Tells what changed from one moment to another: where none is given, to when all was seen last,
/// or to `now` where it was not, or not since.
///
/// # Errors
/// Where the record cannot be read.
pub fn diff(
    past: &dyn Past,
    wanted: Wanted<'_>,
    from: Timestamp,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Diff, RecordError> {
    let about = past.about()?;
    let coverage = Coverage::new(&about, &past.sight()?, wanted.namespaces, now);
    let from = coverage.settled(from);
    let last = coverage.last_seen().filter(|last| from <= *last);
    let until = coverage.settled(until.or(last).unwrap_or(now));
    let (from, until) = (from.min(until), from.max(until));
    let mut before = at_moment(past, &about, &coverage, wanted, from)?;
    let mut after = at_moment(past, &about, &coverage, wanted, until)?;
    let are_alike = coverage.are_alike(from, until);
    let changes = changes(&mut before, &mut after, are_alike);

    let between = Span { from, until };
    let is_boundary = |gap: &Gap| matches!(gap.kind, GapKind::Boundary | GapKind::Adopted);
    let boundaries = coverage.gaps(between).into_iter().filter(|gap| !are_alike && is_boundary(gap));
    let mut gaps: Vec<_> =
        before.extent.gaps.into_iter().chain(after.extent.gaps).chain(boundaries).collect();
    gaps.sort();
    gaps.dedup();
    let extent = Extent {
        scopes: coverage.scopes(between),
        gaps,
        is_complete: before.extent.is_complete && after.extent.is_complete && are_alike,
        is_coarse: before.extent.is_coarse || after.extent.is_coarse,
        ..after.extent
    };
    Ok(Diff { from, until, extent, changes })
}

/// Takes the images that differ out of the answers.
fn changes(before: &mut At, after: &mut At, are_alike: bool) -> Vec<Difference> {
    let sides = [&before.certain, &before.possible, &after.certain, &after.possible];
    let references: BTreeSet<Arc<str>> =
        sides.iter().flat_map(|images| images.iter().map(|image| Arc::clone(&image.reference))).collect();
    let changes = references.iter().filter_map(|reference| change(reference, before, after));
    let changes = changes.map(|change| Difference { is_certain: change.is_certain && are_alike, ..change });
    changes.collect()
}

/// What is only possible at one moment may be a difference; at both, it tells of none.
fn change(reference: &str, before: &mut At, after: &mut At) -> Option<Difference> {
    let found = |at: &mut At| (at.certain.take(reference), at.possible.take(reference));
    let ((was, may_have_been), (is, may_be)) = (found(before), found(after));
    let is_certain = may_have_been.is_none() && may_be.is_none();
    let one_sided = |change, image, is_certain| {
        Some(Difference { change, is_certain, old_digests: BTreeSet::new(), image })
    };
    match (was, is) {
        (Some(was), Some(is)) => moved(was, is, is_certain),
        (None, Some(is)) => one_sided(Change::Added, is, may_have_been.is_none()),
        (Some(was), None) => one_sided(Change::Removed, was, may_be.is_none()),
        (None, None) => match (may_have_been, may_be) {
            (Some(was), None) => one_sided(Change::Removed, was, false),
            (None, Some(is)) => one_sided(Change::Added, is, false),
            _ => None,
        },
    }
}

/// A reference with a digest never moves; a digest that was not told before tells of no move.
fn moved(was: ImageThen, is: ImageThen, is_certain: bool) -> Option<Difference> {
    let is_move = !is.reference.contains('@')
        && !was.digests.is_empty()
        && !is.digests.is_empty()
        && was.digests != is.digests;
    is_move.then_some(Difference { change: Change::Moved, is_certain, old_digests: was.digests, image: is })
}

#[cfg(test)]
mod tests;
