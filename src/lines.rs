//! Event lines and diagnostics.
