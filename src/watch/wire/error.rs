//! Bodies that lost their structure.

use std::fmt::Display;

use super::LONGEST_PIECE;
use super::text::one_line;

/// A body that is not what an API server sends. Nothing after that point can be read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// An event of a watch or an item of a list that is too long to be one.
    #[error(
        "reading {piece}: it is longer than {} MiB; does a proxy answer in place of the API server?",
        LONGEST_PIECE >> 20
    )]
    TooLong {
        /// What was read.
        piece: &'static str,
    },
    /// Something that does not decode.
    #[error("reading {piece}: {cause}; does a proxy answer in place of the API server?")]
    Broken {
        /// What was read.
        piece: &'static str,
        /// What is wrong with it, on one short line.
        cause: String,
    },
    /// A list that ended too early.
    #[error(
        "reading a list: its end is missing; the connection was cut, and the list must be asked for again"
    )]
    CutOff,
}

impl WireError {
    pub(super) fn broken(piece: &'static str, cause: impl Display) -> Self {
        Self::Broken { piece, cause: one_line(&cause.to_string()) }
    }

    /// An error unless a piece may be `length` bytes long.
    pub(super) fn unless_fits(length: usize, piece: &'static str) -> Result<(), Self> {
        if length > LONGEST_PIECE { Err(Self::TooLong { piece }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_PIECE, WireError};

    #[test]
    fn a_piece_may_be_as_long_as_the_longest_and_no_longer() {
        assert!(WireError::unless_fits(LONGEST_PIECE, "an event").is_ok());
        assert!(WireError::unless_fits(LONGEST_PIECE + 1, "an event").is_err());
    }
}
