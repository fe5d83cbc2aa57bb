//! One JSON object.

use serde::Serialize;

use super::images;
use super::package_url::package_url;
use crate::answers::{End, Export, Exported};
use crate::commands::form::{Named, REFERENCE, Reach, precise};
use crate::inventory::Reference;

#[derive(Serialize)]
struct Answer<'a> {
    complete: bool,
    clusters: Vec<Cluster<'a>>,
    images: Vec<Image<'a>>,
}

#[derive(Serialize)]
struct Cluster<'a> {
    #[serde(flatten)]
    reach: Reach<'a>,
    /// Equal where the answer is of a moment.
    from: String,
    until: String,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the document")]
struct Image<'a> {
    cluster: &'a str,
    record: &'a str,
    #[serde(flatten)]
    named: Named<'a>,
    /// What the runtime reports; `null` where it was never told.
    digest: Option<&'a str>,
    /// The repositories in which the runtime knows the digest.
    digest_repositories: Vec<&'a str>,
    purl: Option<String>,
    /// Whether there is one: it was there, and not only asked for.
    pulled: bool,
    first_used: String,
    /// Whether that was seen; else it was found then, and used for some time.
    first_used_exact: bool,
    /// Whether it is used as of the end of that time.
    in_use: bool,
    /// `null` where it is.
    last_used: Option<String>,
    /// Whether its end was seen; else it was found gone, or last seen, then.
    last_used_exact: bool,
    /// `used`, `ended`, or `last-seen` where its end is not known.
    state: &'static str,
    /// Whether an active pod used it in that time.
    active: bool,
    /// Whether it was used for certain; if not, the time was out of sight.
    certain: bool,
    kinds: Vec<&'static str>,
    namespaces: Vec<Namespace<'a>>,
}

#[derive(Serialize)]
struct Namespace<'a> {
    namespace: &'a str,
    workloads: Vec<&'a str>,
}

/// The answer as one object and a line feed.
pub(super) fn json(exports: &[Export]) -> serde_json::Result<String> {
    let answer = Answer {
        complete: exports.iter().all(|export| export.extent.is_complete),
        clusters: exports.iter().map(cluster).collect(),
        images: images(exports)
            .map(|(export, exported, reference)| image(export, exported, &reference))
            .collect(),
    };
    Ok(serde_json::to_string_pretty(&answer)? + "\n")
}

fn cluster(export: &Export) -> Cluster<'_> {
    let Export { span, extent, .. } = export;
    Cluster { reach: extent.into(), from: precise(span.from), until: precise(span.until) }
}

fn image<'a>(export: &'a Export, image: &'a Exported, reference: &Reference) -> Image<'a> {
    let namespaces = image.places.iter().map(|(namespace, workloads)| Namespace {
        namespace,
        workloads: workloads.iter().map(|workload| &**workload).collect(),
    });
    Image {
        cluster: &export.extent.cluster,
        record: &export.extent.record,
        named: Named::new(REFERENCE, &image.reference),
        digest: image.digest.as_deref(),
        digest_repositories: image.repositories.iter().map(|repository| &**repository).collect(),
        purl: package_url(image, reference),
        pulled: image.is_pulled(),
        first_used: precise(image.first.at),
        first_used_exact: image.first.is_exact,
        in_use: image.last == End::Used,
        last_used: image.last.at().map(precise),
        last_used_exact: image.last.is_exact(),
        state: image.last.word(),
        active: image.is_active,
        certain: image.is_certain,
        kinds: image.kinds.iter().map(|kind| kind.word()).collect(),
        namespaces: namespaces.collect(),
    }
}
