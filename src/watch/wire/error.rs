//! Streams that lost their structure.

use super::LONGEST_PIECE;

/// A body that is not what an API server sends. Nothing after it can be read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// A watch event or an item of a list that is too long to be one.
    #[error(
        "reading {piece}: {length} bytes are more than the {LONGEST_PIECE} it can have; \
        does a proxy answer in place of the API server?"
    )]
    TooLong {
        /// What was read.
        piece: &'static str,
        /// Its length in bytes, as far as it is known.
        length: u64,
    },
    /// A frame that does not decode.
    #[error("reading {piece}: {cause}; does a proxy answer in place of the API server?")]
    Broken {
        /// What was read.
        piece: &'static str,
        /// What is wrong with it, on one short line.
        cause: String,
    },
    /// A list that ends before its end.
    #[error("reading a list: it was cut off; the list is asked for again")]
    CutOff,
}
