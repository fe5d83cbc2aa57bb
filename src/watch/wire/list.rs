//! Lists, item by item.

mod json;
mod protobuf;

use bytes::Bytes;

use self::json::JsonList;
use self::protobuf::ProtobufList;
use super::object::{Object, Unreadable};
use super::{Encoding, Identity, PodReader, WireError};
use crate::inventory::Pod;

/// An item of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum ListItem {
    /// A pod.
    Pod(Pod),
    /// A pod that does not decode.
    Unreadable {
        /// Which one, where at least its metadata could be read.
        identity: Option<Identity>,
        /// Why, on one short line.
        reason: String,
    },
}

/// What describes a list, known once it is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMeta {
    /// The version of the list, never empty.
    pub resource_version: Box<str>,
    /// What to ask the next page with; `None` after the last page.
    pub continue_token: Option<String>,
}

/// Cuts the body of a list into items.
#[derive(Debug)]
pub struct ListDecoder {
    body: Body,
    reader: PodReader,
}

#[derive(Debug)]
enum Body {
    Protobuf(ProtobufList),
    Json(JsonList),
}

impl ListDecoder {
    /// A decoder of one body.
    #[must_use]
    pub fn new(encoding: Encoding, reader: &PodReader) -> Self {
        let body = match encoding {
            Encoding::Protobuf => Body::Protobuf(ProtobufList::default()),
            Encoding::Json => Body::Json(JsonList::default()),
        };
        Self { body, reader: reader.clone() }
    }

    /// Takes in the next bytes of the body, after [`next`](Self::next) gave all it could.
    pub fn push(&mut self, chunk: Bytes) {
        match &mut self.body {
            Body::Protobuf(list) => list.push(chunk),
            Body::Json(list) => list.push(chunk),
        }
    }

    /// The next item, if it has arrived whole.
    ///
    /// # Errors
    ///
    /// The body is not that of a list, and nothing more can be read from it.
    #[expect(clippy::should_implement_trait, reason = "an iterator ends; this waits for more bytes")]
    pub fn next(&mut self) -> Result<Option<ListItem>, WireError> {
        let object = match &mut self.body {
            Body::Protobuf(list) => list.next()?.map(Object::Protobuf),
            Body::Json(list) => list.next()?.map(Object::Json),
        };
        Ok(object.map(|object| match object.read_pod(&self.reader) {
            Ok((pod, _version)) => ListItem::Pod(pod),
            Err(Unreadable { identity, reason }) => ListItem::Unreadable { identity, reason },
        }))
    }

    /// Ends the list, once the body has ended and [`next`](Self::next) gave every item.
    ///
    /// # Errors
    ///
    /// The body ended too early, or was not that of a list of pods.
    pub fn finish(self) -> Result<ListMeta, WireError> {
        let metadata = match self.body {
            Body::Protobuf(list) => list.finish()?,
            Body::Json(list) => list.finish()?,
        };
        if metadata.resource_version.is_empty() {
            return Err(WireError::broken(LIST, "it has no resourceVersion"));
        }
        Ok(ListMeta {
            resource_version: metadata.resource_version.into(),
            continue_token: Some(metadata.r#continue).filter(|token| !token.is_empty()),
        })
    }
}

const LIST: &str = "a list";
const ITEM: &str = "an item of a list";

/// An error unless `kind` is that of a list of pods.
fn expect_pods(kind: &str) -> Result<(), WireError> {
    match kind {
        "PodList" => Ok(()),
        _ => Err(WireError::broken(LIST, format!("it is of the kind `{kind}`, not `PodList`"))),
    }
}

#[cfg(test)]
mod tests;
