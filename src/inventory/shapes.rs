//! Shapes: all that the pods of one workload share, interned once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::change::{Changes, ImageId, PodChange, ShapeContainer, ShapeId, ShapeRow, UseChange};
use super::images::Images;
use super::interner::Interner;
use super::lists::Scopes;
use super::places::Places;
use super::pod::{Container, ContainerKind};
use super::scope::ScopeId;

/// What pods share, by the numbers of its parts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// The scope that was the last to see its pods.
    pub(super) scope: ScopeId,
    pub(super) namespace: u32,
    pub(super) workload: u32,
    pub(super) active: bool,
    pub(super) containers: Box<[Slot]>,
}

/// A container of a shape, by the numbers of its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) name: u32,
    pub(super) kind: ContainerKind,
    pub(super) image: ImageId,
    /// Whether no container before it names the image. It follows from the images, and is kept because
    /// to find it out of thousands of containers takes as many searches.
    is_first: bool,
    pub(super) spelling: u32,
    pub(super) digest: Option<u32>,
    pub(super) reported: Option<u32>,
}

impl Slot {
    /// All names in it.
    fn names(&self) -> impl Iterator<Item = u32> {
        [self.name, self.spelling].into_iter().chain(self.digest).chain(self.reported)
    }
}

impl Shape {
    /// The first container of each image.
    pub(super) fn images(&self) -> impl Iterator<Item = &Slot> {
        self.containers.iter().filter(|slot| slot.is_first)
    }

    /// Whether it differs from `other` in nothing but the scope.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        (self.namespace, self.workload, self.active) == (other.namespace, other.workload, other.active)
            && self.containers == other.containers
    }

    /// The containers whose digest is told.
    pub(super) fn digests(&self) -> impl Iterator<Item = &Slot> {
        self.containers.iter().filter(|slot| slot.digest.is_some())
    }
}

/// The shape of a pod, not interned yet.
pub(super) struct Outline<'a> {
    pub(super) scope: ScopeId,
    pub(super) namespace: u32,
    pub(super) workload: &'a str,
    pub(super) active: bool,
    pub(super) containers: Vec<Running<'a>>,
}

/// A container with what it runs, as far as that is told.
pub(super) struct Running<'a> {
    pub(super) container: &'a Container,
    pub(super) digest: Option<&'a str>,
    pub(super) reported: Option<String>,
}

/// All shapes, with the names in them and the places of use they make.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    pub(super) names: Interner<str>,
    known: Interner<Shape>,
    places: Places,
    /// The one that a pod asked for last: in a list, pods of one workload follow each other.
    latest: Option<ShapeId>,
}

impl Shapes {
    /// The shape of this outline, held for one more pod; `likely` is tried first.
    pub(super) fn hold(
        &mut self,
        outline: &Outline<'_>,
        likely: Option<ShapeId>,
        images: &mut Images,
        scopes: &Scopes,
        out: &mut Changes,
    ) -> ShapeId {
        let is_it = |id: &ShapeId| self.is_outlined(*id, outline);
        let id = match likely.filter(is_it).or_else(|| self.latest.filter(is_it)) {
            Some(id) => {
                self.known.hold_again(id.0);
                id
            }
            None => self.hold_by_parts(outline, images, scopes, out),
        };
        self.latest = Some(id);
        id
    }

    /// Whether there is a shape of this number and it looks like the outline.
    fn is_outlined(&self, id: ShapeId, outline: &Outline<'_>) -> bool {
        let Some(shape) = self.find(id) else { return false };
        let name = |number: u32| &**self.names.get(number);
        let is_container = |(slot, running): (&Slot, &Running<'_>)| {
            slot.kind == running.container.kind
                && name(slot.name) == &*running.container.name
                && name(slot.spelling) == &*running.container.image
                && slot.digest.map(name) == running.digest
                && slot.reported.map(name) == running.reported.as_deref()
        };
        (shape.scope, shape.namespace, shape.active) == (outline.scope, outline.namespace, outline.active)
            && shape.containers.len() == outline.containers.len()
            && name(shape.workload) == outline.workload
            && shape.containers.iter().zip(&outline.containers).all(is_container)
    }

    fn hold_by_parts(
        &mut self,
        outline: &Outline<'_>,
        images: &mut Images,
        scopes: &Scopes,
        out: &mut Changes,
    ) -> ShapeId {
        let mut seen = BTreeSet::new();
        let slots = outline.containers.iter().map(|Running { container, digest, reported }| {
            let image = images.hold(&container.image);
            Slot {
                name: self.names.hold(&*container.name).0,
                kind: container.kind,
                image,
                is_first: seen.insert(image),
                spelling: self.names.hold(&*container.image).0,
                digest: digest.map(|digest| self.names.hold(digest).0),
                reported: reported.as_deref().map(|repository| self.names.hold(repository).0),
            }
        });
        let containers = slots.collect();
        let workload = self.names.hold(outline.workload).0;
        self.names.hold_again(outline.namespace);
        let Outline { scope, namespace, active, .. } = *outline;
        self.intern(Shape { scope, namespace, workload, active, containers }, images, scopes, out)
    }

