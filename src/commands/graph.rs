//! `kimager graph`: the undirected, bipartite graph of pods and images.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::Context as _;

use super::{Exit, answer, source};
use crate::cli::{GraphAsked, GraphForm};
use crate::inventory::Inventory;
use crate::inventory::change::{ShapeContainer, ShapeId, ShapeRow};

mod dot;
mod json;

/// Answers once.
pub(super) fn run(asked: &GraphAsked) -> anyhow::Result<Exit> {
    let GraphAsked { source, form } = asked;
    let listing = source::load(source)?;
    let shapes = listing.inventory.shapes().map(|(shape, _)| (shape.id, shape)).collect();
    let graph = Graph::of(&listing.inventory, &shapes);
    let text = match form {
        GraphForm::Dot => dot::dot(&graph),
        GraphForm::Json => json::json(&graph, &listing).context("cannot write JSON")?,
    };
    answer(text.as_bytes()).context("cannot write the graph")?;
    Ok(if listing.is_complete { Exit::Done } else { Exit::Incomplete })
}

/// Pods by namespace and name, images by reference.
#[derive(Debug, Default)]
struct Graph<'a> {
    pods: Vec<Pod<'a>>,
    images: BTreeMap<&'a str, Image>,
}

/// A pod and its edges.
#[derive(Debug)]
struct Pod<'a> {
    namespace: &'a str,
    name: &'a str,
    workload: &'a str,
    is_active: bool,
    /// By reference, the containers that tie the pod to the image: their number weighs the edge.
    edges: BTreeMap<&'a str, Vec<&'a ShapeContainer>>,
}

/// An image's weight: the pods that use it.
#[derive(Debug, Default)]
struct Image {
    users: u64,
}

impl<'a> Graph<'a> {
    fn of(inventory: &'a Inventory, shapes: &'a HashMap<ShapeId, ShapeRow>) -> Self {
        let mut graph = Self::default();
        for (namespace, name, shape) in inventory.pods() {
            let Some(shape) = shapes.get(&shape) else {
                continue;
            };
            graph.add(namespace, name, shape);
        }
        graph.pods.sort_unstable_by_key(|pod| (pod.namespace, pod.name));
        graph
    }

    fn add(&mut self, namespace: &'a str, name: &'a str, shape: &'a ShapeRow) {
        let mut edges: BTreeMap<&str, Vec<&ShapeContainer>> = BTreeMap::new();
        for container in &shape.containers {
            edges.entry(Arc::as_ref(&container.reference)).or_default().push(container);
        }
        for reference in edges.keys() {
            self.images.entry(reference).or_default().users += 1;
        }
        self.pods.push(Pod { namespace, name, workload: &shape.workload, is_active: shape.active, edges });
    }
}

#[cfg(test)]
mod tests;
