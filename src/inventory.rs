//! The inventory: which images the pods of a cluster use. Pure: no clock, no environment, no I/O;
//! events go in, [`Changes`] come out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod census;
pub mod change;
pub mod digest;
mod digests;
mod images;
mod interner;
mod lagging;
mod linger;
mod lists;
mod places;
pub mod pod;
mod pods;
pub mod reference;
pub mod scope;
mod settle;
mod shapes;
mod snapshot;
mod state;
pub mod time;
mod witness;
pub mod workload;

pub use census::Census;
pub use change::Changes;
pub use pod::{Cause, Container, ContainerKind, Pod, PodEvent, Uid};
pub use reference::Reference;
pub use scope::{Scope, ScopeId};
pub use state::Inventory;
pub use time::Time;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
