//! Lists, item by item.

use bytes::Bytes;

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
pub struct ListDecoder {}

impl ListDecoder {
    /// A decoder of one body.
    #[must_use]
    pub fn new(_encoding: Encoding, _reader: &PodReader) -> Self {
        Self {}
    }

    /// Takes in the next bytes of the body.
    pub fn push(&mut self, _chunk: Bytes) {}

    /// The next item, if it has arrived whole.
    ///
    /// # Errors
    ///
    /// The body is not a list's; nothing more can be read from it.
    #[expect(clippy::should_implement_trait, reason = "an iterator ends, this one waits for more bytes")]
    pub fn next(&mut self) -> Result<Option<ListItem>, WireError> {
        Ok(None)
    }

    /// Ends the list, after [`next`](Self::next) has given every item.
    ///
    /// # Errors
    ///
    /// The body ended too early, or was no list of pods.
    pub fn finish(self) -> Result<ListMeta, WireError> {
        Err(WireError::CutOff)
    }
}
