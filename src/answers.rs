//! Answers about the past: what the rows of a record mean together, and how much of it is known.

pub mod keep;
