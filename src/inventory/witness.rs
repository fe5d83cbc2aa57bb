//! The pods by which there is something to say of an image.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::{ImageId, ShapeId, User};
use super::pod::ContainerKind;
use super::scope::ScopeId;
use super::shapes::{Shape, Slot};
use super::state::Inventory;

/// A pod by which there is something to say of an image.
pub(super) struct Witness {
    /// The scope that saw it.
    pub(super) scope: ScopeId,
    pub(super) user: Arc<User>,
    pub(super) spelling: Arc<str>,
    pub(super) digest: Option<Arc<str>>,
}

/// What a witness is wanted for: that an image is used, or that it runs with a digest.
pub(super) type Subject = (ImageId, Option<Arc<str>>);

/// The user of an image that only a damaged record says to be used.
pub(super) fn nobody() -> Arc<User> {
    let nothing = Arc::<str>::default;
    let (namespace, pod, workload, container) = (nothing(), nothing(), nothing(), nothing());
    Arc::new(User { namespace, pod, workload, container, kind: ContainerKind::App })
}

impl Inventory {
    /// The pod of this name and shape as a witness, by one of the shape's containers.
    pub(super) fn witness(&self, pod: &str, shape: &Shape, slot: &Slot) -> Witness {
        let name = |number: u32| Arc::clone(self.shapes.names.get(number));
        Witness {
            scope: shape.scope,
            user: Arc::new(User {
                namespace: name(shape.namespace),
                pod: pod.into(),
                workload: name(shape.workload),
                container: name(slot.name),
                kind: slot.kind,
            }),
            spelling: name(slot.spelling),
            digest: slot.digest.map(name),
        }
    }

    /// For each of the images, and for each of their digests that is to be told: the first pod by
    /// namespace and name.
    pub(super) fn first_witnesses(&self, images: &[ImageId]) -> BTreeMap<Subject, Witness> {
        let subjects = self.subjects_by_shape(images);
        let mut firsts: BTreeMap<&Subject, (&str, &Shape, &Slot)> = BTreeMap::new();
        for (id, pod) in self.first_pods(&subjects) {
            let shape = self.shapes.get(id);
            for (subject, slot) in &subjects[&id] {
                let first = firsts.entry(subject).or_insert((pod, shape, slot));
                let namespace = |shape: &Shape| self.shapes.names.get(shape.namespace);
                if (namespace(shape), pod) < (namespace(first.1), first.0) {
                    *first = (pod, shape, slot);
                }
            }
        }
        let witnesses = firsts.into_iter();
        witnesses.map(|(what, (pod, shape, slot))| (what.clone(), self.witness(pod, shape, slot))).collect()
    }

    /// What each shape can witness of the images, with the slot that does.
    fn subjects_by_shape(&self, images: &[ImageId]) -> BTreeMap<ShapeId, Vec<(Subject, &Slot)>> {
        let images: BTreeSet<ImageId> = images.iter().copied().collect();
        let mut subjects: BTreeMap<ShapeId, Vec<(Subject, &Slot)>> = BTreeMap::new();
        for (id, shape) in self.shapes.iter() {
            for slot in shape.images().filter(|slot| images.contains(&slot.image)) {
                subjects.entry(id).or_default().push(((slot.image, None), slot));
            }
            for slot in shape.digests().filter(|slot| images.contains(&slot.image)) {
                let digest = slot.digest.map(|digest| Arc::clone(self.shapes.names.get(digest)));
                subjects.entry(id).or_default().push(((slot.image, digest), slot));
            }
        }
        subjects
    }

    /// The first pod by name of each of these shapes. A shape's pods are of one namespace.
    fn first_pods<V>(&self, shapes: &BTreeMap<ShapeId, V>) -> BTreeMap<ShapeId, &str> {
        let mut firsts = BTreeMap::new();
        if !shapes.is_empty() {
            for (_, name, pod) in self.pods.iter().filter(|(.., pod)| shapes.contains_key(&pod.shape)) {
                firsts.entry(pod.shape).or_insert(name);
            }
        }
        firsts
    }
}
