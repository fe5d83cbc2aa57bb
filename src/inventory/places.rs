//! Places of use: where pods run which image with which digest. Pods of one shape make up the
//! same places, so that they are counted by shapes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::{ImageId, Place, Turn};
use super::images::Images;
use super::interner::Interner;
use super::lists::Scopes;
use super::pod::ContainerKind;
use super::scope::ScopeId;
use super::shapes::Shape;

/// A place of use, by the numbers of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlaceKey {
    scope: ScopeId,
    namespace: u32,
    workload: u32,
    image: ImageId,
    digest: Option<u32>,
    reported: Option<u32>,
    container: u32,
    kind: ContainerKind,
}

impl PlaceKey {
    fn all_of(shape: &Shape) -> impl Iterator<Item = Self> {
        shape.containers.iter().map(|slot| Self {
            scope: shape.scope,
            namespace: shape.namespace,
            workload: shape.workload,
            image: slot.image,
            digest: slot.digest,
            reported: slot.reported,
            container: slot.name,
            kind: slot.kind,
        })
    }

    /// The place, by its names.
    pub(super) fn named(&self, names: &Interner<str>, images: &Images, scopes: &Scopes) -> Place {
        let name = |number: u32| Arc::clone(names.get(number));
        Place {
            scope: Arc::clone(scopes.text(self.scope)),
            reference: Arc::clone(images.reference(self.image)),
            digest: self.digest.map(name),
            reported: self.reported.map(name),
            namespace: name(self.namespace),
            workload: name(self.workload),
            container: name(self.container),
            kind: self.kind,
        }
    }
}

/// How many shapes make up a place, and how many of them are of active pods.
#[derive(Debug, Default)]
struct Count {
    shapes: u32,
    active: u32,
}

/// The places that there are.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<PlaceKey, Count>);

impl Places {
    /// A shape came; tells the places that it opens.
    pub(super) fn open(&mut self, shape: &Shape, mut tell: impl FnMut(PlaceKey, Turn)) {
        for key in PlaceKey::all_of(shape) {
            let count = self.0.entry(key).or_default();
            count.shapes += 1;
            count.active += u32::from(shape.active);
            if count.shapes == 1 {
                tell(key, Turn::Opened { active: shape.active });
            } else if shape.active && count.active == 1 {
                tell(key, Turn::Activated);
            }
        }
    }

    /// A shape went; tells the places that it closes.
    pub(super) fn close(&mut self, shape: &Shape, mut tell: impl FnMut(PlaceKey, Turn)) {
        for key in PlaceKey::all_of(shape) {
            let count = self.0.entry(key).or_default();
            count.shapes -= 1;
            count.active -= u32::from(shape.active);
            if count.shapes == 0 {
                self.0.remove(&key);
                tell(key, Turn::Closed);
            } else if shape.active && count.active == 0 {
                tell(key, Turn::Deactivated);
            }
        }
    }

    /// How many places there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
