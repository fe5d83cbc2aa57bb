//! What a record's rows mean together, and how much of it is known: questions about the past,
//! answered.
//!
//! Pure as the core is: no async, no SQL, no clock; what time it is comes as an argument.

pub mod coverage;
pub mod keep;
#[cfg(test)]
pub(crate) mod sketch;

use std::time::Duration;

pub use coverage::{Coverage, Gap, GapKind, Moment};

/// Pauses between uses that are not longer may be missing of what is told of times before
/// [`About::coarse_until`](crate::record::past::About::coarse_until).
pub const RESOLUTION: Duration = Duration::from_mins(10);
