//! The pods of an answer, counted by image.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::answers::Filter;
use crate::commands::text::named;
use crate::inventory::change::{ShapeContainer, ShapeRow};
use crate::inventory::{ContainerKind, Reference};

/// How an image is used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ImageUses {
    pub reference: Reference,
    /// As the pods write it.
    pub spellings: BTreeSet<Arc<str>>,
    /// As it runs.
    pub digests: BTreeSet<Arc<str>>,
    pub pods: u64,
    /// Pods that are neither Succeeded nor Failed.
    pub active: u64,
    pub kinds: BTreeSet<ContainerKind>,
    pub namespaces: BTreeMap<Arc<str>, NamespaceUses>,
}

/// How an image is used in one namespace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NamespaceUses {
    pub pods: u64,
    pub workloads: BTreeSet<Arc<str>>,
}

impl NamespaceUses {
    /// The workloads' names, or `*` where they are too many to name.
    pub(super) fn named(&self) -> Vec<&str> {
        named(&self.workloads)
    }
}

/// The images that the pods of `shapes` use, as far as `filter` lets them count, by reference.
pub(super) fn uses(shapes: impl Iterator<Item = (ShapeRow, u32)>, filter: &Filter) -> Vec<ImageUses> {
    let mut images: BTreeMap<Arc<str>, ImageUses> = BTreeMap::new();
    for (shape, pods) in shapes {
        if filter.active && !shape.active {
            continue;
        }
        let mut counted: BTreeSet<Arc<str>> = BTreeSet::new();
        for container in shape.containers.iter().filter(|container| is_wanted(container, filter)) {
            let image = images
                .entry(Arc::clone(&container.reference))
                .or_insert_with(|| ImageUses::of(&container.reference));
            image.spellings.insert(Arc::clone(&container.spelling));
            image.digests.extend(container.digest.clone());
            image.kinds.insert(container.kind);
            // Two containers of a pod on one image are one user.
            if counted.insert(Arc::clone(&container.reference)) {
                image.count(&shape, u64::from(pods));
            }
        }
    }
    images.into_values().collect()
}

impl ImageUses {
    fn of(reference: &Arc<str>) -> Self {
        Self {
            reference: Reference::parse(reference),
            spellings: BTreeSet::new(),
            digests: BTreeSet::new(),
            pods: 0,
            active: 0,
            kinds: BTreeSet::new(),
            namespaces: BTreeMap::new(),
        }
    }

    fn count(&mut self, shape: &ShapeRow, pods: u64) {
        self.pods += pods;
        if shape.active {
            self.active += pods;
        }
        let namespace = self.namespaces.entry(Arc::clone(&shape.namespace)).or_default();
        namespace.pods += pods;
        namespace.workloads.insert(Arc::clone(&shape.workload));
    }
}

fn is_wanted(container: &ShapeContainer, filter: &Filter) -> bool {
    let is_kind = filter.kinds.is_empty() || filter.kinds.contains(&container.kind);
    let is_image = || {
        filter.image.as_ref().is_none_or(|pattern| {
            pattern.matches(&Reference::parse(&container.reference), container.digest.as_deref())
        })
    };
    is_kind && is_image()
}

#[cfg(test)]
pub(super) mod tests;
