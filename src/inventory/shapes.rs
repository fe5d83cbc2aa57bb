//! Shapes: all that the pods of one workload share, interned once; and the places of use they make.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::{Changes, ImageId, Place, PodChange, ShapeContainer, ShapeId, ShapeRow, Turn, UseChange};
use super::images::Images;
use super::interner::Interner;
use super::pod::ContainerKind;

/// What pods share, by the numbers of its parts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
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
    pub(super) spelling: u32,
    pub(super) digest: Option<u32>,
}

impl Shape {
    /// The first container of each image.
    pub(super) fn images(&self) -> impl Iterator<Item = &Slot> {
        let is_first = |&at: &usize| {
            self.containers[..at].iter().all(|earlier| earlier.image != self.containers[at].image)
        };
        (0..self.containers.len()).filter(is_first).map(|at| &self.containers[at])
    }

    /// Whether a container names the image.
    pub(super) fn names(&self, image: ImageId) -> bool {
        self.containers.iter().any(|slot| slot.image == image)
    }

    /// The first container of each pair of image and digest.
    pub(super) fn digests(&self) -> impl Iterator<Item = &Slot> {
        let is_first = |&at: &usize| {
            let key = |slot: &Slot| (slot.image, slot.digest);
            let (earlier, slot) = (&self.containers[..at], &self.containers[at]);
            slot.digest.is_some() && earlier.iter().all(|earlier| key(earlier) != key(slot))
        };
        (0..self.containers.len()).filter(is_first).map(|at| &self.containers[at])
    }
}

/// A place of use, by the numbers of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PlaceKey {
    namespace: u32,
    workload: u32,
    image: ImageId,
    digest: Option<u32>,
    name: u32,
    kind: ContainerKind,
}

/// How many shapes make up a place of use, and how many of them are of active pods.
#[derive(Debug, Default)]
struct PlaceUse {
    shapes: u32,
    active: u32,
}

/// All shapes, with the names in them and the places of use they make.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    pub(super) names: Interner<str>,
    shapes: Interner<Shape>,
    places: BTreeMap<PlaceKey, PlaceUse>,
}

impl Shapes {
    /// Holds a shape for one more pod. Takes over the holds on its parts.
    pub(super) fn hold(&mut self, shape: Shape, images: &mut Images, out: &mut Changes) -> ShapeId {
        if let Some(number) = self.shapes.find(&shape) {
            self.shapes.hold_again(number);
            self.release_parts(&shape, images);
            return ShapeId(number);
        }
        let shape = Arc::new(shape);
        let number = self.shapes.hold(Arc::clone(&shape)).0;
        out.pods.push(PodChange::Shape(Arc::new(self.row(ShapeId(number), &shape, images))));
        self.open(&shape, images, out);
        ShapeId(number)
    }

    /// Lets go of a shape for one pod.
    pub(super) fn release(&mut self, id: ShapeId, images: &mut Images, out: &mut Changes) {
        if let Some(shape) = self.shapes.release(id.0) {
            self.close(&shape, images, out);
            self.release_parts(&shape, images);
            out.pods.push(PodChange::ShapeGone(id));
        }
    }

    pub(super) fn get(&self, id: ShapeId) -> &Arc<Shape> {
        self.shapes.get(id.0)
    }

    /// Each image of a shape with each digest that the shape runs it with.
    pub(super) fn digests(&self, shape: &Shape) -> impl Iterator<Item = (ImageId, &Arc<str>)> {
        shape.digests().filter_map(|slot| Some((slot.image, self.names.get(slot.digest?))))
    }

    fn release_parts(&mut self, shape: &Shape, images: &mut Images) {
        self.names.release(shape.namespace);
        self.names.release(shape.workload);
        for slot in &shape.containers {
            self.names.release(slot.name);
            self.names.release(slot.spelling);
            if let Some(digest) = slot.digest {
                self.names.release(digest);
            }
            images.release(slot.image);
        }
    }

    fn keys(shape: &Shape) -> impl Iterator<Item = PlaceKey> {
        shape.containers.iter().map(|slot| PlaceKey {
            namespace: shape.namespace,
            workload: shape.workload,
            image: slot.image,
            digest: slot.digest,
            name: slot.name,
            kind: slot.kind,
        })
    }

