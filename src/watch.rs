//! The watch of an API server: a state machine for each scope, which tests drive step by step, and
//! a thin driver that does its requests.
//!
//! ```text
//!             requests                    bytes
//! machine ◀──────────────▶ driver ◀──────────────▶ API server
//!             what came                   wire
//! ```

mod backoff;
pub mod driver;
pub mod machine;
pub mod notice;
pub mod once;
mod request;
pub mod step;
pub mod wire;

pub use driver::{Signal, Watch};
pub use machine::AUDIT_EVERY;
pub use notice::{Notice, Relist, Trouble, TroubleKind};
pub use once::{ListError, Listed, list_once};
pub use step::Output;
