//! What is true of a cluster, counted plainly; and what lines claim of it.

use std::collections::{BTreeMap, BTreeSet};

use kimager::inventory::Reference;
use serde_json::Value;

/// The images that a pod names, as it spells them, in containers of every kind.
pub(crate) fn spellings(pod: &Value) -> Vec<&str> {
    let spec = &pod["spec"];
    let containers = ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .filter_map(|kind| spec[kind].as_array())
        .flatten()
        .map(|container| &container["image"]);
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    let volumes = volumes.map(|volume| &volume["image"]["reference"]);
    containers.chain(volumes).filter_map(Value::as_str).collect()
}

/// The images that pods use, as they spell them.
pub(crate) fn used(pods: &[Value]) -> BTreeSet<String> {
    pods.iter().flat_map(spellings).map(str::to_owned).collect()
}

/// A container that uses an image, as a record tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UsedAt {
    /// Normalised.
    pub(crate) reference: String,
    pub(crate) digest: Option<String>,
    pub(crate) namespace: String,
    pub(crate) workload: String,
    pub(crate) container: String,
}

/// The containers of pods that belong to a Deployment or to nobody, and whose status is no older than
/// their spec.
pub(crate) fn uses(pods: &[Value]) -> BTreeSet<UsedAt> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut uses = BTreeSet::new();
    for pod in pods {
        let metadata = &pod["metadata"];
        let workload = match metadata["ownerReferences"][0]["name"].as_str() {
            Some(replica_set) => {
                let hash = format!("-{}", text(&metadata["labels"]["pod-template-hash"]));
                format!("Deployment/{}", replica_set.strip_suffix(&hash).expect("a ReplicaSet's name"))
            }
            None => format!("Pod/{}", text(&metadata["name"])),
        };
        let statuses = pod["status"]["containerStatuses"].as_array();
        let digest_of = |container: &str| {
            let status = statuses?.iter().find(|status| status["name"] == container)?;
            status["imageID"].as_str()?.rsplit_once('@').map(|(_, digest)| digest.to_owned())
        };
        let containers = ["containers", "initContainers", "ephemeralContainers"];
        for container in containers.iter().filter_map(|kind| pod["spec"][kind].as_array()).flatten() {
            uses.insert(UsedAt {
                reference: Reference::parse(&text(&container["image"])).to_string(),
                digest: digest_of(&text(&container["name"])),
                namespace: text(&metadata["namespace"]),
                workload: workload.clone(),
                container: text(&container["name"]),
            });
        }
    }
    uses
}

/// The lines that a first start says of pods: an image each, sorted, with the first of its pods.
pub(crate) fn first_lines(pods: &[Value]) -> Vec<String> {
    let name = |pod: &Value, key: &str| pod["metadata"][key].as_str().expect("a pod has a name").to_owned();
    let mut first = BTreeMap::new();
    for pod in pods {
        for spelling in spellings(pod) {
            let user = (name(pod, "namespace"), name(pod, "name"), spelling);
            let image = Reference::parse(spelling).text().to_string();
            let known = first.entry(image).or_insert_with(|| user.clone());
            *known = user.min(known.clone());
        }
    }
    let line = |(namespace, pod, spelling)| format!("[+|image]  {spelling}  [{namespace}|{pod}]");
    first.into_values().map(line).collect()
}

/// The images in use by the count of untimed text lines, which must add and remove each in turn.
#[track_caller]
pub(crate) fn in_use(lines: &[&str]) -> BTreeSet<String> {
    let mut images = BTreeSet::new();
    for line in lines {
        let [symbol, spelling, _] = line.split("  ").collect::<Vec<_>>()[..] else {
            panic!("this is neither added nor removed: {line}")
        };
        let in_turn = match symbol {
            "[+|image]" => images.insert(spelling.to_owned()),
            "[-|image]" => images.remove(spelling),
            _ => panic!("this is neither added nor removed: {line}"),
        };
        assert!(in_turn, "out of turn: {line}\nin {lines:#?}");
    }
    images
}
