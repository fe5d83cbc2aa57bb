//! The chart, installed by a real Helm on a real control plane that makes pods of Deployments.
//!
//! `helm` runs it, and kubectl; `objects` tells all that a cluster holds.

pub(crate) mod helm;
mod objects;

mod installs;
mod leftovers;
mod manifest;
mod refusals;
mod renders;
mod rights;
mod scrapes;
