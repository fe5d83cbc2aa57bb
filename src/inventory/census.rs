//! How many pods there are, and how many images they use: kept up change by change, so that to ask
//! costs nothing that grows with the pods or the images.

mod tally;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

pub use self::tally::{Named, OTHERS};

use self::tally::Tally;
use super::change::{Changes, ImageId, PodChange, ShapeId, ShapeRow};
use super::reference::Reference;
use super::state::Inventory;

/// How many names are told, of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CensusLimits {
    /// Namespaces.
    pub namespaces: usize,
    /// Registries.
    pub registries: usize,
    /// Images.
    pub images: usize,
}

/// Counts the pods of some scopes, and the images in use by them. Pods that are known of other scopes,
/// which are watched no more, do not count.
#[derive(Debug)]
pub struct Census {
    scopes: Vec<Arc<str>>,
    /// The shapes of pods that count.
    shapes: BTreeMap<ShapeId, Shape>,
    images: BTreeMap<ImageId, Image>,
    /// In how many shapes of a namespace an image stands.
    uses: BTreeMap<(Arc<str>, ImageId), u32>,
    pods: u64,
    images_in_use: u64,
    registries: Tally,
    namespaces: Tally,
    image_pods: Tally,
}

#[derive(Debug)]
struct Shape {
    namespace: Arc<str>,
    /// Each once.
    images: Box<[ImageId]>,
    pods: u32,
}

#[derive(Debug)]
struct Image {
    reference: Arc<str>,
    registry: Option<Arc<str>>,
    /// The shapes in which it stands.
    shapes: u32,
    /// Those of them that have pods.
    used_by: u32,
}

impl Image {
    fn new(reference: &Arc<str>) -> Self {
        let registry = Reference::shared(reference).registry().map(Arc::from);
        Self { reference: Arc::clone(reference), registry, shapes: 0, used_by: 0 }
    }
}

/// What a census came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Pods.
    pub pods: u64,
    /// Images in use by them.
    pub images: u64,
    /// Of these, those of each registry; those without one are among the others.
    pub registries: Named,
    /// The images that each namespace uses. One that several use counts for each of them.
    pub namespaces: Named,
    /// The pods that use each image. A pod that uses several counts for each of them.
    pub image_pods: Named,
}

impl Census {
    /// Of an inventory as it is, and of some scopes, by their texts.
    #[must_use]
    pub fn of(inventory: &Inventory, scopes: Vec<Arc<str>>, limits: CensusLimits) -> Self {
        let mut census = Self {
            scopes,
            shapes: BTreeMap::new(),
            images: BTreeMap::new(),
            uses: BTreeMap::new(),
            pods: 0,
            images_in_use: 0,
            registries: Tally::of(limits.registries),
            namespaces: Tally::of(limits.namespaces),
            image_pods: Tally::of(limits.images),
        };
        for (shape, pods) in inventory.shapes() {
            census.know(&shape);
            (0..pods).for_each(|_| census.join(shape.id));
        }
        census
    }

    /// Follows what an event changed. None may be left out.
    pub fn follow(&mut self, changes: &Changes) {
        for change in &changes.pods {
            match change {
                PodChange::Shape(shape) => self.know(shape),
                PodChange::ShapeGone(id) => self.forget(*id),
                PodChange::Put { row, was } => {
                    self.join(row.shape);
                    if let Some(was) = was {
                        self.leave(*was);
                    }
                }
                PodChange::Gone { was, .. } => self.leave(*was),
            }
        }
    }

    fn know(&mut self, shape: &ShapeRow) {
        if !self.scopes.contains(&shape.scope) {
            return;
        }
        let mut images: Vec<ImageId> = shape.containers.iter().map(|container| container.image).collect();
        images.sort_unstable();
        images.dedup();
        for container in &shape.containers {
            self.images.entry(container.image).or_insert_with(|| Image::new(&container.reference));
        }
        for image in &images {
            self.images.entry(*image).and_modify(|image| image.shapes += 1);
        }
        let namespace = Arc::clone(&shape.namespace);
        self.shapes.insert(shape.id, Shape { namespace, images: images.into(), pods: 0 });
    }

    fn forget(&mut self, id: ShapeId) {
        let Some(shape) = self.shapes.remove(&id) else { return };
        for id in &shape.images {
            let Some(image) = self.images.get_mut(id) else { continue };
            image.shapes -= 1;
            if image.shapes == 0 {
                self.images.remove(id);
            }
        }
    }

    fn join(&mut self, id: ShapeId) {
        let Self { shapes, images, uses, registries, namespaces, image_pods, .. } = self;
        let Some(shape) = shapes.get_mut(&id) else { return };
        self.pods += 1;
        shape.pods += 1;
        for id in &shape.images {
            let Some(image) = images.get_mut(id) else { continue };
            image_pods.add_to(Some(&image.reference));
            if shape.pods > 1 {
                continue;
            }
            image.used_by += 1;
            if image.used_by == 1 {
                self.images_in_use += 1;
                registries.add_to(image.registry.as_ref());
            }
            let in_namespace = uses.entry((Arc::clone(&shape.namespace), *id)).or_default();
            *in_namespace += 1;
            if *in_namespace == 1 {
                namespaces.add_to(Some(&shape.namespace));
            }
        }
    }

    fn leave(&mut self, id: ShapeId) {
        let Self { shapes, images, uses, registries, namespaces, image_pods, .. } = self;
        let Some(shape) = shapes.get_mut(&id) else { return };
        self.pods -= 1;
        shape.pods -= 1;
        for id in &shape.images {
            let Some(image) = images.get_mut(id) else { continue };
            image_pods.take_from(Some(&image.reference));
            if shape.pods > 0 {
                continue;
            }
            image.used_by -= 1;
            if image.used_by == 0 {
                self.images_in_use -= 1;
                registries.take_from(image.registry.as_ref());
            }
            let Entry::Occupied(mut in_namespace) = uses.entry((Arc::clone(&shape.namespace), *id)) else {
                continue;
            };
            *in_namespace.get_mut() -= 1;
            if *in_namespace.get() == 0 {
                in_namespace.remove();
                namespaces.take_from(Some(&shape.namespace));
            }
        }
    }

    /// What it came to.
    #[must_use]
    pub fn counted(&self) -> Counted {
        Counted {
            pods: self.pods,
            images: self.images_in_use,
            registries: self.registries.told(),
            namespaces: self.namespaces.told(),
            image_pods: self.image_pods.told(),
        }
    }
}
