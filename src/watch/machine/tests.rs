//! The machine, driven step by step: no server, no clock, no runtime.

mod bench;
mod failures;
mod lists;
mod properties;
mod watching;
