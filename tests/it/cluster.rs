//! kimager on a real control plane.
//!
//! `control_plane` runs one, `api` acts on it, `kimager` runs the program; `said` tells what that
//! said, `recount` what it should have.
#![expect(dead_code, reason = "the benchmark uses more of it")]

pub(crate) mod accounts;
pub(crate) mod api;
mod churn;
pub(crate) mod control_plane;
mod course;
mod crowd;
mod deck;
mod etcd;
pub(crate) mod kimager;
pub(crate) mod lifeline;
mod lives;
mod misdeeds;
mod moments;
pub(crate) mod planes;
mod pods;
mod population;
pub(crate) mod ports;
pub(crate) mod process;
mod proxy;
mod reckoning;
mod record;
mod recount;
mod said;
mod stalls;
mod truth;
mod weather;

mod audits;
mod clocks;
mod crashes;
mod credentials;
mod downtime;
mod events;
mod first_sync;
mod hostile;
#[cfg(target_os = "linux")]
mod image;
mod metrics;
mod network;
mod outages;
mod questions;
mod restores;
mod rights;
mod scopes;
mod soak;
