//! The watch of an API server.

pub mod wire;
