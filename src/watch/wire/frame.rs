//! The events of a watch.

use bytes::Bytes;
use prost::Message;
use serde::Deserialize;

use super::buffer::Buffer;
use super::object::{Object, Unreadable};
use super::schema::meta::WatchEvent;
use super::schema::{MetadataOnly, value_of};
use super::text::one_line;
use super::{Encoding, PodReader, Status, WireError, envelope};
use crate::inventory::{Pod, Uid};

/// What happened to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new, or new to the selector.
    Added,
    /// It is otherwise than before.
    Modified,
    /// It is gone, or left the selector.
    Deleted,
}

/// Which pod, and which life of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `metadata.namespace`, never empty.
    pub namespace: Box<str>,
    /// `metadata.name`, never empty.
    pub name: Box<str>,
    /// `metadata.uid`
    pub uid: Uid,
}

/// An event of a watch.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A pod changed.
    Pod {
        /// How.
        change: Change,
        /// The pod after it, or the last that was known of it.
        pod: Pod,
        /// The version of the change, never empty.
        resource_version: Box<str>,
    },
    /// A pod that does not decode, or an event of an unknown kind.
    Unreadable {
        /// What happened to it, where that is known.
        change: Option<Change>,
        /// Which pod, where at least its metadata could be read.
        identity: Option<Identity>,
        /// Why, on one short line.
        reason: String,
    },
    /// Nothing happened up to a version.
    Bookmark {
        /// That version, never empty.
        resource_version: Box<str>,
        /// Whether all pods of the initial list have been sent.
        ends_initial_list: bool,
    },
    /// The server gives the watch up.
    Error(Status),
}

/// Cuts a watch's body into events.
#[derive(Debug)]
pub struct FrameDecoder {
    encoding: Encoding,
    reader: PodReader,
    buffer: Buffer,
    /// How many unread bytes are known to hold no end of a line.
    searched: usize,
}

impl FrameDecoder {
    /// A decoder of one body.
    #[must_use]
    pub fn new(encoding: Encoding, reader: &PodReader) -> Self {
        Self { encoding, reader: reader.clone(), buffer: Buffer::default(), searched: 0 }
    }

    /// Takes in the next bytes of the body. Events are to be read before more are pushed.
    pub fn push(&mut self, chunk: Bytes) {
        self.buffer.push(chunk);
    }

    /// The next event, if it has arrived whole.
    ///
    /// # Errors
    ///
    /// The body is not that of a watch, and nothing more can be read from it.
    #[expect(clippy::should_implement_trait, reason = "an iterator ends; this waits for more bytes")]
    pub fn next(&mut self) -> Result<Option<Frame>, WireError> {
        let event = match self.encoding {
            Encoding::Protobuf => self.next_frame()?.map(protobuf_event).transpose()?,
            Encoding::Json => self.next_line()?.map(json_event).transpose()?,
        };
        event.map(|(kind, object)| frame(&kind, &object, &self.reader)).transpose()
    }

    /// Whether all bytes so far belong to whole events. A body that ends otherwise was cut off.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        self.buffer.is_empty()
    }

    /// In protobuf an event follows its length, four bytes with the highest first
    /// (`k8s.io/apimachinery`, `pkg/util/framer`).
    fn next_frame(&mut self) -> Result<Option<Bytes>, WireError> {
        const HEADER: usize = 4;
        let mut header = [0; HEADER];
        if self.buffer.peek(&mut header).len() < HEADER {
            return Ok(None);
        }
        let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
        WireError::unless_fits(length, EVENT)?;
        Ok(self.buffer.take(HEADER + length).map(|mut frame| frame.split_off(HEADER)))
    }

    /// In JSON an event is a line.
    fn next_line(&mut self) -> Result<Option<Bytes>, WireError> {
        loop {
            let Some(end) = self.buffer.find(b'\n', self.searched) else {
                self.searched = self.buffer.len();
                WireError::unless_fits(self.searched, EVENT)?;
                return Ok(None);
            };
            self.searched = 0;
            WireError::unless_fits(end, EVENT)?;
            match self.buffer.take(end + 1) {
                Some(line) if line.trim_ascii().is_empty() => {}
                line => return Ok(line),
            }
        }
    }
}

const EVENT: &str = "a watch event";

fn protobuf_event(frame: Bytes) -> Result<(String, Object), WireError> {
    let event = WatchEvent::decode(frame).map_err(|cause| WireError::broken(EVENT, cause))?;
    let object = event.object.ok_or_else(|| WireError::broken(EVENT, "it has no object"))?;
    Ok((event.r#type, Object::Protobuf(envelope::open(object.raw)?)))
}

fn json_event(line: Bytes) -> Result<(String, Object), WireError> {
    #[derive(Deserialize)]
    struct Event {
        r#type: String,
    }
    // Reads the whole line, so one that is not JSON ends here.
    let event: Event = serde_json::from_slice(&line).map_err(|cause| WireError::broken(EVENT, cause))?;
    Ok((event.r#type, Object::JsonEvent(line)))
}

fn frame(kind: &str, object: &Object, reader: &PodReader) -> Result<Frame, WireError> {
    match kind {
        "ADDED" => Ok(pod_frame(Change::Added, object, reader)),
        "MODIFIED" => Ok(pod_frame(Change::Modified, object, reader)),
        "DELETED" => Ok(pod_frame(Change::Deleted, object, reader)),
        "BOOKMARK" => bookmark(object),
        "ERROR" => Ok(Frame::Error(match object.read() {
            Ok(status) => Status::of(500, status),
            Err(reason) => Status { code: 500, message: reason, ..Status::default() },
        })),
        _ => Ok(Frame::Unreadable {
            change: None,
            identity: object.identity(),
            reason: format!("an event of the unknown type `{}`", one_line(kind)),
        }),
    }
}

fn pod_frame(change: Change, object: &Object, reader: &PodReader) -> Frame {
    let unreadable = |identity, reason| Frame::Unreadable { change: Some(change), identity, reason };
    match object.read_pod(reader) {
        Ok((_, version)) if version.is_empty() => {
            unreadable(object.identity(), "it has no resourceVersion".to_owned())
        }
        Ok((pod, resource_version)) => Frame::Pod { change, pod, resource_version },
        Err(Unreadable { identity, reason }) => unreadable(identity, reason),
    }
}

/// A bookmark must be readable: without the one that ends the initial list, it would never end.
fn bookmark(object: &Object) -> Result<Frame, WireError> {
    const BOOKMARK: &str = "a bookmark";
    let object: MetadataOnly = object.read().map_err(|cause| WireError::broken(BOOKMARK, cause))?;
    let metadata = object.metadata.unwrap_or_default();
    if metadata.resource_version.is_empty() {
        return Err(WireError::broken(BOOKMARK, "it has no resourceVersion"));
    }
    Ok(Frame::Bookmark {
        ends_initial_list: value_of(&metadata.annotations, "k8s.io/initial-events-end") == Some("true"),
        resource_version: metadata.resource_version.into(),
    })
}

#[cfg(test)]
mod tests;
