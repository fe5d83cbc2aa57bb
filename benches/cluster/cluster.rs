//! The parts of the tests' harness that a benchmark uses.
#![expect(dead_code, reason = "the tests use more of it")]

#[path = "../../tests/it/cluster/accounts.rs"]
mod accounts;
#[path = "../../tests/it/cluster/api.rs"]
pub(crate) mod api;
#[path = "../../tests/it/cluster/control_plane.rs"]
pub(crate) mod control_plane;
#[path = "../../tests/it/cluster/etcd.rs"]
mod etcd;
#[path = "../../tests/it/cluster/kimager.rs"]
pub(crate) mod kimager;
#[path = "../../tests/it/cluster/lifeline.rs"]
mod lifeline;
#[path = "../../tests/it/cluster/pods.rs"]
pub(crate) mod pods;
#[path = "../../tests/it/cluster/ports.rs"]
mod ports;
#[path = "../../tests/it/cluster/process.rs"]
mod process;
