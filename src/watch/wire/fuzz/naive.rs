//! What stands in a pod's object, read plainly and without a schema.

use prost::encoding::{WireType, decode_key, decode_varint};
use serde_json::Value;

use crate::inventory::{ContainerKind, Pod};

/// A pod's name, and the images that it names.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Those of app containers, init containers and sidecars, and ephemeral containers; of each the name
    /// too.
    images: [Vec<(String, String)>; 3],
}

impl Found {
    /// Of what was read.
    pub(super) fn of(pod: &Pod) -> Self {
        let of_kinds = |kinds: &[ContainerKind]| {
            let own = pod.containers.iter().filter(|own| kinds.contains(&own.kind));
            own.map(|own| (own.name.to_string(), own.image.to_string())).collect()
        };
        Self {
            namespace: pod.namespace.to_string(),
            name: pod.name.to_string(),
            images: [
                of_kinds(&[ContainerKind::App]),
                of_kinds(&[ContainerKind::Init, ContainerKind::Sidecar]),
                of_kinds(&[ContainerKind::Ephemeral]),
            ],
        }
    }

    /// In JSON the last of several fields of one name would count; one that is there twice is refused.
    /// What is no Unicode may stand where nobody reads.
    pub(super) fn in_json(object: &[u8]) -> Option<Self> {
        let object: Value = serde_json::from_str(&String::from_utf8_lossy(object)).ok()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let images = |list: &str| {
            let list = object["spec"][list].as_array().into_iter().flatten();
            list.map(|own| (text(&own["name"]), text(&own["image"])))
                .filter(|(_, image)| !image.is_empty())
                .collect()
        };
        Some(Self {
            namespace: text(&object["metadata"]["namespace"]),
            name: text(&object["metadata"]["name"]),
            images: ["containers", "initContainers", "ephemeralContainers"].map(images),
        })
    }

    /// In protobuf parts of one message that stand apart are one, and the last of several texts counts.
    pub(super) fn in_protobuf(object: &[u8]) -> Option<Self> {
        let text = |message: &[u8], field| {
            let last = fields(message, field)?.pop().unwrap_or_default();
            String::from_utf8(last).ok()
        };
        let metadata = fields(object, 1)?.concat();
        let spec = fields(object, 2)?.concat();
        let images = |field: u32, is_nested: bool| {
            let mut images = Vec::new();
            for container in fields(&spec, field)? {
                let container = if is_nested { fields(&container, 1)?.concat() } else { container };
                images.push((text(&container, 1)?, text(&container, 2)?));
            }
            images.retain(|(_, image)| !image.is_empty());
            Some(images)
        };
        Some(Self {
            namespace: text(&metadata, 3)?,
            name: text(&metadata, 1)?,
            images: [images(2, false)?, images(20, false)?, images(34, true)?],
        })
    }
}

/// All values of a field that have a length; `None` where the bytes are no message.
fn fields(mut message: &[u8], wanted: u32) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let (field, wire_type) = decode_key(&mut message).ok()?;
        let length = match wire_type {
            WireType::Varint => decode_varint(&mut message).map(|_| 0).ok()?,
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut message).ok()?).ok()?,
            // Groups nest; no server sends them.
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        let (value, rest) = message.split_at_checked(length)?;
        if field == wanted && wire_type == WireType::LengthDelimited {
            found.push(value.to_vec());
        }
        message = rest;
    }
    Some(found)
}