    fn open(&mut self, shape: &Shape, images: &Images, out: &mut Changes) {
        for key in Self::keys(shape) {
            let place = self.places.entry(key).or_default();
            place.shapes += 1;
            place.active += u32::from(shape.active);
            let turns =
                [(place.shapes == 1, Turn::Opened), (shape.active && place.active == 1, Turn::Activated)];
            self.tell(key, turns, images, out);
        }
    }

    fn close(&mut self, shape: &Shape, images: &Images, out: &mut Changes) {
        for key in Self::keys(shape) {
            let place = self.places.entry(key).or_default();
            place.shapes -= 1;
            place.active -= u32::from(shape.active);
            let is_closed = place.shapes == 0;
            let turns = [(shape.active && place.active == 0, Turn::Deactivated), (is_closed, Turn::Closed)];
            if is_closed {
                self.places.remove(&key);
            }
            self.tell(key, turns, images, out);
        }
    }

    fn tell(&self, key: PlaceKey, turns: [(bool, Turn); 2], images: &Images, out: &mut Changes) {
        for (_, turn) in turns.into_iter().filter(|(happened, _)| *happened) {
            let name = |number: u32| Arc::clone(self.names.get(number));
            let place = Place {
                reference: Arc::clone(images.reference(key.image)),
                digest: key.digest.map(name),
                namespace: name(key.namespace),
                workload: name(key.workload),
                container: name(key.name),
                kind: key.kind,
            };
            out.uses.push(UseChange { place, turn });
        }
    }

    fn row(&self, id: ShapeId, shape: &Shape, images: &Images) -> ShapeRow {
        let name = |number: u32| Arc::clone(self.names.get(number));
        let containers = shape.containers.iter().map(|slot| ShapeContainer {
            name: name(slot.name),
            kind: slot.kind,
            image: slot.image,
            reference: Arc::clone(images.reference(slot.image)),
            spelling: name(slot.spelling),
            digest: slot.digest.map(name),
        });
        ShapeRow {
            id,
            namespace: name(shape.namespace),
            workload: name(shape.workload),
            active: shape.active,
            containers: containers.collect(),
        }
    }

    /// Every shape by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ShapeId, &Arc<Shape>)> {
        self.shapes.iter().map(|(number, shape, _)| (ShapeId(number), shape))
    }

    /// Every shape with the number of its pods.
    pub(super) fn rows<'a>(&'a self, images: &'a Images) -> impl Iterator<Item = (ShapeRow, u32)> + 'a {
        self.shapes.iter().map(|(number, shape, pods)| (self.row(ShapeId(number), shape, images), pods))
    }

    /// Takes back a stored shape, held by no pod yet; unless it refers to an image that is not
    /// there, or stands there already.
    pub(super) fn restore(&mut self, row: &ShapeRow, images: &mut Images) {
        let is_dangling = row.containers.iter().any(|container| !images.is_known(container.image));
        if is_dangling || self.is_known(row.id) {
            return;
        }
        let mut hold = |name: &Arc<str>| self.names.hold(Arc::clone(name)).0;
        let containers = row.containers.iter().map(|container| {
            images.hold_again(container.image);
            Slot {
                name: hold(&container.name),
                kind: container.kind,
                image: container.image,
                spelling: hold(&container.spelling),
                digest: container.digest.as_ref().map(&mut hold),
            }
        });
        let containers = containers.collect();
        let (namespace, workload) = (hold(&row.namespace), hold(&row.workload));
        let shape = Shape { namespace, workload, active: row.active, containers };
        if self.shapes.find(&shape).is_some() {
            self.release_parts(&shape, images);
            return;
        }
        for key in Self::keys(&shape) {
            let place = self.places.entry(key).or_default();
            place.shapes += 1;
            place.active += u32::from(shape.active);
        }
        self.shapes.restore(row.id.0, Arc::new(shape));
    }

    /// Whether a shape has this number.
    pub(super) fn is_known(&self, id: ShapeId) -> bool {
        self.shapes.is_known(id.0)
    }

    /// Holds a restored shape for one more pod.
    pub(super) fn hold_again(&mut self, id: ShapeId) {
        self.shapes.hold_again(id.0);
    }

    /// How many shapes, names and places there is room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> [usize; 3] {
        [self.shapes.room(), self.names.room(), self.places.len()]
    }
}
