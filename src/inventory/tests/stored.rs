//! A record in miniature: the rows of all changes, as a store would keep them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::inventory::Inventory;
use crate::inventory::change::{
    Changes, ImageChange, ImageId, ImageRow, PodChange, PodRow, ShapeId, ShapeRow,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) images: BTreeMap<ImageId, ImageRow>,
    pub(super) shapes: BTreeMap<ShapeId, Arc<ShapeRow>>,
    pub(super) pods: BTreeMap<(String, String), PodRow>,
}

impl Stored {
    /// Stores a batch as a record does: all images, then all shapes and pods. Rows must make sense
    /// one by one: no number is given twice, nothing unknown goes.
    pub(super) fn commit(&mut self, batch: &Changes) {
        for change in &batch.images {
            match change {
                ImageChange::Put(row) => {
                    let former = self.images.insert(row.id, row.clone());
                    let is_same = former.is_none_or(|former| former.reference == row.reference);
                    assert!(is_same, "{:?} already stands for another image than {}", row.id, row.reference);
                }
                ImageChange::Forget(id) => {
                    assert!(self.images.remove(id).is_some(), "{id:?} is forgotten and was not known");
                }
            }
        }
        for change in &batch.pods {
            match change {
                PodChange::Shape(row) => {
                    assert!(self.shapes.insert(row.id, Arc::clone(row)).is_none(), "{:?} twice", row.id);
                }
                PodChange::ShapeGone(id) => {
                    assert!(self.shapes.remove(id).is_some(), "{id:?} goes and was not known");
                }
                PodChange::Put { row, was } => {
                    assert!(self.shapes.contains_key(&row.shape), "{row:?} is of no known shape");
                    let key = (row.namespace.to_string(), row.name.to_string());
                    let former = self.pods.insert(key, row.clone()).map(|former| former.shape);
                    assert!(
                        was.is_none_or(|was| former == Some(was)),
                        "{row:?} was of {former:?}, not {was:?}"
                    );
                }
                PodChange::Gone { namespace, name, uid, was } => {
                    let gone = self.pods.remove(&(namespace.to_string(), name.to_string()));
                    let gone = gone.map(|row| (row.uid, row.shape));
                    assert_eq!(gone, Some((*uid, *was)), "{namespace}/{name} goes");
                }
            }
        }
        self.check();
    }

    /// What holds after each batch: nothing refers to what is not there, and nothing is left over.
    fn check(&self) {
        for shape in self.shapes.values() {
            assert!(self.pods.values().any(|pod| pod.shape == shape.id), "no pod has {shape:?}");
            for container in &shape.containers {
                let image = self.images.get(&container.image).map(|row| &row.reference);
                assert_eq!(image, Some(&container.reference), "the image of {container:?}");
            }
        }
        for pod in self.pods.values() {
            let shape = self.shapes.get(&pod.shape).expect("the shape of a pod");
            assert_eq!(shape.namespace, pod.namespace);
        }
        for image in self.images.values() {
            let is_in_shape =
                || self.shapes.values().flat_map(|s| &s.containers).any(|c| c.image == image.id);
            let is_needed = image.spelling.is_some() || image.last_digest.is_some() || is_in_shape();
            assert!(is_needed, "{image:?} is kept for nothing");
            let is_used = is_in_shape();
            assert!(
                image.unused.is_none() || image.spelling.is_some(),
                "{image:?} waits to be removed again"
            );
            assert!(image.unused.is_none() || !is_used, "{image:?} is used and has a last user");
        }
    }

    pub(super) fn restore(&self) -> Inventory {
        let mut inventory = Inventory::default();
        for row in self.images.values() {
            inventory.restore_image(row.clone());
        }
        for row in self.shapes.values() {
            inventory.restore_shape(row);
        }
        for row in self.pods.values() {
            inventory.restore_pod(row.clone());
        }
        inventory
    }
}
