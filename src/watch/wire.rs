//! What an API server sends, taken apart: watch streams and lists of pods, in protobuf or JSON.
//!
//! ```text
//! Bytes ─push▶ FrameDecoder ─▶ Frame      Bytes ─push▶ ListDecoder ─▶ ListItem … ListMeta
//! ```
//!
//! Both decoders do no I/O and hold no more than one event or item. A pod that does not decode is
//! reported as such and the stream goes on; only a stream that lost its structure is an error.
//! [`schema`] alone knows which field of the API is which.

mod buffer;
pub mod encode;
mod envelope;
mod error;
mod frame;
pub mod json;
mod list;
mod object;
mod pod;
pub mod schema;
mod status;
mod text;

pub use error::WireError;
pub use frame::{Change, Frame, FrameDecoder, Identity};
pub use list::{ListDecoder, ListItem, ListMeta};
pub use pod::PodReader;
pub use status::{Status, StatusCause};

/// Nothing that a server sends as one piece (a watch event, an item of a list) is longer, in bytes.
/// etcd holds no object of more than 1.5 MiB, so a longer piece is a broken stream.
pub const LONGEST_PIECE: usize = 16 << 20;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/vnd.kubernetes.protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

impl Encoding {
    /// The encoding that a `Content-Type` names, whatever its parameters (`;stream=watch`).
    #[must_use]
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let media_type = content_type.split_once(';').map_or(content_type, |(media_type, _)| media_type);
        let is = |name: &str| media_type.trim().eq_ignore_ascii_case(name);
        if is("application/vnd.kubernetes.protobuf") {
            Some(Self::Protobuf)
        } else if is("application/json") {
            Some(Self::Json)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
