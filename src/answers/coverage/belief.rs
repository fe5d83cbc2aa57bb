//! How far a record is believed. It tells times by a clock, and a clock may be wrong.

use jiff::Timestamp;

use crate::answers::FRESH;
use crate::record::past::{Seen, Start};

/// What a scope's rows are worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Belief<'a> {
    /// What was seen, oldest first.
    pub sights: Vec<Sighting<'a>>,
    /// Times, each from one moment (of which nothing may be known) to another, in which things may be
    /// told that happened at another time.
    pub misdated: Vec<(Option<Timestamp>, Timestamp)>,
}

/// What was seen of a scope, as far as it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting<'a> {
    /// The row.
    pub seen: &'a Seen,
    /// Until when.
    pub until: Timestamp,
    /// Whether it may have lasted longer, and nobody knows how much longer.
    pub is_doubtful: bool,
}

/// Takes the rows of a scope, oldest first, for what they are worth.
///
/// A sight is over before the next one begins, before the next start, and before now. Where it is said
/// to have lasted longer, a clock was ahead, and nobody knows since when: only its beginning is believed
/// then, and what was told by that clock may stand at times that came later. A clock that is put right by a
/// little counts as none that was wrong.
pub(super) fn believed<'a>(seen: &[&'a Seen], starts: &[Start], now: Timestamp) -> Belief<'a> {
    let mut belief = Belief::default();
    let is_over = |row: &&&Seen| row.from.duration_since(now) <= FRESH;
    let mut rows = seen.iter().filter(is_over).copied().peekable();
    while let Some(row) = rows.next() {
        let next_start = starts.iter().map(|start| start.at).filter(|at| *at > row.from).min();
        let next_row = rows.peek().map(|next| next.from);
        let limit = next_row.into_iter().chain(next_start).fold(now, Timestamp::min);
        let is_doubtful = row.until.duration_since(limit) > FRESH;
        let until = if is_doubtful { row.from } else { row.until.min(limit).max(row.from) };
        if is_doubtful {
            belief.misdated.push((Some(row.from), row.until));
        }
        belief.sights.push(Sighting { seen: row, until, is_doubtful });
    }
    // What is said to have begun later than now tells of no time that was.
    if let Some(last) = seen.iter().filter(|row| !is_over(row)).map(|row| row.until).max() {
        belief.misdated.push((None, last));
        if let Some(last) = belief.sights.last_mut() {
            last.is_doubtful |= now.duration_since(last.until) > FRESH;
        }
    }
    belief
}
