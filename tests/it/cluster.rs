//! kimager on a real control plane.
//!
//! `control_plane` runs one, `api` acts on it, `kimager` runs the program, `said` and `recount` tell
//! what it said and what it should have.
#![expect(dead_code, reason = "the tests that use the rest of it are still to come")]

mod accounts;
mod api;
mod churn;
mod control_plane;
mod crowd;
mod etcd;
mod kimager;
mod lifeline;
mod permit;
mod pods;
mod ports;
mod process;
mod proxy;
mod recount;
mod said;

mod crashes;
mod downtime;
mod events;
mod first_sync;
mod outages;
mod questions;
mod restores;
mod rights;
mod scopes;
