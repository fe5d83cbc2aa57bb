//! How far an answer goes.

use std::sync::Arc;

use jiff::Timestamp;

use super::coverage::Gap;

/// How far an answer of one record goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The cluster's name.
    pub cluster: String,
    /// The record's id.
    pub record: Arc<str>,
    /// What was watched.
    pub scopes: Vec<Arc<str>>,
    /// What is watched by now, where that is another part of the cluster; else none.
    pub next_scopes: Vec<Arc<str>>,
    /// The gaps that matter, oldest first.
    pub gaps: Vec<Gap>,
    /// When all was seen last, up to the end of the time that the answer is of: what is told as used is
    /// so as of then. `None` if it never was.
    pub as_of: Option<Timestamp>,
    /// Whether the answer is all there is to know.
    pub is_complete: bool,
    /// Whether pauses of up to [`RESOLUTION`](super::RESOLUTION) may be missing.
    pub is_coarse: bool,
}
