//! kimager on a real control plane.
//!
//! `control_plane` runs one, `api` acts on it, `kimager` runs the program.
#![expect(dead_code, reason = "the tests that use the rest of it are still to come")]

mod accounts;
mod api;
mod control_plane;
mod etcd;
mod kimager;
mod lifeline;
mod permit;
mod pods;
mod ports;
mod process;
mod smoke;
