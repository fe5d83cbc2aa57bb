//! What a record's rows mean together, and how much of it is known: questions about the past,
//! answered.
//!
//! Pure as the core is: no async, no SQL, no clock; what time it is comes as an argument.

use std::time::Duration;

use jiff::SignedDuration;

mod at;
pub mod coverage;
mod diff;
mod ends;
mod export;
mod extent;
#[cfg(test)]
mod fuzz;
mod history;
mod images;
pub mod keep;
mod pattern;
#[cfg(test)]
pub(crate) mod sketch;
mod wanted;

pub use at::{At, at, at_last};
pub use coverage::{Coverage, Gap, GapKind, Moment};
pub use diff::{Change, Diff, Difference, diff};
pub use ends::{Bound, End};
pub use export::{Export, Exported, When, export};
pub use extent::Extent;
pub use history::{History, Interval, history};
pub use images::{ImageThen, ImagesThen};
pub use pattern::{Pattern, PatternError};
pub use wanted::{Filter, Wanted};

/// Pauses between uses that are not longer may be missing of what is told of times before
/// [`About::coarse_until`](crate::record::past::About::coarse_until).
pub const RESOLUTION: Duration = Duration::from_mins(10);

/// A record that is being written is no more than this behind the clock: a watch is given up that has
/// said nothing for two and a half minutes.
pub const FRESH: SignedDuration = SignedDuration::from_mins(3);
