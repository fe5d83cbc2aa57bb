//! The graph in the language of Graphviz.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use super::Graph;
use crate::commands::text::shown;

/// The graph as one undirected `graph`, the same for the same pods.
pub(super) fn dot(graph: &Graph<'_>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_dot(graph, &mut text);
    text
}

fn write_dot(graph: &Graph<'_>, out: &mut String) -> fmt::Result {
    writeln!(out, "graph kimager {{")?;
    writeln!(out, "  rankdir=LR;")?;
    let mut numbers = HashMap::new();
    for (number, (reference, image)) in graph.images.iter().enumerate() {
        numbers.insert(*reference, number);
        writeln!(out, "  image{number} [shape=box, label={}, users={}];", quoted(reference), image.users)?;
    }
    for (number, pod) in graph.pods.iter().enumerate() {
        let label = quoted(&format!("{}/{}", pod.namespace, pod.name));
        let style = if pod.is_active { "" } else { ", style=dashed" };
        writeln!(out, "  pod{number} [label={label}, workload={}{style}];", quoted(pod.workload))?;
    }
    for (number, pod) in graph.pods.iter().enumerate() {
        for (reference, containers) in &pod.edges {
            if let Some(image) = numbers.get(reference) {
                writeln!(out, "  pod{number} -- image{image} [weight={}];", containers.len())?;
            }
        }
    }
    writeln!(out, "}}")
}

/// A string of Graphviz: a quotation mark ends it, and a backslash begins one of its own escapes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text).replace('\\', "\\\\").replace('"', "\\\""))
}
