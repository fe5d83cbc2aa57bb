//! The machine, driven step by step: no server, no clock, no runtime.

mod audits;
mod bench;
mod failures;
mod lists;
mod properties;
mod watching;
