use std::time::Duration;

use jiff::Timestamp;

use super::{Clock, last_believed};
use crate::record::past::{Healed, Seen};

/// Times are hours since a beginning.
fn t(hour: i64) -> Timestamp {
    Timestamp::from_second(1_795_377_600 + hour * 3600).unwrap()
}

fn seen(rows: &[(i64, i64)]) -> Vec<Seen> {
    let row = |&(from, until)| Seen {
        scope: "all namespaces".into(),
        from: t(from),
        until: t(until),
        healed: Healed::Blind,
    };
    rows.iter().map(row).collect()
}

const YEAR: i64 = 365 * 24;

/// Each step is of an uptime, what the wall clock says, the time by which ages count, and whether a
/// jump is told.
#[track_caller]
fn check(seen_until: Option<i64>, steps: &[(u64, i64, i64, bool)]) {
    let rows = seen_until.map(|until| (until - 100, until));
    let mut clock = Clock::after(&seen(rows.as_slice()));
    for &(uptime, wall, expected, is_told) in steps {
        let (time, jump) = clock.read(t(wall), Duration::from_hours(uptime));
        assert_eq!((time, jump.is_some()), (t(expected), is_told), "after {uptime} h, at {wall}");
    }
}

#[test]
fn a_clock_that_goes_on_is_believed() {
    check(Some(0), &[(0, 1, 1, false), (1, 2, 2, false), (100, 101, 101, false)]);
    check(Some(0), &[(0, 24, 24, false)]);
    check(Some(0), &[(0, 20, 20, false), (1, 40, 40, false)]);
}

#[test]
fn where_nothing_was_seen_the_first_time_is_believed_and_a_jump_from_it_is_not() {
    check(None, &[(0, YEAR, YEAR, false), (1, YEAR + 1, YEAR + 1, false), (2, 3 * YEAR, YEAR + 2, true)]);
}

#[test]
fn a_jump_is_believed_once_it_has_lasted_a_day_of_uptime() {
    let jump = [
        (1, 1, 1, false),
        (2, YEAR, 2, true),
        (3, YEAR + 1, 3, false),
        (25, YEAR + 23, 25, false),
        (26, YEAR + 24, YEAR + 24, false),
        (27, YEAR + 25, YEAR + 25, false),
    ];
    check(Some(0), &jump);
}

#[test]
fn after_weeks_of_downtime_ages_go_on_a_day_late() {
    check(Some(0), &[(0, 1000, 0, true), (23, 1023, 23, false), (24, 1024, 1024, false)]);
}

#[test]
fn a_clock_that_is_put_right_is_believed_at_once_and_doubted_anew_at_the_next_jump() {
    let twice = [
        (0, YEAR, 0, true),
        (1, 1, 1, false),
        (2, YEAR, 2, true),
        (25, YEAR + 23, 25, false),
        (26, YEAR + 24, YEAR + 24, false),
    ];
    check(Some(0), &twice);
}

#[test]
fn a_clock_that_jumps_on_must_stay_for_a_day_anew() {
    let on = [(0, YEAR, 0, true), (20, 2 * YEAR, 20, true), (24, 2 * YEAR + 4, 24, false)];
    check(Some(0), &[&on[..], &[(44, 2 * YEAR + 24, 2 * YEAR + 24, false)]].concat());
    let back = [(0, 2 * YEAR, 0, true), (20, YEAR, 20, true), (43, YEAR + 23, 43, false)];
    check(Some(0), &[&back[..], &[(44, YEAR + 24, YEAR + 24, false)]].concat());
}

/// As a machine without a battery for its clock begins before it is told the time.
#[test]
fn a_clock_that_was_behind_and_is_put_right_has_not_jumped() {
    check(Some(0), &[(0, -YEAR, -YEAR, false), (1, 1, 1, false), (2, YEAR, 2, true)]);
}

#[test]
fn what_was_seen_for_less_than_a_day_since_a_jump_is_not_believed_after_a_restart() {
    let check = |rows: &[(i64, i64)], expected: Option<i64>| {
        assert_eq!(last_believed(&seen(rows)), expected.map(t), "{rows:?}");
        let reversed: Vec<_> = rows.iter().rev().copied().collect();
        assert_eq!(last_believed(&seen(&reversed)), expected.map(t), "in any order: {rows:?}");
    };
    check(&[], None);
    check(&[(0, 1)], Some(1));
    check(&[(0, 100)], Some(100));
    check(&[(0, 100), (90, 95), (124, 130)], Some(130));
    check(&[(0, 100), (YEAR, YEAR + 1)], Some(100));
    check(&[(0, 1), (YEAR, YEAR + 1)], Some(1));
    check(&[(0, 100), (YEAR, YEAR + 24)], Some(YEAR + 24));
    check(&[(0, 100), (YEAR, YEAR + 1), (YEAR + 2, YEAR + 25)], Some(YEAR + 25));
    // For an hour each week.
    let weekly: Vec<_> = (0..30).map(|week| (week * 168, week * 168 + 1)).collect();
    check(&weekly, Some(6 * 168 + 1));
}

#[test]
fn a_jump_is_told_with_the_remedy() {
    let mut clock = Clock::after(&seen(&[(-100, 0)]));
    let (_, jump) = clock.read(t(3 * YEAR), Duration::ZERO);
    let text = jump.unwrap().to_string();
    assert!(text.contains("the clock says 2029-11-21T20:00:00Z, 1095 d later than expected"), "{text}");
    assert!(text.contains("set it right"), "{text}");
}
