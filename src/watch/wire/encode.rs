//! The other direction: what the simulated API server sends, in protobuf.

use prost::Message;

use super::envelope::MAGIC;
use super::schema::meta::{RawExtension, TypeMeta, Unknown, WatchEvent};
use super::schema::{Pod, PodList, Status};

/// An object of the API's group `v1`.
pub trait Object: Message {
    /// Its `kind`.
    const KIND: &'static str;
}

impl Object for Pod {
    const KIND: &'static str = "Pod";
}

impl Object for PodList {
    const KIND: &'static str = "PodList";
}

impl Object for Status {
    const KIND: &'static str = "Status";
}

/// An object as the body of an answer.
#[must_use]
pub fn body<T: Object>(object: &T) -> Vec<u8> {
    let type_meta = TypeMeta { api_version: "v1".into(), kind: T::KIND.into() };
    let envelope = Unknown { type_meta: Some(type_meta), raw: object.encode_to_vec().into() };
    [MAGIC.as_slice(), &envelope.encode_to_vec()].concat()
}

/// An event of a watch, `kind` being `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` (with a pod that has
/// only metadata) or `ERROR` (with a status).
#[must_use]
pub fn watch_frame<T: Object>(kind: &str, object: &T) -> Vec<u8> {
    let raw = body(object).into();
    let event = WatchEvent { r#type: kind.into(), object: Some(RawExtension { raw }) }.encode_to_vec();
    let length = u32::try_from(event.len()).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &event].concat()
}
