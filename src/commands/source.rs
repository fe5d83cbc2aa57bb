//! Where the pods of an answer come from: a cluster, or a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::Context as _;

use super::objects::{self, Finder, ObjectsError};
use super::warn;
use crate::cli::Source;
use crate::connect::{self, ConnectArgs};
use crate::inventory::{Cause, Inventory, PodEvent, Scope};

mod live;

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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let cluster = connect::connect(args).await?;
        let inventory = live::list_once(&cluster.client, scopes, workload_labels)
            .await
            .with_context(|| format!("cannot list the pods of {} at {}", cluster.name, cluster.server))?;
        Ok(Listing { inventory, cluster: Some(cluster.name), scopes: scopes.to_vec(), is_complete: true })
    })
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
    let mut finder = Finder::new(workload_labels, scopes);
    inventory.apply(PodEvent::Init(everything, Cause::Start));
    objects::read(input, name, |object, list| {
        finder.find(object, list, &mut |pod| {
            inventory.apply(PodEvent::Apply(everything, pod));
        });
    })?;
    inventory.apply(PodEvent::InitDone { scope: everything, sweep: true });
    if !finder.found_any {
        return Err(ObjectsError::NoPods { name: name.to_owned() }.into());
    }
    for unreadable in &finder.unreadable {
        warn(&format!("{name}: cannot read {unreadable}"));
    }
    let is_complete = finder.unreadable.is_empty();
    Ok(Listing { inventory, cluster: None, scopes: scopes.to_vec(), is_complete })
}

/// The namespaces that were asked for and hold no pod. The API server answers for a namespace that
/// does not exist as for an empty one.
fn without_pods(listing: &Listing) -> Vec<String> {
    let mut missing: Vec<String> =
        listing.scopes.iter().filter_map(|scope| scope.namespace.as_deref().map(str::to_owned)).collect();
    if !missing.is_empty() {
        for (shape, _) in listing.inventory.shapes() {
            missing.retain(|name| **name != *shape.namespace);
        }
    }
    missing
}
