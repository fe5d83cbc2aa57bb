//! A bill of materials in CycloneDX 1.6: <https://cyclonedx.org/docs/1.6/json/>.

use jiff::Timestamp;
use serde::Serialize;

use super::images;
use super::package_url::package_url;
use crate::answers::{Export, Exported};
use crate::inventory::Reference;

/// What names the whole of the images.
const ROOT: &str = "kimager:images";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    compositions: [Composition; 1],
}

#[derive(Serialize)]
struct Metadata {
    /// The end of the time that the answer is of, so that the same question has the same answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    lifecycles: [Lifecycle; 1],
    tools: Tools,
    component: Component,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Lifecycle {
    phase: &'static str,
}

#[derive(Serialize)]
struct Tools {
    components: [Component; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Component {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bom_ref: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: [&'static str; 1],
}

/// The bill of materials and a line feed.
pub(super) fn cyclonedx(exports: &[Export]) -> serde_json::Result<String> {
    let is_complete = exports.iter().all(|export| export.extent.is_complete);
    let document = Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: metadata(exports),
        components: images(exports)
            .map(|(export, image, reference)| component(export, image, &reference))
            .collect(),
        compositions: [Composition {
            aggregate: if is_complete { "complete" } else { "incomplete" },
            assemblies: [ROOT],
        }],
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn metadata(exports: &[Export]) -> Metadata {
    let clusters: Vec<&str> = exports.iter().map(|export| &*export.extent.cluster).collect();
    let kimager =
        Component { version: Some(env!("CARGO_PKG_VERSION").to_owned()), ..named("application", "kimager") };
    let root = Component {
        bom_ref: Some(ROOT.to_owned()),
        ..named("platform", &format!("container images of {}", clusters.join(", ")))
    };
    Metadata {
        timestamp: exports.iter().map(|export| export.span.until).max(),
        lifecycles: [Lifecycle { phase: "operations" }],
        tools: Tools { components: [kimager] },
        component: root,
        properties: exports.iter().flat_map(extent).collect(),
    }
}

fn named(r#type: &'static str, name: &str) -> Component {
    let (bom_ref, version, hashes, purl, properties) = Default::default();
    Component { r#type, bom_ref, name: name.to_owned(), version, hashes, purl, properties }
}

fn property(name: &'static str, value: &dyn ToString) -> Property {
    Property { name, value: value.to_string() }
}

/// How far the answer of a cluster goes. Its properties follow each other; a cluster begins them.
fn extent(export: &Export) -> Vec<Property> {
    let Export { span, extent, .. } = export;
    let mut properties = vec![
        property("kimager:cluster", &extent.cluster),
        property("kimager:record", &extent.record),
        property("kimager:from", &span.from),
        property("kimager:until", &span.until),
        property("kimager:complete", &extent.is_complete),
        property("kimager:coarse", &extent.is_coarse),
    ];
    properties.extend(extent.as_of.iter().map(|as_of| property("kimager:as-of", as_of)));
    properties.extend(extent.scopes.iter().map(|scope| property("kimager:scope", scope)));
    properties.extend(extent.gaps.iter().map(|gap| property("kimager:gap", gap)));
    properties
}

fn component(export: &Export, image: &Exported, reference: &Reference) -> Component {
    let Exported { reference: text, digest, .. } = image;
    let own = reference.registry().zip(reference.repository());
    let name = own.map_or_else(|| text.to_string(), |(registry, path)| format!("{registry}/{path}"));
    let digest_known = digest.as_deref().or(reference.digest());
    let record = &export.extent.record;
    let bom_ref = match digest {
        Some(digest) => format!("{record}/{text}#{digest}"),
        None => format!("{record}/{text}"),
    };
    Component {
        bom_ref: Some(bom_ref),
        version: reference.tag().or(digest_known).map(str::to_owned),
        hashes: digest_known.and_then(hash).into_iter().collect(),
        purl: package_url(image, reference),
        properties: properties(export, image),
        ..named("container", &name)
    }
}

/// The hash that a digest is.
fn hash(digest: &str) -> Option<Hash> {
    let (algorithm, content) = digest.split_once(':')?;
    let alg = match algorithm {
        "sha256" => "SHA-256",
        "sha384" => "SHA-384",
        "sha512" => "SHA-512",
        _ => return None,
    };
    Some(Hash { alg, content: content.to_owned() })
}

fn properties(export: &Export, image: &Exported) -> Vec<Property> {
    let mut properties = vec![
        property("kimager:cluster", &export.extent.cluster),
        property("kimager:reference", &image.reference),
        property("kimager:first-seen", &image.first.at),
        property("kimager:first-seen-exact", &image.first.is_exact),
        property("kimager:last-seen", &image.last.at().unwrap_or(export.span.until)),
        property("kimager:last-seen-exact", &image.last.is_exact()),
        property("kimager:state", &image.last.word()),
        property("kimager:active", &image.is_active),
        property("kimager:pulled", &image.is_pulled()),
        property("kimager:certain", &image.is_certain),
    ];
    properties.extend(image.digest.iter().map(|digest| property("kimager:digest", digest)));
    properties.extend(image.repositories.iter().map(|place| property("kimager:repository", place)));
    properties.extend(image.kinds.iter().map(|kind| property("kimager:container-kind", &kind.word())));
    let places = image.places.iter().flat_map(|(namespace, workloads)| {
        workloads.iter().map(move |workload| format!("{namespace}/{workload}"))
    });
    properties.extend(places.map(|place| property("kimager:workload", &place)));
    properties
}
