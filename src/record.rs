//! The record: what kimager knows and has said, so that a restart forgets and repeats nothing.
//!
//! A [`Store`] keeps it: [`SqliteStore`] in one file, [`MemoryStore`] not at all. The [`Writer`]
//! owns the store while kimager runs and hands each [`Batch`] back once it is safe, so that lines
//! follow the commit.

mod clock;
pub mod entry;
mod error;
mod limits;
mod memory;
mod meters;
pub mod past;
pub mod place;
mod sqlite;
mod store;
mod writer;

pub use entry::{Entry, EventId};
pub use error::RecordError;
pub use limits::Limits;
pub use memory::MemoryStore;
pub use meters::Meters;
pub use past::Past;
pub use sqlite::{SqlitePast, SqliteStore};
pub use store::{
    Batch, Checkpoint, Cursor, DatedUse, Doubt, Identity, NewStart, Opened, Restore, Store, Trust,
};
pub use writer::{Writer, Written};

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
pub(crate) mod samples;
