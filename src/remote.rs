//! A record that a running kimager keeps, asked over HTTP: at its own address, or through the API
//! server that the user is known to.
//!
//! The rows go over the wire as they are, and what they mean together is made out here: so an answer is
//! the same as of the file.

mod past;
mod place;
mod row;

pub use past::RemotePast;
pub use place::{Place, PlaceError};
pub use row::{AboutRow, EventRow, Row, SeenRow, StartRow, UseRow};

/// Below this path a record answers.
pub const PATH: &str = "/api/v1/record";
