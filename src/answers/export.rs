//! All that is known of the images of a span of time, or of a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::coverage::{Coverage, Gap, Moment};
use super::ends::{Bound, End, Ends};
use super::extent::Extent;
use super::images::was_active;
use super::wanted::Wanted;
use crate::inventory::{ContainerKind, Reference};
use crate::record::RecordError;
use crate::record::past::{Past, Span, Use};

/// The images of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The span; a moment, if it is one.
    pub span: Span,
    /// How far the answer goes.
    pub extent: Extent,
    /// The images, by reference and digest.
    pub images: Vec<Exported>,
}

/// An image with a digest that ran, as far as it was used in a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The normalised reference.
    pub reference: Arc<str>,
    /// The digest that ran; `None` if it was never told.
    pub digest: Option<Arc<str>>,
    /// The repositories in which the digest is known: told by the runtime together with it. A digest
    /// that was told alone is in none.
    pub repositories: BTreeSet<Arc<str>>,
    /// The kinds of containers.
    pub kinds: BTreeSet<ContainerKind>,
    /// Namespaces, and the workloads in each.
    pub places: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Since when: the oldest of the uses.
    pub first: Bound,
    /// Until when: the last of the uses, as it was known at the end of the span.
    pub last: End,
    /// Whether an active pod used it in the span.
    pub is_active: bool,
    /// Whether it is certain that it was used in the span; if not, an end of the span was out of
    /// sight, and it was used on one side of that gap, or inside.
    pub is_certain: bool,
}

/// The time that an export is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The last moment at which all was seen.
    Last,
    /// A moment.
    At(Timestamp),
    /// From a moment until the last at which all was seen.
    Since(Timestamp),
    /// From one moment to another.
    Span(Span),
}

impl When {
    /// The span that is meant. Where nothing was seen, or not since, the last moment is now.
    fn span(self, coverage: &Coverage, now: Timestamp) -> Span {
        let last = coverage.last_seen();
        match self {
            Self::Last => Span::moment(last.unwrap_or(now)),
            Self::At(at) => Span::moment(coverage.settled(at)),
            Self::Since(from) => {
                let from = coverage.settled(from);
                Span { from, until: last.filter(|last| *last >= from).unwrap_or(now) }
            }
            Self::Span(Span { from, until }) => {
                Span { from: coverage.settled(from), until: coverage.settled(until) }
            }
        }
    }
}

/// Tells what was used at a time.
///
/// # Errors
/// Where the record cannot be read.
pub fn export(
    past: &dyn Past,
    wanted: Wanted<'_>,
    when: When,
    now: Timestamp,
) -> Result<Export, RecordError> {
    let about = past.about()?;
    let coverage = Coverage::new(&about, &past.sight()?, wanted.namespaces, now);
    let span = when.span(&coverage, now);
    let bounds = Bounds {
        from: coverage.moment(span.from),
        until: coverage.moment(span.until),
        scopes: coverage.scopes(span),
    };
    let mut images: BTreeMap<(Arc<str>, Option<Arc<str>>), Exported> = BTreeMap::new();
    let mut is_coarse = coverage.is_coarse(span.from);
    let mut sieve = wanted.sieve();
    let ends = Ends::new(&coverage, &bounds.scopes, span.until);
    past.uses(bounds.reach(), &wanted.hints(), &mut |used| {
        let Some(used) = sieve.sift(used) else { return };
        let Some(is_certain) = bounds.certainty(&used) else { return };
        is_coarse |= used.runs > 1;
        let key = (Arc::clone(&used.reference), used.digest.clone());
        let opened = Bound::of(&coverage, &used.scope, used.opened);
        let end = ends.of(&used);
        let image = images.entry(key).or_insert_with(|| Exported::of(&used, opened));
        image.is_active |= was_active(used.active, span.from);
        image.add(used, opened, end, is_certain);
    })?;
    let images: Vec<Exported> = images.into_values().collect();
    let gaps = coverage.gaps(span);
    let is_moment = span.from == span.until;
    let is_known = |gap: &Gap| if is_moment { gap.has_both_sides() } else { !gap.kind.is_blind() };
    let is_complete = gaps.iter().all(is_known) && images.iter().all(|image| image.is_certain);
    let extent = Extent {
        cluster: about.cluster,
        record: about.record,
        scopes: bounds.scopes,
        next_scopes: coverage.next_scopes(span.until),
        gaps,
        as_of: coverage.seen_last(span.until),
        is_complete,
        is_coarse,
    };
    Ok(Export { span, extent, images })
}

/// The ends of a span, and what was watched in it.
struct Bounds {
    from: Moment,
    until: Moment,
    scopes: Vec<Arc<str>>,
}

impl Bounds {
    /// The span, and the gaps that hold its ends.
    fn reach(&self) -> Span {
        let before = self.from.gaps.iter().map(|gap| gap.span().from).min();
        let after = self.until.gaps.iter().map(|gap| gap.span().until).max();
        Span {
            from: before.map_or(self.from.at, |before| before.min(self.from.at)),
            until: after.map_or(self.until.at, |after| after.max(self.until.at)),
        }
    }

    /// Whether it is certain that a use lies in the span, or only possible; `None` if it does not. A
    /// use lasts from `opened` until just before `closed`. What a scope tells of a time at which it was
    /// not in force is void.
    fn certainty(&self, used: &Use) -> Option<bool> {
        let Use { scope, opened, closed, .. } = used;
        if !self.scopes.contains(scope) {
            return None;
        }
        let has_not_closed_at = |at: Timestamp| closed.is_none_or(|closed| at < closed);
        if *opened > self.until.at {
            // It was found after a gap in which it may have begun before the end of the span.
            let gap = self.until.gap_of(scope)?;
            return (*opened <= gap.span().until).then_some(false);
        }
        if *opened >= self.from.at && has_not_closed_at(*opened) {
            return Some(true);
        }
        match self.from.gap_of(scope) {
            None => has_not_closed_at(self.from.at).then_some(true),
            Some(gap) if gap.has_both_sides() && has_not_closed_at(gap.span().until) => Some(true),
            // It was found gone after a gap in which it may have lasted into the span.
            Some(gap) => has_not_closed_at(gap.span().from).then_some(false),
        }
    }
}

impl Exported {
    fn of(used: &Use, opened: Bound) -> Self {
        Self {
            reference: Arc::clone(&used.reference),
            digest: used.digest.clone(),
            repositories: BTreeSet::new(),
            kinds: BTreeSet::new(),
            places: BTreeMap::new(),
            first: opened,
            last: End::LastSeen(opened.at),
            is_active: false,
            is_certain: false,
        }
    }

    /// Whether it really was there, and not only asked for: a runtime told its digest.
    #[must_use]
    pub fn is_pulled(&self) -> bool {
        self.digest.is_some()
    }

    fn add(&mut self, used: Use, opened: Bound, end: End, is_certain: bool) {
        self.first = self.first.min(opened);
        self.last = self.last.later(end);
        if used.digest.is_some() {
            self.repositories.extend(repository_of_digest(&used));
        }
        self.kinds.insert(used.kind);
        self.places.entry(used.namespace).or_default().insert(used.workload);
        self.is_certain |= is_certain;
    }
}

/// The repository with which a digest was told.
fn repository_of_digest(used: &Use) -> Option<Arc<str>> {
    match &used.reported {
        Some(repository) if repository.is_empty() => None,
        Some(repository) => Some(Arc::clone(repository)),
        None => {
            let reference = Reference::parse(&used.reference);
            Some(format!("{}/{}", reference.registry()?, reference.repository()?).into())
        }
    }
}

#[cfg(test)]
mod tests;
