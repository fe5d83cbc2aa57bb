//! A simulated cluster: an API server's pods in memory, served over real HTTP on loopback, with a
//! story for demonstrations and a crowd for benchmarks.
//!
//! ```text
//! story, crowd ─▶ store (versions, event log) ─▶ server (LIST, WATCH; JSON, protobuf)
//! ```
//!
//! - [`store`] is what etcd and the watch cache are to a real server: pods, versions, a bounded log.
//!   It does no I/O and has no clock.
//! - [`Cluster`] is a store that many may use at once and wait on.
//! - [`server`] answers as a kube-apiserver of 1.37 does, for pods, read-only.
//! - [`story`] is a small control plane and the scenes that `kimager demo` plays.
//! - [`crowd`] is many pods quickly, and churn at a rate.

mod cluster;
pub mod crowd;
mod encoding;
mod kubeconfig;
mod names;
pub mod pod;
mod selector;
pub mod server;
mod status;
pub mod store;
pub mod story;

pub use cluster::Cluster;
pub use kubeconfig::kubeconfig;
