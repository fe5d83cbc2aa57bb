//! The watch of an API server.
