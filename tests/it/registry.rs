//! The guide to clean up a registry (docs/registry-cleanup.md), followed on a real one.

mod cleanup;
mod server;
mod stock;