    /// The same shape as seen by another scope, held for one more pod.
    pub(super) fn hold_in_scope(
        &mut self,
        id: ShapeId,
        scope: ScopeId,
        images: &mut Images,
        scopes: &Scopes,
        out: &mut Changes,
    ) -> ShapeId {
        let shape = self.get(id);
        let containers = shape.containers.clone();
        let shape = Shape { scope, containers, ..**shape };
        self.names.hold_again(shape.namespace);
        self.names.hold_again(shape.workload);
        for slot in &shape.containers {
            slot.names().for_each(|name| self.names.hold_again(name));
            images.hold_again(slot.image);
        }
        self.intern(shape, images, scopes, out)
    }

    /// The number of a shape whose parts are held for it, held for one more pod.
    fn intern(&mut self, shape: Shape, images: &mut Images, scopes: &Scopes, out: &mut Changes) -> ShapeId {
        if let Some(number) = self.known.find(&shape) {
            self.known.hold_again(number);
            self.release_parts(&shape, images);
            return ShapeId(number);
        }
        let shape = Arc::new(shape);
        let id = ShapeId(self.known.hold(Arc::clone(&shape)).0);
        out.pods.push(PodChange::Shape(Arc::new(self.row(id, &shape, images, scopes))));
        let names = &self.names;
        self.places.open(&shape, |place, turn| {
            out.uses.push(UseChange { place: place.named(names, images, scopes), turn });
        });
        id
    }

    /// Lets go of a shape for one pod.
    pub(super) fn release(&mut self, id: ShapeId, images: &mut Images, scopes: &Scopes, out: &mut Changes) {
        if let Some(shape) = self.known.release(id.0) {
            let names = &self.names;
            self.places.close(&shape, |place, turn| {
                out.uses.push(UseChange { place: place.named(names, images, scopes), turn });
            });
            self.release_parts(&shape, images);
            out.pods.push(PodChange::ShapeGone(id));
        }
    }

    fn release_parts(&mut self, shape: &Shape, images: &mut Images) {
        self.names.release(shape.namespace);
        self.names.release(shape.workload);
        for slot in &shape.containers {
            for name in slot.names() {
                self.names.release(name);
            }
            images.release(slot.image);
        }
    }

    pub(super) fn get(&self, id: ShapeId) -> &Arc<Shape> {
        self.known.get(id.0)
    }

    /// The image and the digest of each container whose digest is told.
    pub(super) fn digests(&self, shape: &Shape) -> impl Iterator<Item = (ImageId, &Arc<str>)> {
        shape.digests().filter_map(|slot| Some((slot.image, self.names.get(slot.digest?))))
    }

    /// Every shape by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ShapeId, &Arc<Shape>)> {
        self.known.iter().map(|(number, shape, _)| (ShapeId(number), shape))
    }

    /// Every shape with the number of its pods.
    pub(super) fn rows<'a>(
        &'a self,
        images: &'a Images,
        scopes: &'a Scopes,
    ) -> impl Iterator<Item = (ShapeRow, u32)> + 'a {
        let row = |number, shape| self.row(ShapeId(number), shape, images, scopes);
        self.known.iter().map(move |(number, shape, pods)| (row(number, shape), pods))
    }

    pub(super) fn row(&self, id: ShapeId, shape: &Shape, images: &Images, scopes: &Scopes) -> ShapeRow {
        let name = |number: u32| Arc::clone(self.names.get(number));
        let containers = shape.containers.iter().map(|slot| ShapeContainer {
            name: name(slot.name),
            kind: slot.kind,
            image: slot.image,
            reference: Arc::clone(images.reference(slot.image)),
            spelling: name(slot.spelling),
            digest: slot.digest.map(name),
            reported: slot.reported.map(name),
        });
        ShapeRow {
            id,
            scope: Arc::clone(scopes.text(shape.scope)),
            namespace: name(shape.namespace),
            workload: name(shape.workload),
            active: shape.active,
            containers: containers.collect(),
        }
    }

    /// Takes back a stored shape, held by no pod yet; unless it refers to an image that is not
    /// there, or stands there already.
    pub(super) fn restore(&mut self, row: &ShapeRow, images: &mut Images, scopes: &mut Scopes) {
        let is_dangling = row.containers.iter().any(|container| !images.is_known(container.image));
        if is_dangling || self.find(row.id).is_some() {
            return;
        }
        let mut seen = BTreeSet::new();
        let mut hold = |name: &Arc<str>| self.names.hold(Arc::clone(name)).0;
        let containers = row.containers.iter().map(|container| {
            images.hold_again(container.image);
            Slot {
                name: hold(&container.name),
                kind: container.kind,
                image: container.image,
                is_first: seen.insert(container.image),
                spelling: hold(&container.spelling),
                digest: container.digest.as_ref().map(&mut hold),
                reported: container.reported.as_ref().map(&mut hold),
            }
        });
        let containers = containers.collect();
        let (namespace, workload) = (hold(&row.namespace), hold(&row.workload));
        let scope = scopes.number_of_text(&row.scope);
        let shape = Shape { scope, namespace, workload, active: row.active, containers };
        if self.known.find(&shape).is_some() {
            return self.release_parts(&shape, images);
        }
        self.places.open(&shape, |_, _| ());
        self.known.restore(row.id.0, Arc::new(shape));
    }

    /// The shape of this number, if there is one.
    pub(super) fn find(&self, id: ShapeId) -> Option<&Arc<Shape>> {
        self.known.find_number(id.0)
    }

    /// Holds a restored shape for one more pod.
    pub(super) fn hold_again(&mut self, id: ShapeId) {
        self.known.hold_again(id.0);
    }

    /// How many shapes, names and places there is room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> [usize; 3] {
        [self.known.room(), self.names.room(), self.places.len()]
    }
}
