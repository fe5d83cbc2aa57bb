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
    /// Whether an earlier container of the shape names the same image.
    fn is_first_of_image(&self, at: usize) -> bool {
        self.containers[..at].iter().all(|earlier| earlier.image != self.containers[at].image)
    }

    /// The first container of each image.
    pub(super) fn images(&self) -> impl Iterator<Item = &Slot> {
        (0..self.containers.len()).filter(|&at| self.is_first_of_image(at)).map(|at| &self.containers[at])
    }

    /// The first container that names an image.
    pub(super) fn slot_of(&self, image: ImageId) -> Option<&Slot> {
        self.containers.iter().find(|slot| slot.image == image)
    }

    /// Each pair of image and digest that the shape runs, once.
    pub(super) fn digests(&self) -> impl Iterator<Item = (ImageId, u32)> {
        self.containers.iter().enumerate().filter_map(|(at, slot)| {
            let digest = slot.digest?;
            let is_first = self.containers[..at]
                .iter()
                .all(|earlier| (earlier.image, earlier.digest) != (slot.image, slot.digest));
            is_first.then_some((slot.image, digest))
        })
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
        let (number, is_new) = self.shapes.hold(Arc::new(shape));
        let shape = Arc::clone(self.shapes.get(number));
        if is_new {
            out.pods.push(PodChange::Shape(Arc::new(self.row(ShapeId(number), &shape, images))));
            self.open(&shape, images, out);
        } else {
            self.release_parts(&shape, images);
        }
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

    /// Takes back a stored shape, held by no pod yet.
    pub(super) fn restore(&mut self, row: &ShapeRow, images: &mut Images) {
        let containers = row.containers.iter().map(|container| {
            images.hold_again(container.image);
            Slot {
                name: self.names.hold(Arc::clone(&container.name)).0,
                kind: container.kind,
                image: container.image,
                spelling: self.names.hold(Arc::clone(&container.spelling)).0,
                digest: container.digest.as_ref().map(|digest| self.names.hold(Arc::clone(digest)).0),
            }
        });
        let containers = containers.collect();
        let shape = Shape {
            namespace: self.names.hold(Arc::clone(&row.namespace)).0,
            workload: self.names.hold(Arc::clone(&row.workload)).0,
            active: row.active,
            containers,
        };
        for key in Self::keys(&shape) {
            let place = self.places.entry(key).or_default();
            place.shapes += 1;
            place.active += u32::from(shape.active);
        }
        self.shapes.restore(row.id.0, Arc::new(shape));
    }

    /// Holds a restored shape for one more pod.
    pub(super) fn hold_again(&mut self, id: ShapeId) {
        self.shapes.hold_again(id.0);
    }
}
