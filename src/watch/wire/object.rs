//! One object, whatever its encoding.

use bytes::Bytes;
use prost::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::schema::{self, Name};
use super::text::one_line;
use super::{Identity, PodReader};
use crate::inventory::{Pod, Uid};

/// An object that was not decoded yet.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// Protobuf, out of its envelope.
    Protobuf(Bytes),
    /// JSON.
    Json(Bytes),
    /// JSON of a watch event, the object being its `object`.
    JsonEvent(Bytes),
}

/// A pod that does not decode.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) identity: Option<Identity>,
    pub(super) reason: String,
}

impl Object {
    /// The object as a `T`, or on one short line why it is none.
    pub(super) fn read<T: Message + Default + DeserializeOwned>(&self) -> Result<T, String> {
        #[derive(Deserialize)]
        struct Event<T> {
            object: T,
        }
        let json = |result: serde_json::Result<T>| result.map_err(|cause| one_line(&cause.to_string()));
        match self {
            Self::Protobuf(object) => T::decode(object.clone()).map_err(|cause| one_line(&cause.to_string())),
            Self::Json(object) => json(serde_json::from_slice(object)),
            Self::JsonEvent(event) => json(serde_json::from_slice(event).map(|Event { object }| object)),
        }
    }

    /// The pod, and its resourceVersion.
    pub(super) fn read_pod(&self, reader: &PodReader) -> Result<(Pod, Box<str>), Unreadable> {
        let unreadable = |reason| Unreadable { identity: self.identity(), reason };
        let mut pod: schema::Pod = self.read().map_err(unreadable)?;
        let version = pod.metadata.as_mut().map(|metadata| std::mem::take(&mut metadata.resource_version));
        let pod = reader.read(pod);
        if pod.namespace.is_empty() || pod.name.is_empty() {
            return Err(unreadable("it has no name".to_owned()));
        }
        Ok((pod, version.unwrap_or_default().into()))
    }

    /// Which pod this is, where its metadata tell.
    pub(super) fn identity(&self) -> Option<Identity> {
        let Name { name, namespace, uid } = self.read::<schema::Named>().ok()?.metadata?;
        let is_named = !name.is_empty() && !namespace.is_empty();
        is_named.then(|| Identity { namespace: namespace.into(), name: name.into(), uid: Uid::parse(&uid) })
    }
}
