//! What becomes of single uses, events and times, case by case.

use super::history::{DAY, Record, at, limits, minute};
use crate::inventory::change::Happening::{Added, Moved, Removed};
use crate::record::past::{Active, Healed};

/// So long after the beginning that all of it is coarse.
const LATER: i64 = 30 * DAY;
/// What ended from here on is told apart then.
const FINE: i64 = LATER - 7 * DAY;

/// Uses of one thing, from minute to minute, and what is told of them: how many runs each had.
fn check(uses: &[(i64, Option<i64>)], expected: &[(i64, Option<i64>, u32)]) {
    let mut record = Record::new();
    for &(opened, closed) in uses {
        record.turn(opened, (0, 0, 0), true);
        if let Some(closed) = closed {
            record.turn(closed, (0, 0, 0), false);
        }
    }
    record.tidy(LATER, &limits(400, 7));
    let uses = record.uses();
    let told: Vec<_> =
        uses.iter().map(|one| (minute(one.opened), one.closed.map(minute), one.runs)).collect();
    assert_eq!(told, expected, "{uses:?}");
    for one in uses {
        assert_eq!(one.active, one.closed.map_or(Active::Still, Active::Until), "as its last run was");
    }
}

#[test]
fn uses_with_pauses_of_up_to_ten_minutes_become_one() {
    check(&[(0, Some(1)), (11, Some(12))], &[(0, Some(12), 2)]);
    check(&[(0, Some(1)), (12, Some(13))], &[(0, Some(1), 1), (12, Some(13), 1)]);
    check(
        &[(0, Some(1)), (2, Some(3)), (4, Some(5)), (20, Some(21)), (22, Some(23))],
        &[(0, Some(5), 3), (20, Some(23), 2)],
    );
}

#[test]
fn what_goes_on_or_is_young_stays_as_it_is() {
    check(&[(0, Some(1)), (2, None)], &[(0, Some(1), 1), (2, None, 1)]);
    check(&[(FINE - 4, Some(FINE - 3)), (FINE - 2, Some(FINE - 1))], &[(FINE - 4, Some(FINE - 1), 2)]);
    check(
        &[(FINE - 4, Some(FINE - 3)), (FINE - 2, Some(FINE))],
        &[(FINE - 4, Some(FINE - 3), 1), (FINE - 2, Some(FINE), 1)],
    );
}

#[test]
fn another_digest_image_or_place_is_a_use_of_its_own() {
    let mut record = Record::new();
    for (opened, key) in [(0, (0, 0, 0)), (2, (0, 0, 1)), (4, (1, 0, 0)), (6, (0, 1, 0))] {
        record.turn(opened, key, true);
        record.turn(opened + 1, key, false);
    }
    record.tidy(LATER, &limits(400, 7));
    assert_eq!(record.uses().iter().map(|one| one.runs).collect::<Vec<_>>(), [1; 4]);
}

/// The numbers of the events that are left of a job that ran from minute 0 to 2 and from 8 to 9,
/// where these happened to its image in the pause and all up to `said` is said.
fn events(in_pause: &[(i64, &str)], said: u64) -> Vec<u64> {
    let mut record = Record::new();
    let key = (0, 0, 0);
    record.turn(0, key, true);
    record.event(0, key, Added);
    record.turn(2, key, false);
    for &(minute, happening) in in_pause {
        let happening = match happening {
            "+" => Added,
            "-" => Removed,
            _ => Moved { old: "sha256:00".into(), seen_before: false },
        };
        record.event(minute, key, happening);
    }
    record.turn(8, key, true);
    record.turn(9, key, false);
    record.event(9, key, Removed);
    record.said(said);
    record.tidy(LATER, &limits(400, 7));
    record.check_texts();
    record.events().iter().map(|entry| entry.id.sequence).collect()
}

#[test]
fn of_a_pause_in_which_an_image_was_unused_no_event_is_left() {
    assert_eq!(events(&[(2, "-"), (8, "+")], 9), [1, 4]);
    assert_eq!(events(&[(2, "-"), (3, "+")], 9), [1, 4], "another workload used it for the rest");
    assert_eq!(events(&[], 9), [1, 2], "another workload used it all the time");
    let in_part = [(2, "-"), (3, "+"), (5, "-"), (8, "+")];
    assert_eq!(events(&in_part, 9), [1, 2, 3, 4, 5, 6], "another workload used it in between");
    assert_eq!(events(&[(3, "~")], 9), [1, 2, 3], "another workload used another digest");
}

