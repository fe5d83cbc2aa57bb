//! The `kimager` program.

fn main() {}
