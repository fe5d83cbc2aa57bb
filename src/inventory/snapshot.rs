//! The whole state as rows: for a record that missed what led to it.

use std::collections::BTreeSet;

use super::change::{Changes, ImageId, PodChange, ShapeId, UseChange};
use super::places::Places;
use super::shapes::Shape;
use super::state::Inventory;

/// What was told so far.
#[derive(Default)]
struct Told {
    images: BTreeSet<ImageId>,
    shapes: BTreeSet<ShapeId>,
    places: Places,
}

impl Inventory {
    /// All that a record keeps of the state, pod by pod, as if the pods had come one after the other:
    /// whoever stops in between has a whole state too, of fewer pods.
    pub fn snapshot(&self) -> impl Iterator<Item = Changes> {
        let mut told = Told::default();
        let unused = Changes { images: self.images.unused_rows(&self.scopes), ..Changes::default() };
        let pods = self.pods.iter().map(move |(namespace, name, &pod)| {
            let mut out = Changes::default();
            if told.shapes.insert(pod.shape) {
                self.tell_shape(pod.shape, &mut told, &mut out);
            }
            let lagging = self.lagging_of(namespace, name);
            out.pods.push(PodChange::Put { row: self.row(namespace, name, pod, lagging), was: None });
            out
        });
        std::iter::once(unused).chain(pods)
    }

    fn tell_shape(&self, id: ShapeId, told: &mut Told, out: &mut Changes) {
        let Self { images, shapes, scopes, .. } = self;
        let shape: &Shape = shapes.get(id);
        let new = shape.images().filter(|slot| told.images.insert(slot.image));
        out.images.extend(new.map(|slot| images.change_of(slot.image, scopes)));
        out.pods.push(PodChange::Shape(shapes.row(id, shape, images, scopes).into()));
        told.places.open(shape, |place, turn| {
            out.uses.push(UseChange { place: place.named(&shapes.names, images, scopes), turn });
        });
    }

    /// Whether it knows of nothing: no pod, and no image, neither in use nor of late.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }
}
