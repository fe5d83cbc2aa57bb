//! A gap, as JSON has it.

use jiff::Timestamp;
use serde::Serialize;

use crate::answers::Gap;

/// A time without sight; `null` is an end that is not known.
#[derive(Serialize)]
pub(in crate::commands) struct GapTold<'a> {
    scope: &'a str,
    kind: &'static str,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl<'a> From<&'a Gap> for GapTold<'a> {
    fn from(gap: &'a Gap) -> Self {
        Self { scope: &gap.scope, kind: gap.kind.word(), from: gap.from, until: gap.until }
    }
}