#[test]
fn an_event_that_an_output_has_not_said_is_kept() {
    assert_eq!(events(&[(2, "-"), (8, "+")], 3), [1, 4]);
    assert_eq!(events(&[(2, "-"), (8, "+")], 2), [1, 2, 3, 4]);
    let mut record = Record::new();
    record.event(0, (0, 0, 0), Added);
    record.event(1, (0, 0, 0), Removed);
    record.said(1);
    record.tidy(500 * DAY, &limits(400, 7));
    let left: Vec<_> = record.events().iter().map(|entry| entry.id.sequence).collect();
    assert_eq!(left, [2], "nor is it pruned");
}

/// What was seen, from minute to minute, and what is told of it.
fn seen(now: i64, rows: &[(i64, i64, Healed)], expected: &[(i64, i64)]) {
    let mut record = Record::new();
    for &(from, until, healed) in rows {
        record.seen(from, until, healed);
    }
    record.tidy(now, &limits(400, 7));
    assert_eq!(record.sight(), expected, "{rows:?}");
}

#[test]
fn short_gaps_in_which_nothing_was_missed_are_not_kept_for_long() {
    use Healed::{Blind, Bridged, Unwritable};
    let check = |rows: &[_], expected: &[_]| {
        let last = (5000, 50_000);
        seen(LATER, &[rows, &[(last.0, last.1, Blind)]].concat(), &[expected, &[last]].concat());
    };
    check(&[(0, 10, Blind), (11, 20, Bridged), (29, 40, Bridged)], &[(0, 40)]);
    check(&[(0, 10, Blind), (20, 30, Bridged)], &[(0, 10), (20, 30)]);
    check(&[(0, 10, Blind), (11, 20, Blind)], &[(0, 10), (11, 20)]);
    check(&[(0, 10, Blind), (11, 20, Unwritable), (21, 22, Bridged)], &[(0, 10), (11, 22)]);
    check(
        &[(0, 10, Blind), (11, 20, Bridged), (50, 60, Blind), (61, 70, Bridged), (71, 80, Bridged)],
        &[(0, 20), (50, 80)],
    );
    // Young, or maybe going on.
    seen(
        LATER,
        &[(0, 10, Blind), (11, FINE, Bridged), (FINE + 1, FINE + 2, Blind)],
        &[(0, 10), (11, FINE), (FINE + 1, FINE + 2)],
    );
    seen(LATER, &[(0, 10, Blind), (11, 20, Bridged)], &[(0, 10), (11, 20)]);
}

/// Up to when a record says that short pauses are not told, in minutes.
fn coarse_until(record: &mut Record) -> Option<i64> {
    record.tidy(LATER, &limits(400, 7));
    record.about().coarse_until.map(minute)
}

#[test]
fn a_record_tells_up_to_when_it_is_coarse() {
    let mut record = Record::new();
    record.seen(0, 10, Healed::Blind);
    record.seen(50, 50_000, Healed::Blind);
    assert_eq!(coarse_until(&mut record), None, "nothing was joined");

    record.turn(0, (0, 0, 0), true);
    record.turn(1, (0, 0, 0), false);
    assert_eq!(coarse_until(&mut record), Some(1), "as far as uses were looked at");
    assert!(record.about().coarse_until > Some(at(1)), "of which the last counts as coarse");

    let mut record = Record::new();
    for (from, until) in [(0, 10), (11, 20), (21, 50_000)] {
        record.seen(from, until, Healed::Bridged);
    }
    assert_eq!(coarse_until(&mut record), Some(FINE), "as far as gaps were");
}

#[test]
fn a_step_tells_whether_there_was_anything_to_do() {
    let mut record = Record::new();
    let limits = limits(400, 7);
    let step = |record: &mut Record| record.step(LATER, &limits);
    assert!(!step(&mut record));

    for (from, until) in [(0, 10), (11, 20), (21, 50_000)] {
        record.seen(from, until, Healed::Bridged);
    }
    record.turn(0, (0, 0, 0), true);
    record.turn(1, (0, 0, 0), false);
    record.forget();
    assert!(step(&mut record), "a use to look at");
    assert!(step(&mut record), "a gap to join");
    assert!(!step(&mut record));
    record.forget();
    assert!(!step(&mut record), "another process looks at nothing again");
}

