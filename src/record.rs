//! The record: what kimager knows and has said, so that a restart forgets and repeats nothing.

pub mod entry;

pub use entry::{Entry, EventId};
