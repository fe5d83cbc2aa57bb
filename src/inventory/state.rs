//! The state of the inventory and its diff.

use super::change::{Changes, ImageRow, PodRow, ShapeId, ShapeRow};
use super::pod::PodEvent;
use super::scope::{Scope, ScopeId};

/// Which images the known pods use.
#[derive(Debug, Default)]
pub struct Inventory {}

impl Inventory {
    /// The number of a scope, given at its first mention.
    pub fn scope(&mut self, _scope: &Scope) -> ScopeId {
        ScopeId(0)
    }

    /// Takes in one event and tells all that it changed.
    pub fn apply(&mut self, _event: PodEvent) -> Changes {
        Changes::default()
    }

    /// Takes back a stored image; before the shapes that refer to it.
    pub fn restore_image(&mut self, _row: ImageRow) {}

    /// Takes back a stored shape; before the pods that refer to it.
    pub fn restore_shape(&mut self, _row: &ShapeRow) {}

    /// Takes back a stored pod.
    pub fn restore_pod(&mut self, _row: PodRow) {}

    /// Every shape that a pod has, with the number of its pods.
    pub fn shapes(&self) -> impl Iterator<Item = (ShapeRow, u32)> {
        std::iter::empty()
    }

    /// Every known pod: namespace, name, shape.
    pub fn pods(&self) -> impl Iterator<Item = (&str, &str, ShapeId)> {
        std::iter::empty()
    }
}
