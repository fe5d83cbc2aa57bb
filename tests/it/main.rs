//! The one integration test binary: the real program, real files, a real API server.

mod cli;
#[cfg(feature = "cluster-tests")]
mod cluster;
mod docs;
mod repository;
mod scripted;
mod tidy;
