//! The one integration test binary: the real program, real files, a real API server, a real registry.

mod cli;
#[cfg(feature = "cluster-tests")]
mod cluster;
mod docs;
mod guide;
#[cfg(feature = "cluster-tests")]
mod registry;
mod release;
mod repository;
mod scripted;
mod tidy;
mod workflows;
