//! For which windows a record can vouch.

use jiff::SignedDuration;

use crate::answers::Coverage;
use crate::answers::keep::{Keep, Last, Refusal, Terms, Vouched, Whole, ask, vouch};
use crate::answers::sketch::{ALL, Sketch, span, t, use_of};
use crate::record::past::Healed;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 100 * DAY;

fn asked(sketch: &Sketch, within: i64, max_gap: i64, partial_scope: bool) -> Result<Vouched, Refusal> {
    let coverage = Coverage::new(&sketch.about, &sketch.sight, &[] as &[&str], t(NOW));
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
    vouches(&Sketch::of_all(NOW - 90 * DAY, NOW + MINUTE), 0);
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
    refuses(&Sketch::of_all(NOW - 90 * DAY, NOW - 3 * MINUTE - 1), &["since", "no window"], None);
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
    assert!(strict(&Sketch::of_all(NOW - 90 * DAY, NOW - 3 * MINUTE)));
    assert!(!strict(&Sketch::of_all(NOW - 90 * DAY, NOW - 3 * MINUTE - 1)));
}

/// Whatever the window and however long a gap may be: what is not written any more is not asked.
#[test]
fn a_record_that_is_not_written_any_more_vouches_for_nothing() {
    for behind in [4 * MINUTE, HOUR, 30 * DAY] {
        for within in [1, MINUTE, 10 * MINUTE, 30 * DAY, 80 * DAY] {
            for max_gap in [0, 10 * MINUTE, DAY, 31 * DAY] {
                let dead = Sketch::of_all(NOW - 90 * DAY, NOW - behind);
                let refusal = asked(&dead, within, max_gap, false).unwrap_err();
                assert_eq!(refusal.could, None, "{behind} {within} {max_gap}");
            }
        }
    }
}

#[test]
fn that_a_record_is_a_little_behind_is_told_with_what_else_is_tolerated() {
    let kinds = |sketch: &Sketch| {
        let vouched = asked(sketch, 30 * DAY, 10 * MINUTE, false).unwrap();
        vouched.tolerated.iter().map(|gap| gap.kind.word()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&Sketch::of_all(NOW - 90 * DAY, NOW - 20)), ["since"]);
    let gap = Sketch::of_all(NOW - 90 * DAY, NOW - DAY - 60).seen(ALL, NOW - DAY, NOW - 20, Healed::Blind);
    assert_eq!(kinds(&gap), ["blind", "since"]);
}

#[test]
fn a_gap_that_reaches_into_the_window_counts_with_its_whole_length() {
    let at = NOW - 30 * DAY + 5 * MINUTE;
    let gap = |length| Sketch::of_all(NOW - 90 * DAY, at - length).seen(ALL, at, NOW, Healed::Blind);
    vouches(&gap(10 * MINUTE), 1);
    refuses(&gap(DAY), &["missed", "--within 29d"], Some(30 * DAY - 5 * MINUTE));
}

#[test]
fn an_adoption_is_never_tolerated() {
    let sketch = Sketch::of_all(NOW - 90 * DAY, NOW - DAY).adopts(NOW - DAY + 1, &[ALL]).seen(
        ALL,
        NOW - DAY + 2,
        NOW,
        Healed::Blind,
    );
    refuses(&sketch, &["another cluster was adopted", "--within 23h"], Some(DAY - 2));
    asked(&sketch, 30 * DAY, 31 * DAY, false).unwrap_err();
}

#[test]
fn a_clock_that_jumped_ahead_hides_no_gap() {
    let ahead = Sketch::of_all(NOW - 60 * DAY, NOW + 365 * DAY);
    refuses(&ahead, &["a clock was wrong", "no window"], None);
    let restarted = ahead.start(NOW - DAY, &[ALL]).seen(ALL, NOW - DAY, NOW, Healed::Blind);
    refuses(&restarted, &["a clock was wrong", "--within 24h"], Some(DAY));
    let vouched = asked(&restarted, DAY, 0, false).unwrap();
    let kinds: Vec<&str> = vouched.tolerated.iter().map(|gap| gap.kind.word()).collect();
    assert_eq!(kinds, ["misdated"], "what is told at a wrong time is kept all the same");
    asked(&restarted, 30 * DAY, 90 * DAY, false).unwrap_err();
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

/// A scope that is watched no more is asked nothing, and its uses never end.
#[test]
fn what_is_watched_no_more_is_kept_and_was_used_until_it_was_seen_last() {
    let shop = "namespace shop";
    let sketch = Sketch::of_all(NOW - 90 * DAY, NOW - 40 * DAY)
        .start(NOW - 40 * DAY, &[shop])
        .seen(shop, NOW - 40 * DAY, NOW, Healed::Blind)
        .used(use_of("elsewhere", NOW - 80 * DAY).place("pay", "Deployment/a", "main"))
        .used(use_of("here", NOW - 40 * DAY).scope(shop));
    let terms = Terms { window: span(NOW - DAY, NOW), max_gap: SignedDuration::ZERO, partial_scope: true };
    let mut keep = Keep::default();
    keep.add(ask(&sketch, terms, 0).unwrap().cluster);
    let last: Vec<Option<Last>> = keep.list().into_iter().map(|kept| kept.last).collect();
    assert_eq!(last, [Some(Last::Until(t(NOW - 40 * DAY))), Some(Last::Still)]);
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
