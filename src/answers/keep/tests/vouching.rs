//! For which windows a record can vouch.

use jiff::SignedDuration;

use crate::answers::Coverage;
use crate::answers::keep::{Refusal, Terms, Vouched, Whole, vouch};
use crate::answers::sketch::{ALL, Sketch, span};
use crate::record::past::Healed;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 100 * DAY;

fn asked(sketch: &Sketch, within: i64, max_gap: i64, partial_scope: bool) -> Result<Vouched, Refusal> {
    let coverage = Coverage::new(&sketch.about, &sketch.sight, &[] as &[&str]);
    let max_gap = SignedDuration::from_secs(max_gap);
    vouch(&coverage, Terms { window: span(NOW - within, NOW), max_gap, partial_scope })
}

/// That a window of 30 days, with gaps of 10 minutes, is vouched for with so many gaps.
#[track_caller]
fn vouches(sketch: &Sketch, tolerated: usize) {
    let vouched = asked(sketch, 30 * DAY, 10 * MINUTE, false).unwrap();
    assert_eq!(vouched.tolerated.len(), tolerated, "{vouched:?}");
}

/// That it is not, that all of `says` is said, and that the window that could be is.
#[track_caller]
fn refuses(sketch: &Sketch, says: &[&str], could: Option<i64>) {
    let refusal = asked(sketch, 30 * DAY, 10 * MINUTE, false).unwrap_err();
    let text = refusal.to_string();
    for words in says {
        assert!(text.contains(words), "{text}");
    }
    assert_eq!(refusal.could.map(|length| length.as_secs()), could, "{text}");
    if let Some(could) = could {
        asked(sketch, could, 10 * MINUTE, true).unwrap();
    }
}

#[test]
fn a_record_vouches_for_what_it_saw_without_a_break() {
    vouches(&Sketch::of_all(NOW - 30 * DAY, NOW), 0);
    vouches(&Sketch::of_all(NOW - 90 * DAY, NOW - 10 * MINUTE), 0);
    vouches(&Sketch::of_all(NOW - 90 * DAY, NOW + DAY), 0);
}

#[test]
fn a_record_that_began_too_late_or_was_pruned_says_for_what_it_can() {
    refuses(&Sketch::of_all(NOW - 6 * DAY, NOW), &["record began", "--within 6d"], Some(6 * DAY));
    refuses(&Sketch::of_all(NOW - 20, NOW), &["--within 20s"], Some(20));
    refuses(&Sketch::of_all(NOW - 30 * DAY + 1, NOW), &["--within 29d"], Some(30 * DAY - 1));
    let pruned = Sketch::of_all(NOW - 90 * DAY, NOW).pruned_until(NOW - 5 * HOUR);
    refuses(&pruned, &["pruned", "--within 5h"], Some(5 * HOUR));
}

#[test]
fn a_record_that_saw_nothing_of_late_can_vouch_for_nothing() {
    refuses(&Sketch::of_all(NOW - 90 * DAY, NOW - 11 * MINUTE), &["since", "no window"], None);
    refuses(&Sketch::new(), &["no window"], None);
}

fn with_gap(length: i64, healed: Healed) -> Sketch {
    let at = NOW - 9 * DAY;
    Sketch::of_all(NOW - 90 * DAY, at - length).seen(ALL, at, NOW, healed)
}

#[test]
fn a_blind_gap_is_tolerated_up_to_a_length_and_a_bridged_one_always() {
    vouches(&with_gap(10 * MINUTE, Healed::Blind), 1);
    vouches(&with_gap(10 * MINUTE, Healed::Unwritable), 1);
    vouches(&with_gap(DAY, Healed::Bridged), 0);
    refuses(&with_gap(10 * MINUTE + 1, Healed::Blind), &["missed", "--within 9d"], Some(9 * DAY));
    refuses(&with_gap(10 * MINUTE + 1, Healed::Unwritable), &["recorded", "--within 9d"], Some(9 * DAY));
}

#[test]
fn without_tolerance_the_least_blindness_refuses_but_a_record_may_lag_a_little() {
    let strict = |sketch: &Sketch| asked(sketch, 30 * DAY, 0, false).is_ok();
    assert!(!strict(&with_gap(1, Healed::Blind)));
    assert!(strict(&with_gap(DAY, Healed::Bridged)));
    assert!(strict(&Sketch::of_all(NOW - 90 * DAY, NOW - MINUTE)));
    assert!(!strict(&Sketch::of_all(NOW - 90 * DAY, NOW - MINUTE - 1)));
}

#[test]
fn only_what_of_a_gap_lies_in_the_window_counts() {
    let at = NOW - 30 * DAY + 5 * MINUTE;
    let gap = Sketch::of_all(NOW - 90 * DAY, at - DAY).seen(ALL, at, NOW, Healed::Blind);
    vouches(&gap, 1);
}

#[test]
fn a_record_of_a_part_of_the_cluster_vouches_only_where_the_user_knows() {
    for scope in ["namespace a", "all namespaces except a", "all namespaces where app=x"] {
        let sketch =
            Sketch::new().start(NOW - 90 * DAY, &[scope]).seen(scope, NOW - 90 * DAY, NOW, Healed::Blind);
        refuses(&sketch, &[scope, "--partial-scope"], None);
        let vouched = asked(&sketch, 30 * DAY, 0, true).unwrap();
        assert_eq!(vouched.scopes, [scope.into()]);
    }
}

#[test]
fn a_change_of_scope_is_never_tolerated() {
    let changed = NOW - 3 * DAY;
    let sketch = Sketch::new()
        .start(NOW - 90 * DAY, &["namespace a"])
        .seen("namespace a", NOW - 90 * DAY, changed - 1, Healed::Blind)
        .start(changed, &[ALL])
        .seen(ALL, changed, NOW, Healed::Blind);
    refuses(&sketch, &["another part"], Some(3 * DAY));
    asked(&sketch, 30 * DAY, DAY, true).unwrap_err();
}

#[test]
fn a_length_is_said_in_whole_units_and_never_longer_than_it_is() {
    let check = |seconds: i64, expected: &str| {
        assert_eq!(Whole(SignedDuration::from_secs(seconds)).to_string(), expected);
    };
    check(2 * MINUTE - 1, "119s");
    check(2 * MINUTE, "2m");
    check(2 * HOUR - 1, "119m");
    check(2 * DAY - 1, "47h");
    check(7 * DAY - 1, "6d");
}
