//! By which time ages count: the wall clock's, until it jumps far ahead. One wrong clock must not
//! prune a whole record.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::past::Seen;

/// A clock that is further ahead is doubted, until it has stayed so for as long.
const DAY: Duration = Duration::from_hours(24);

/// The wall clock, doubted where it jumped ahead. Time comes as an argument: what the wall clock says,
/// and the uptime, how long the program has run by a clock that nobody sets.
#[derive(Debug)]
pub(super) struct Clock {
    /// Before anything was seen there is nothing to lose: the first time is believed.
    believed: Option<Mark>,
    /// Where the clock has jumped to.
    doubted: Option<Mark>,
}

/// What a clock said after so much uptime. From then on it goes as the uptime does.
#[derive(Clone, Copy, Debug)]
struct Mark {
    wall: Timestamp,
    uptime: Duration,
}

/// The wall clock has jumped ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jump {
    wall: Timestamp,
    expected: Timestamp,
}

impl Clock {
    /// A clock that goes on from what a record has seen.
    pub(super) fn after(seen: &[Seen]) -> Self {
        let believed = last_believed(seen).map(|wall| Mark { wall, uptime: Duration::ZERO });
        Self { believed, doubted: None }
    }

    /// The time by which ages count, and a jump that was not told yet.
    pub(super) fn read(&mut self, wall: Timestamp, uptime: Duration) -> (Timestamp, Option<Jump>) {
        let now = Mark { wall, uptime };
        let expected = self.believed.map_or(wall, |mark| mark.after(uptime));
        if !is_far(wall, expected) {
            // A clock that is behind will be put right, and that is no jump.
            self.believed = Some(Mark { wall: wall.max(expected), uptime });
            self.doubted = None;
            return (wall, None);
        }
        let stays = |mark: &Mark| {
            let doubted = mark.after(uptime);
            !is_far(wall, doubted) && !is_far(doubted, wall)
        };
        match self.doubted.filter(stays) {
            Some(mark) if uptime.saturating_sub(mark.uptime) >= DAY => {
                *self = Self { believed: Some(now), doubted: None };
                (wall, None)
            }
            Some(_) => (expected, None),
            None => {
                self.doubted = Some(now);
                (expected, Some(Jump { wall, expected }))
            }
        }
    }
}

impl Mark {
    fn after(self, uptime: Duration) -> Timestamp {
        later(self.wall, uptime.saturating_sub(self.uptime))
    }
}

fn later(time: Timestamp, length: Duration) -> Timestamp {
    time.checked_add(length).unwrap_or(Timestamp::MAX)
}

fn is_far(time: Timestamp, before: Timestamp) -> bool {
    time > later(before, DAY)
}

/// The last time that a record vouches for: the end of what it saw, but for what it saw at a clock
/// that had jumped, until that is a day. So a restart believes a wrong clock no sooner.
fn last_believed(seen: &[Seen]) -> Option<Timestamp> {
    let mut rows: Vec<(Timestamp, Timestamp)> = seen.iter().map(|seen| (seen.from, seen.until)).collect();
    rows.sort_unstable();
    // What was seen without a jump between.
    let mut runs: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, until) in rows {
        match runs.last_mut() {
            Some(run) if !is_far(from, run.1) => run.1 = run.1.max(until),
            _ => runs.push((from, until)),
        }
    }
    let mut believed = None;
    let mut length = SignedDuration::ZERO;
    for (from, until) in runs.into_iter().rev() {
        believed = Some(until);
        length = length.saturating_add(until.duration_since(from));
        if length.unsigned_abs() >= DAY {
            break;
        }
    }
    believed
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wall, expected } = self;
        let days = wall.duration_since(*expected).as_hours() / 24;
        write!(
            f,
            "the clock says {wall:.0}, {days} d later than expected: until it has done so for a day, the age of \
             what the record holds is told by the time expected, {expected:.0}; if it is wrong, set it right, \
             else there is nothing to do"
        )
    }
}

#[cfg(test)]
mod tests;
