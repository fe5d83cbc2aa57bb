//! The recorder between hand-made signals and a store, with its lines read by the test.

mod batches;
mod bench;
mod figures;
mod files;
mod first_list;
mod histories;
mod identity;
mod keeping;
mod sight;
mod telling;
mod world;
