//! A list in JSON, taken apart while it arrives.

use bytes::{Buf, Bytes};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{ITEM, LIST, expect_pods};
use crate::watch::wire::WireError;
use crate::watch::wire::schema::ListMeta;

/// Cuts the elements out of the top-level array `items`. What is left is the list without its items,
/// itself JSON.
#[derive(Debug, Default)]
pub(super) struct JsonList {
    unread: Bytes,
    /// What is left of the list.
    frame: Vec<u8>,
    /// The element that is being read.
    element: Vec<u8>,
    is_in_items: bool,
    nesting: Nesting,
}

/// Where in the JSON the next byte stands. Whether it is JSON at all is left to the parser.
#[derive(Debug, Default)]
struct Nesting {
    /// How many arrays and objects are open.
    depth: usize,
    is_in_text: bool,
    is_escaped: bool,
}

/// The depth of what stands directly in a top-level array: within the list's object and the array.
const IN_ARRAY: usize = 2;

impl JsonList {
    pub(super) fn push(&mut self, chunk: Bytes) {
        debug_assert!(self.unread.is_empty(), "items are read before more is pushed");
        self.unread = chunk;
    }

    /// The next element, if it has arrived whole.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, WireError> {
        loop {
            let is_mark = |&byte: &u8| self.nesting.is_mark_after(byte);
            let Some(at) = self.unread.iter().position(is_mark) else {
                let all = self.unread.split_off(0);
                self.keep(&all)?;
                return Ok(None);
            };
            let before = self.unread.split_to(at);
            let mark = self.unread.get_u8();
            self.keep(&before)?;
            if !self.is_in_items {
                self.frame.push(mark);
                self.is_in_items = mark == b'[' && opens_items(&self.frame);
                continue;
            }
            if mark == b']' {
                self.frame.push(mark);
                self.is_in_items = false;
            }
            let element = std::mem::take(&mut self.element);
            match (element.trim_ascii(), mark) {
                (b"", b']') => {}
                (b"", _) => return Err(WireError::broken(LIST, "an item is missing")),
                _ => return Ok(Some(element.into())),
            }
        }
    }

    /// The list's metadata, unless it is none of pods.
    pub(super) fn finish(self) -> Result<ListMeta, WireError> {
        /// A list less its items; `items` must be there, empty now, or null.
        #[derive(Deserialize)]
        struct List {
            kind: String,
            metadata: ListMeta,
            #[expect(dead_code, reason = "something without items is no list")]
            #[serde(deserialize_with = "Option::deserialize")]
            items: Option<[IgnoredAny; 0]>,
        }
        match serde_json::from_slice::<List>(&self.frame) {
            Ok(list) => expect_pods(&list.kind).map(|()| list.metadata),
            Err(cause) if cause.is_eof() => Err(WireError::CutOff),
            Err(cause) => Err(WireError::broken(LIST, cause)),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (part, piece) =
            if self.is_in_items { (&mut self.element, ITEM) } else { (&mut self.frame, LIST) };
        WireError::unless_fits(part.len() + bytes.len(), piece)?;
        part.extend_from_slice(bytes);
        Ok(())
    }
}

impl Nesting {
    /// Steps over `byte`; whether it opens, parts or closes a top-level array.
    fn is_mark_after(&mut self, byte: u8) -> bool {
        if self.is_in_text {
            (self.is_in_text, self.is_escaped) = match byte {
                _ if self.is_escaped => (true, false),
                b'\\' => (true, true),
                byte => (byte != b'"', false),
            };
            return false;
        }
        match byte {
            b'"' => self.is_in_text = true,
            b'[' | b'{' => {
                self.depth += 1;
                return byte == b'[' && self.depth == IN_ARRAY;
            }
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                return byte == b']' && self.depth == IN_ARRAY - 1;
            }
            b',' => return self.depth == IN_ARRAY,
            _ => {}
        }
        false
    }
}

/// Whether the array that `frame` ends with the opening of is the list's items.
fn opens_items(frame: &[u8]) -> bool {
    let key = frame.strip_suffix(b"[").map(<[u8]>::trim_ascii_end);
    let key = key.and_then(|key| key.strip_suffix(b":")).map(<[u8]>::trim_ascii_end);
    let before = key.and_then(|key| key.strip_suffix(b"\"items\""));
    before.is_some_and(|before| matches!(before.trim_ascii_end().last(), Some(b'{' | b',')))
}
