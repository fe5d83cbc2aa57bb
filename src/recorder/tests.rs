//! The recorder between hand-made signals and a store, with its lines read by the test.

mod batches;
mod bench;
mod files;
mod sight;
mod telling;
