//! kimager logs the moment a container image is new to a Kubernetes cluster, and the moment no pod
//! uses it any more. Data flows one way:
//!
//! ```text
//! API server ─▶ watch ─PodEvent▶ inventory ─Changes▶ record ─▶ lines
//! ```
//!
//! - [`inventory`] is the pure core: pods in, changes out.
//! - [`watch`] turns what an API server sends into the core's events.
//! - [`record`] keeps what must outlive a restart.
//! - [`recorder`] owns the inventory and ties these together.
//! - [`lines`] says it.
//! - [`answers`] makes answers of a record.
//! - [`connect`] finds the way to a cluster, [`remote`] asks the record of a kimager that runs there.
//! - [`serve`] answers over HTTP.
//! - [`cli`] is what a user types, [`commands`] what becomes of it.
//! - [`simulation`] is a cluster for demonstrations and tests.

pub mod answers;
pub mod cli;
pub mod commands;
pub mod connect;
pub mod inventory;
pub mod lines;
pub mod record;
pub mod recorder;
pub mod remote;
pub mod serve;
pub mod simulation;
pub mod watch;

#[cfg(test)]
mod fuzz;
