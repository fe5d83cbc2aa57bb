//! One JSON object for programs.

use serde::Serialize;

use super::uses::ImageUses;
use crate::commands::form::{Named, REFERENCE};
use crate::commands::source::Listing;

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    /// What of the cluster was looked at, in words.
    scopes: Vec<String>,
    /// Whether all of it could be read.
    complete: bool,
    images: Vec<Image<'a>>,
}

#[derive(Serialize)]
struct Image<'a> {
    #[serde(flatten)]
    named: Named<'a>,
    spellings: Vec<&'a str>,
    /// What runtimes report; empty where it was never pulled.
    digests: Vec<&'a str>,
    pods: u64,
    active: u64,
    kinds: Vec<&'static str>,
    namespaces: Vec<Namespace<'a>>,
}

#[derive(Serialize)]
struct Namespace<'a> {
    #[serde(rename = "namespace")]
    name: &'a str,
    pods: u64,
    /// `*` alone where there are too many to name.
    workloads: Vec<&'a str>,
    workload_count: usize,
}

/// The answer as one object and a line feed.
pub(super) fn json(images: &[ImageUses], listing: &Listing) -> serde_json::Result<String> {
    let answer = Answer {
        cluster: listing.cluster.as_deref(),
        scopes: listing.scopes.iter().map(ToString::to_string).collect(),
        complete: listing.is_complete,
        images: images.iter().map(image).collect(),
    };
    Ok(serde_json::to_string_pretty(&answer)? + "\n")
}

fn image(uses: &ImageUses) -> Image<'_> {
    let ImageUses { reference, spellings, digests, pods, active, kinds, namespaces } = uses;
    let namespaces = namespaces.iter().map(|(name, uses)| Namespace {
        name,
        pods: uses.pods,
        workloads: uses.named(),
        workload_count: uses.workloads.len(),
    });
    Image {
        named: Named::new(REFERENCE, reference.text()),
        spellings: spellings.iter().map(|spelling| &**spelling).collect(),
        digests: digests.iter().map(|digest| &**digest).collect(),
        pods: *pods,
        active: *active,
        kinds: kinds.iter().map(|kind| kind.word()).collect(),
        namespaces: namespaces.collect(),
    }
}
