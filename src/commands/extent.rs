//! How far the answers of records go, on standard error: what of the cluster they are about, as of
//! when, and what was not seen.

use jiff::{SignedDuration, Timestamp};

use super::{note, warn};
use crate::answers::{Extent, FRESH};
use crate::inventory::Scope;
use crate::lines::escape_prose;
use crate::record::past::Span;

/// A record that is being written is never far behind.
const BEHIND: SignedDuration = SignedDuration::from_mins(1);

/// Tells of which part of its cluster the answer is, if it is not of all, and its gaps.
pub(super) fn tell(extent: &Extent) {
    let cluster = escape_prose(&extent.cluster);
    let scopes = extent.scopes.join(", ");
    if !scopes.is_empty() && scopes != Scope::default().to_string() {
        note(&format!("{cluster}: this is about a part of the cluster, {}", escape_prose(&scopes)));
    }
    for gap in &extent.gaps {
        let sentence = format!("{cluster}: {gap}");
        if extent.is_complete { note(&sentence) } else { warn(&sentence) }
    }
    if extent.is_coarse {
        note(&format!("{cluster}: pauses of up to 10 minutes between old uses are not told"));
    }
}

/// Tells as of when an answer is that goes until all was seen last: where that is another time than was
/// asked for, or where no end was and it is not now, or another part of the cluster is watched by now.
pub(super) fn tell_age(extent: &Extent, told: Span, asked: &[Timestamp], now: Timestamp) {
    let cluster = escape_prose(&extent.cluster);
    let is_other = asked.iter().any(|at| *at != told.from && *at != told.until);
    let is_open = !asked.contains(&told.until);
    let is_shortly_before = |seen: &Timestamp| told.until.duration_since(*seen) <= FRESH;
    let Some(seen) = extent.as_of.filter(is_shortly_before).filter(|_| is_other || is_open) else { return };
    if is_open && !extent.next_scopes.is_empty() {
        let next = extent.next_scopes.join(", ");
        note(&format!("{cluster}: as of {seen:.0}, when {} were not yet seen", escape_prose(&next)));
    } else if is_other || now.duration_since(seen) > BEHIND {
        note(&format!("{cluster}: as of {seen:.0}, when it was seen last"));
    }
}
