//! The events of a watch.

use bytes::Bytes;

use super::{Encoding, PodReader, Status, WireError};
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
pub struct FrameDecoder {}

impl FrameDecoder {
    /// A decoder of one body.
    #[must_use]
    pub fn new(_encoding: Encoding, _reader: &PodReader) -> Self {
        Self {}
    }

    /// Takes in the next bytes of the body.
    pub fn push(&mut self, _chunk: Bytes) {}

    /// The next event, if it has arrived whole.
    ///
    /// # Errors
    ///
    /// The body is not a watch's; nothing more can be read from it.
    #[expect(clippy::should_implement_trait, reason = "an iterator ends, this one waits for more bytes")]
    pub fn next(&mut self) -> Result<Option<Frame>, WireError> {
        Ok(None)
    }

    /// Whether all bytes so far belong to whole events. A body that ends otherwise was cut off.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        true
    }
}