#[test]
fn what_was_seen_long_ago_counts_as_not_seen() {
    let mut record = Record::new();
    record.seen(0, 10, Healed::Blind);
    record.seen(11, 500 * DAY, Healed::Bridged);
    record.tidy(500 * DAY, &limits(400, 7));
    assert_eq!(record.sight(), [(100 * DAY, 500 * DAY)]);
    assert_eq!(record.about().pruned_until.map(minute), Some(100 * DAY));
    // What goes on is told with its own beginning.
    record.seen(11, 501 * DAY, Healed::Bridged);
    record.seen(12, 13, Healed::Bridged);
    assert_eq!(record.sight(), [(100 * DAY, 501 * DAY)]);
}

#[test]
fn whatever_is_pruned_the_record_says_up_to_when() {
    let check = |fill: &dyn Fn(&mut Record), expected: Option<i64>| {
        let mut record = Record::new();
        fill(&mut record);
        record.tidy(500 * DAY, &limits(400, 400));
        assert_eq!(record.about().pruned_until.map(minute), expected);
    };
    let pruned = Some(100 * DAY);
    let used = |record: &mut Record, until| {
        record.turn(0, (0, 0, 0), true);
        record.turn(until, (0, 0, 0), false);
    };
    check(&|record| used(record, 1), pruned);
    check(&|record| used(record, 100 * DAY), None);
    check(&|record| record.seen(0, 1, Healed::Blind), pruned);
    check(&|record| record.seen(0, 200 * DAY, Healed::Blind), pruned);
    check(&|record| record.seen(100 * DAY, 200 * DAY, Healed::Blind), None);
    let removed = |record: &mut Record, minute| {
        record.event(minute, (0, 0, 0), Removed);
        record.said(1);
    };
    check(&|record| removed(record, 1), pruned);
    check(&|record| removed(record, 100 * DAY), None);
}

/// The last start before what is kept tells which scopes were watched then.
#[test]
fn starts_are_pruned_with_what_they_saw() {
    let check = |seen: &[(i64, i64)], days: &[i64]| {
        let mut record = Record::new();
        for day in [50, 200] {
            record.start(day * DAY);
        }
        for &(from, until) in seen {
            record.seen(from * DAY, until * DAY, Healed::Blind);
        }
        record.tidy(500 * DAY, &limits(400, 7));
        assert_eq!(record.starts(), days.iter().map(|day| day * DAY).collect::<Vec<_>>(), "{seen:?}");
    };
    check(&[(0, 10)], &[50, 200]);
    check(&[(0, 150)], &[50, 200]);
    check(&[(0, 10), (60, 150)], &[50, 200]);
    check(&[(150, 160)], &[0, 50, 200]);
}

#[test]
fn of_what_is_pruned_no_text_is_left_and_of_what_is_kept_every_one() {
    let mut record = Record::new();
    let keys = [(0, 0, 0), (1, 1, 1), (2, 2, 2)];
    for key in keys {
        record.turn(0, key, true);
        record.event(0, key, Added);
    }
    for (key, minute) in [(keys[0], 10), (keys[1], 300 * DAY)] {
        record.turn(minute, key, false);
        record.event(minute, key, Removed);
    }
    // A digest that nothing else names any more.
    record.event(20, keys[2], Moved { old: "sha256:00".into(), seen_before: false });
    record.said(9);
    let check = |record: &Record, rows: i64| {
        record.check_texts();
        for table in ["use_interval", "place", "reference"] {
            assert_eq!(record.count(table), rows, "{table}");
        }
    };
    check(&record, 3);
    record.tidy(500 * DAY, &limits(400, 7));
    check(&record, 2);
    record.tidy(900 * DAY, &limits(400, 7));
    check(&record, 1);
    assert_eq!(record.events(), []);
    assert_eq!(record.uses()[0].closed, None, "what goes on is kept");
    record.turn(901 * DAY, keys[0], true);
    check(&record, 2);
}
