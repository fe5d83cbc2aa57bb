//! The whole state as rows: for a record that missed what led to it.

use super::change::{Changes, PodChange, Turn, UseChange};
use super::state::Inventory;

impl Inventory {
    /// All that a record keeps of the state: each image, shape and pod, and each place in use.
    #[must_use]
    pub fn snapshot(&self) -> Changes {
        let mut out = Changes { images: self.images.rows(&self.scopes), ..Changes::default() };
        out.pods.extend(self.shapes().map(|(shape, _)| PodChange::Shape(shape.into())));
        out.pods.extend(self.pods.iter().map(|(namespace, name, &pod)| {
            PodChange::Put(self.row(namespace, name, pod, self.lagging_of(namespace, name)))
        }));
        for (place, is_active) in self.shapes.places(&self.images, &self.scopes) {
            if is_active {
                out.uses.push(UseChange { place: place.clone(), turn: Turn::Opened });
                out.uses.push(UseChange { place, turn: Turn::Activated });
            } else {
                out.uses.push(UseChange { place, turn: Turn::Opened });
            }
        }
        out
    }
}
