//! The one integration test binary: the real program, real files, a real API server, a real registry,
//! a real Helm.

#[cfg(feature = "cluster-tests")]
mod chart;
mod cli;
#[cfg(feature = "cluster-tests")]
mod cluster;
mod configuration;
mod docs;
#[cfg(feature = "cluster-tests")]
mod e2e;
mod guide;
mod http;
mod metrics;
mod monitoring;
#[cfg(feature = "cluster-tests")]
mod ran;
#[cfg(feature = "cluster-tests")]
mod registry;
mod release;
mod repository;
mod scripted;
mod tidy;
mod workflows;
