//! Until when a record is believed to have seen. It tells times by a clock, and a clock may be wrong.

use jiff::Timestamp;

use crate::answers::FRESH;
use crate::record::past::{Seen, Start};

/// What was seen of a scope, as far as it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Believed<'a> {
    /// The row.
    pub seen: &'a Seen,
    /// Until when.
    pub until: Timestamp,
    /// Whether it may have lasted longer, but a clock was wrong: nobody knows how much longer.
    pub is_doubtful: bool,
}

/// Takes the rows of a scope, oldest first, for what they are worth.
///
/// A sight is over before the next one begins, before the next start, and before now. Where it is said
/// to have lasted longer, a clock jumped, and nobody knows when: only its beginning is believed then. A
/// clock that is put right by a little is none that jumped.
pub(super) fn believed<'a>(seen: &[&'a Seen], starts: &[Start], now: Timestamp) -> Vec<Believed<'a>> {
    // What is said to have begun later than now tells of no time that was.
    let mut rows = seen.iter().filter(|row| row.from.duration_since(now) <= FRESH).copied().peekable();
    let are_all_there = rows.clone().count() == seen.len();
    let mut believed = Vec::new();
    while let Some(row) = rows.next() {
        let next_start = starts.iter().map(|start| start.at).filter(|at| *at > row.from).min();
        let next_row = rows.peek().map(|next| next.from);
        let limit = next_row.into_iter().chain(next_start).chain([now]).min().unwrap_or(now);
        let is_doubtful = row.until.duration_since(limit) > FRESH;
        let until = if is_doubtful { row.from } else { row.until.min(limit).max(row.from) };
        let is_last = next_row.is_none();
        let is_doubtful = is_doubtful || is_last && !are_all_there;
        believed.push(Believed { seen: row, until, is_doubtful });
    }
    believed
}
