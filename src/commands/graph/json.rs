//! The graph as one JSON object.

use serde::Serialize;

use super::Graph;
use crate::commands::source::Listing;

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    scopes: Vec<String>,
    complete: bool,
    pods: Vec<Pod<'a>>,
    images: Vec<Image<'a>>,
    edges: Vec<Edge<'a>>,
}

#[derive(Serialize)]
struct Pod<'a> {
    namespace: &'a str,
    name: &'a str,
    workload: &'a str,
    active: bool,
}

#[derive(Serialize)]
struct Image<'a> {
    reference: &'a str,
    /// The pods that use it.
    weight: u64,
}

#[derive(Serialize)]
struct Edge<'a> {
    namespace: &'a str,
    pod: &'a str,
    image: &'a str,
    /// The containers that tie the two.
    weight: usize,
    containers: Vec<Container<'a>>,
}

#[derive(Serialize)]
struct Container<'a> {
    name: &'a str,
    kind: &'static str,
    digest: Option<&'a str>,
}

/// The graph as one object and a line feed, the same for the same pods.
pub(super) fn json(graph: &Graph<'_>, listing: &Listing) -> serde_json::Result<String> {
    let edges = graph.pods.iter().flat_map(|pod| {
        pod.edges.iter().map(|(reference, containers)| Edge {
            namespace: pod.namespace,
            pod: pod.name,
            image: reference,
            weight: containers.len(),
            containers: containers
                .iter()
                .map(|container| Container {
                    name: &container.name,
                    kind: container.kind.word(),
                    digest: container.digest.as_deref(),
                })
                .collect(),
        })
    });
    let pods = graph.pods.iter().map(|pod| Pod {
        namespace: pod.namespace,
        name: pod.name,
        workload: pod.workload,
        active: pod.is_active,
    });
    let answer = Answer {
        cluster: listing.cluster.as_deref(),
        scopes: listing.scopes.iter().map(ToString::to_string).collect(),
        complete: listing.is_complete,
        pods: pods.collect(),
        images: graph
            .images
            .iter()
            .map(|(reference, image)| Image { reference, weight: image.users })
            .collect(),
        edges: edges.collect(),
    };
    Ok(serde_json::to_string_pretty(&answer)? + "\n")
}
