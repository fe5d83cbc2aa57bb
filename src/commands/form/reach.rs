//! How far an answer goes, as all JSON has it.

use jiff::Timestamp;
use serde::Serialize;

use crate::answers::{Extent, Gap, RESOLUTION};

/// How far the answer of one record goes.
#[derive(Serialize)]
pub(in crate::commands) struct Reach<'a> {
    cluster: &'a str,
    record: &'a str,
    /// What of the cluster was watched, in words.
    scopes: Vec<&'a str>,
    pub(in crate::commands) complete: bool,
    /// What is told as used is so as of this time, when all was seen last; `null` if it never was.
    as_of: Option<String>,
    /// Pauses of up to so many seconds may be missing.
    resolution_seconds: u64,
    gaps: Vec<GapTold<'a>>,
}

/// A time out of sight; `null` is an end that is not known.
#[derive(Serialize)]
pub(in crate::commands) struct GapTold<'a> {
    scope: &'a str,
    kind: &'static str,
    blind: bool,
    from: Option<String>,
    until: Option<String>,
}

impl<'a> From<&'a Extent> for Reach<'a> {
    fn from(extent: &'a Extent) -> Self {
        let Extent { cluster, record, scopes, next_scopes: _, gaps, as_of, is_complete, is_coarse } = extent;
        Self {
            cluster,
            record,
            scopes: scopes.iter().map(|scope| &**scope).collect(),
            complete: *is_complete,
            as_of: as_of.map(precise),
            resolution_seconds: if *is_coarse { RESOLUTION.as_secs() } else { 0 },
            gaps: gaps.iter().map(GapTold::from).collect(),
        }
    }
}

impl<'a> From<&'a Gap> for GapTold<'a> {
    fn from(gap: &'a Gap) -> Self {
        let Gap { from, until, scope, kind } = gap;
        let (from, until) = (from.map(precise), until.map(precise));
        Self { scope, kind: kind.word(), blind: kind.is_blind(), from, until }
    }
}

/// A time for programs: microseconds, as in the JSON lines.
pub(in crate::commands) fn precise(at: Timestamp) -> String {
    format!("{at:.6}")
}
