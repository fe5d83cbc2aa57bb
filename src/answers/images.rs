//! Uses, summed up by image.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::ends::Bound;
use crate::inventory::ContainerKind;
use crate::record::past::{Active, Use};

/// How an image was used at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageThen {
    /// The normalised reference.
    pub reference: Arc<str>,
    /// Digests that ran; none if none was told.
    pub digests: BTreeSet<Arc<str>>,
    /// The kinds of containers.
    pub kinds: BTreeSet<ContainerKind>,
    /// Namespaces, and the workloads in each.
    pub places: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Since when: the oldest of the uses.
    pub since: Bound,
    /// Whether an active pod used it.
    pub is_active: bool,
}

/// Images by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImagesThen(BTreeMap<Arc<str>, ImageThen>);

impl ImagesThen {
    /// Adds a use: since when, and whether it was active.
    pub(super) fn add(&mut self, used: Use, since: Bound, is_active: bool) {
        let Use { reference, digest, namespace, workload, kind, .. } = used;
        let image = self.0.entry(reference).or_insert_with_key(|reference| ImageThen {
            reference: Arc::clone(reference),
            digests: BTreeSet::new(),
            kinds: BTreeSet::new(),
            places: BTreeMap::new(),
            since,
            is_active: false,
        });
        image.digests.extend(digest);
        image.kinds.insert(kind);
        image.places.entry(namespace).or_default().insert(workload);
        image.is_active |= is_active;
        image.since = image.since.min(since);
    }

    /// The images, by reference.
    pub fn iter(&self) -> impl Iterator<Item = &ImageThen> {
        self.0.values()
    }

    /// Takes out the image of a reference, if it is one of these.
    pub(super) fn take(&mut self, reference: &str) -> Option<ImageThen> {
        self.0.remove(reference)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether a use had an active pod at a moment, as far as is kept: until when the last one was.
pub(super) fn was_active(active: Active, at: Timestamp) -> bool {
    match active {
        Active::Never => false,
        Active::Until(until) => at < until,
        Active::Still => true,
    }
}
