//! How far a record may grow.

use jiff::SignedDuration;

/// How far a record may grow. What is open is kept in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What ended longer ago is deleted.
    pub keep_for: SignedDuration,
    /// The bytes that its file may have; beyond them the oldest is deleted.
    pub max_size: Option<u64>,
    /// Uses that ended longer ago become one where their pauses were short.
    pub fine_for: SignedDuration,
}

impl Limits {
    /// `keep_for`, unless told otherwise.
    pub const KEEP_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);
    /// `fine_for`, unless told otherwise.
    pub const FINE_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
}

impl Default for Limits {
    fn default() -> Self {
        Self { keep_for: Self::KEEP_FOR, max_size: None, fine_for: Self::FINE_FOR }
    }
}
