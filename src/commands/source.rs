//! Where the pods of an answer come from: a cluster, or a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

use super::objects::{self, Finder, ObjectsError};
use super::progress::Progress;
use super::runtime::block_on;
use super::warn;
use crate::cli::Source;
use crate::connect::{self, ConnectArgs};
use crate::inventory::{Cause, Inventory, PodEvent, Scope, Time};
use crate::lines::escape_prose;
use crate::watch::wire::PodReader;
use crate::watch::{Notice, list_once};

/// Pods, and how much they can be relied on.
pub(super) struct Listing {
    pub inventory: Inventory,
    /// The cluster's name, where one was asked.
    pub cluster: Option<String>,
    pub scopes: Vec<Scope>,
    /// Whether every pod of the scopes could be read.
    pub is_complete: bool,
}

/// Gets the pods, and warns of what an answer about them would hide.
pub(super) fn load(source: &Source) -> anyhow::Result<Listing> {
    let listing = match source {
        Source::Live { cluster, scopes, workload_labels } => from_cluster(cluster, scopes, workload_labels)?,
        Source::File { path, scopes, workload_labels } => {
            from_file(path.as_deref(), scopes, workload_labels)?
        }
    };
    let missing = without_pods(&listing);
    if !missing.is_empty() {
        warn(&format!("no pods in {}: is there such a namespace?", missing.join(", ")));
    }
    Ok(listing)
}

fn from_cluster(args: &ConnectArgs, scopes: &[Scope], workload_labels: &[String]) -> anyhow::Result<Listing> {
    block_on(async {
        let cluster = connect::connect(args).await?;
        let (reader, mut progress) = (reader(workload_labels), Progress::new());
        let listed = list_once(&cluster, scopes, &reader, |pods| progress.read(pods, Instant::now())).await;
        // Off the terminal before anything else is said there.
        drop(progress);
        let listed = listed.with_context(|| format!("cannot ask {} at {}", cluster.name, cluster.server))?;
        let mut is_complete = true;
        for notice in listed.notices {
            if let Notice::Unreadable { identity, reason } = notice {
                is_complete = false;
                let pod =
                    identity.map_or("a pod".to_owned(), |pod| format!("{}/{}", pod.namespace, pod.name));
                warn(&format!("cannot read {}: {reason}", escape_prose(&pod)));
            }
        }
        let inventory = listed.inventory;
        Ok(Listing { inventory, cluster: Some(cluster.name), scopes: scopes.to_vec(), is_complete })
    })
}

fn reader(workload_labels: &[String]) -> PodReader {
    PodReader::new(workload_labels.iter().map(|label| label.as_str().into()))
}

fn from_file(path: Option<&Path>, scopes: &[Scope], workload_labels: &[String]) -> anyhow::Result<Listing> {
    let Some(path) = path else {
        return from_json(io::stdin().lock(), "standard input", scopes, workload_labels);
    };
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => from_json(BufReader::new(file), &name, scopes, workload_labels),
        Err(cause) => Err(ObjectsError::Open { name, cause }.into()),
    }
}

fn from_json(
    input: impl BufRead,
    name: &str,
    scopes: &[Scope],
    workload_labels: &[String],
) -> anyhow::Result<Listing> {
    let mut inventory = Inventory::default();
    let everything = inventory.scope(&Scope::default());
    let mut finder = Finder::new(reader(workload_labels), scopes);
    let now = Time::default();
    inventory.apply(PodEvent::Init(everything, Cause::Start), now);
    objects::read(input, name, |object, list| {
        finder.find(&object, list, &mut |pod| {
            inventory.apply(PodEvent::Apply(everything, pod), now);
        });
    })?;
    inventory.apply(PodEvent::InitDone { scope: everything, sweep: true }, now);
    if !finder.found_any {
        return Err(ObjectsError::NoPods { name: name.to_owned() }.into());
    }
    for unreadable in &finder.unreadable {
        warn(&format!("{name}: cannot read {}", escape_prose(unreadable)));
    }
    let is_complete = finder.unreadable.is_empty();
    Ok(Listing { inventory, cluster: None, scopes: scopes.to_vec(), is_complete })
}

/// The namespaces that were asked for and hold no pod. The API server answers for a namespace that
/// does not exist as for an empty one. Under a selector, none is no surprise.
fn without_pods(listing: &Listing) -> Vec<&str> {
    let is_plain = |scope: &&Scope| scope.selector.is_none();
    let named = listing.scopes.iter().filter(is_plain).filter_map(|scope| scope.namespace.as_deref());
    let mut missing: Vec<&str> = named.collect();
    if !missing.is_empty() {
        for (shape, _) in listing.inventory.shapes() {
            missing.retain(|name| **name != *shape.namespace);
        }
    }
    missing
}
