use super::{Coverage, GapKind};
use crate::answers::sketch::{ALL, Sketch, span, t};
use crate::record::past::{Healed, Span};

const NOW: i64 = 10_000;

fn coverage(sketch: &Sketch, namespaces: &[&str]) -> Coverage {
    Coverage::new(&sketch.about, &sketch.sight, namespaces, t(NOW))
}

/// Gaps as words: `KIND SCOPE FROM-UNTIL`, `*` for an end that is not known.
fn gaps(sketch: &Sketch, namespaces: &[&str], during: Span) -> Vec<String> {
    let end = |end: Option<jiff::Timestamp>| end.map_or("*".to_owned(), |end| end.as_second().to_string());
    let gaps = coverage(sketch, namespaces).gaps(during).into_iter();
    gaps.map(|gap| format!("{} {} {}-{}", gap.kind.word(), gap.scope, end(gap.from), end(gap.until)))
        .collect()
}

#[track_caller]
fn check(sketch: &Sketch, namespaces: &[&str], during: Span, expected: &[&str]) {
    assert_eq!(gaps(sketch, namespaces, during), expected, "{namespaces:?} {during:?}");
}

const BOTH: [&str; 2] = ["namespace a", "namespace b"];
const A: &str = "namespace a";
const B: &str = "namespace b";

/// All namespaces: seen 10 to 20, resumed 30 to 40, listed anew 50 to 60, recovered 70 to 80.
fn one_scope() -> Sketch {
    Sketch::new()
        .start(9, &[ALL])
        .seen(ALL, 10, 20, Healed::Blind)
        .seen(ALL, 30, 40, Healed::Bridged)
        .seen(ALL, 50, 60, Healed::Blind)
        .seen(ALL, 70, 80, Healed::Unwritable)
}

#[test]
fn a_gap_lies_between_what_was_seen_and_is_as_it_was_healed() {
    let all = [
        "before-record all namespaces *-10",
        "bridged all namespaces 20-30",
        "blind all namespaces 40-50",
        "unwritable all namespaces 60-70",
        "since all namespaces 80-*",
    ];
    check(&one_scope(), &[], Span::ALWAYS, &all);
    check(&one_scope(), &["shop"], Span::ALWAYS, &all);
    check(&one_scope(), &[], span(25, 45), &all[1..3]);
    let blind: Vec<bool> =
        coverage(&one_scope(), &[]).gaps(Span::ALWAYS).iter().map(|gap| gap.kind.is_blind()).collect();
    assert_eq!(blind, [true, false, true, true, true]);
}

#[test]
fn the_ends_of_a_gap_were_seen() {
    check(&one_scope(), &[], span(10, 20), &[]);
    check(&one_scope(), &[], span(30, 40), &[]);
    check(&one_scope(), &[], span(20, 21), &["bridged all namespaces 20-30"]);
    for (at, gap) in [(5, true), (10, false), (20, false), (21, true), (30, false), (80, false), (81, true)] {
        assert_eq!(coverage(&one_scope(), &[]).moment(t(at)).gap_of(ALL).is_some(), gap, "{at}");
    }
}

#[test]
fn a_span_is_complete_without_a_blind_gap() {
    let is_complete = |from, until| coverage(&one_scope(), &[]).is_complete(span(from, until));
    assert!(is_complete(10, 40));
    for (from, until) in [(9, 10), (10, 41), (50, 65), (70, 81)] {
        assert!(!is_complete(from, until), "{from} {until}");
    }
}

#[test]
fn each_scope_has_its_own_gaps_and_a_namespace_matters_only_to_those_that_can_hold_it() {
    let sketch = Sketch::new()
        .start(9, &BOTH)
        .seen(A, 10, 20, Healed::Blind)
        .seen(B, 10, 25, Healed::Blind)
        .seen(A, 22, 40, Healed::Bridged)
        .seen(B, 35, 40, Healed::Blind);
    let (of_a, of_b) = ("bridged namespace a 20-22", "blind namespace b 25-35");
    check(&sketch, &[], span(10, 40), &[of_a, of_b]);
    check(&sketch, &["a"], span(10, 40), &[of_a]);
    check(&sketch, &["b"], span(10, 40), &[of_b]);
    check(&sketch, &["b", "a"], span(24, 40), &[of_b]);
    check(&sketch, &["a", "c"], span(24, 40), &["unwatched namespace c *-*"]);
    let moment = coverage(&sketch, &["b"]).moment(t(30));
    assert_eq!(moment.scopes, [B.into()]);
    assert!(moment.gap_of(B).is_some() && moment.gap_of(A).is_none());
}

#[test]
fn a_namespace_is_held_by_every_scope_but_those_that_exclude_it() {
    let except = "all namespaces except b";
    let sketch = Sketch::new().start(10, &[except]).seen(except, 10, 20, Healed::Blind);
    check(&sketch, &["a"], span(10, 20), &[]);
    check(&sketch, &["b"], span(10, 20), &["unwatched namespace b *-*"]);
    assert!(coverage(&sketch, &["b"]).moment(t(15)).scopes.is_empty());
    let picky = "namespace a where app=web";
    let sketch = Sketch::new().start(10, &[picky]).seen(picky, 10, 20, Healed::Blind);
    check(&sketch, &["a"], span(10, 20), &[]);
}

/// Namespace a, then both, then b alone.
fn changing() -> Sketch {
    Sketch::new()
        .start(9, &[A])
        .seen(A, 10, 20, Healed::Blind)
        .start(29, &BOTH)
        .seen(A, 30, 40, Healed::Bridged)
        .seen(B, 30, 40, Healed::Blind)
        .start(49, &[B])
        .seen(B, 50, 60, Healed::Bridged)
}

#[test]
fn a_change_of_what_is_watched_is_a_boundary() {
    let (bridged, came) = ("bridged namespace a 20-30", "boundary namespace b *-30");
    let (went, resumed) = ("boundary namespace a 40-*", "bridged namespace b 40-50");
    check(&changing(), &[], span(10, 35), &[came, bridged]);
    check(&changing(), &[], span(35, 55), &[went, resumed]);
    check(&changing(), &[], span(52, 55), &[]);
    check(&changing(), &["a"], span(10, 35), &[bridged]);
    check(&changing(), &["a"], span(52, 55), &["unwatched namespace a 49-*"]);
    check(&changing(), &["b"], span(10, 20), &["unwatched namespace b *-29"]);
    let scopes = |from, until| coverage(&changing(), &[]).scopes(span(from, until));
    assert_eq!(scopes(10, 20), [A.into()]);
    assert_eq!(scopes(10, 35), [A.into(), B.into()]);
    assert_eq!(scopes(55, 60), [B.into()]);
}

#[test]
fn a_boundary_without_length_is_one_all_the_same() {
    let at_once = Sketch::new().start(10, &[A]).seen(A, 10, 20, Healed::Blind).start(20, &[B]).seen(
        B,
        20,
        30,
        Healed::Blind,
    );
    check(&at_once, &[], span(10, 30), &["boundary namespace b *-20", "boundary namespace a 20-*"]);
    check(&at_once, &[], span(20, 30), &[]);
}

#[test]
fn the_scopes_in_force_are_those_of_the_latest_start() {
    let scopes = |at| coverage(&changing(), &[]).moment(t(at)).scopes;
    assert_eq!(scopes(1), [A.into()]);
    assert_eq!(scopes(28), [A.into()]);
    assert_eq!(scopes(29), [A.into(), B.into()]);
    assert_eq!(scopes(70), [B.into()]);
}

#[test]
fn a_start_that_saw_nothing_makes_the_gap_no_shorter() {
    let sketch = Sketch::of_all(10, 20).start(25, &[ALL]).start(29, &[ALL]).seen(ALL, 30, 40, Healed::Blind);
    check(&sketch, &[], span(10, 40), &["blind all namespaces 20-30"]);
    let sketch = Sketch::of_all(10, 20).start(25, &[ALL]);
    check(&sketch, &[], span(10, 30), &["since all namespaces 20-*"]);
}

#[test]
fn what_was_pruned_counts_as_not_seen() {
    check(&one_scope().pruned_until(15), &[], span(0, 20), &["pruned all namespaces *-15"]);
    check(&one_scope().pruned_until(25), &[], span(0, 40), &["pruned all namespaces *-30"]);
    check(&one_scope().pruned_until(40), &[], span(40, 40), &[]);
}

#[test]
fn an_empty_record_has_seen_nothing() {
    check(&Sketch::new(), &[], Span::ALWAYS, &["unwatched all namespaces *-*"]);
    check(&Sketch::new(), &["a"], Span::ALWAYS, &["unwatched namespace a *-*"]);
    let begun = Sketch::new().start(10, &[ALL]);
    check(&begun, &[], Span::ALWAYS, &["before-record all namespaces *-*"]);
    for sketch in [Sketch::new(), begun] {
        assert_eq!(coverage(&sketch, &[]).last_seen(), None);
        assert!(!coverage(&sketch, &[]).is_complete(span(0, 100)));
    }
}

#[test]
fn last_seen_is_when_all_was_seen() {
    let last = |sketch: &Sketch, namespaces: &[&str]| {
        coverage(sketch, namespaces).last_seen().map(jiff::Timestamp::as_second)
    };
    assert_eq!(last(&one_scope(), &[]), Some(80));
    assert_eq!(last(&changing(), &[]), Some(60));
    assert_eq!(last(&changing(), &["a"]), Some(40));
    assert_eq!(last(&changing(), &["c"]), None);
    let uneven = Sketch::new()
        .start(9, &BOTH)
        .seen(A, 10, 20, Healed::Blind)
        .seen(B, 10, 30, Healed::Blind)
        .seen(A, 40, 50, Healed::Blind);
    assert_eq!(last(&uneven, &[]), Some(20));
    assert_eq!(last(&uneven, &["a"]), Some(50));
    let started_anew = one_scope().start(90, &BOTH).seen(A, 91, 95, Healed::Blind);
    assert_eq!(last(&started_anew, &[]), Some(80), "b was never seen");
}

#[test]
fn a_clock_that_was_set_back_hides_no_gap() {
    let sketch = Sketch::of_all(10, 30).start(19, &[ALL]).seen(ALL, 20, 40, Healed::Blind);
    check(&sketch, &[], span(10, 40), &["blind all namespaces 19-20"]);
    let sketch = Sketch::new().start(30, &[A]).start(20, &[B]).seen(B, 20, 40, Healed::Blind);
    assert_eq!(coverage(&sketch, &[]).moment(t(35)).scopes, [B.into()]);
}

#[test]
fn an_adoption_is_a_boundary_whatever_is_watched() {
    let sketch = Sketch::of_all(10, 20).adopts(29, &[ALL]).seen(ALL, 30, 40, Healed::Blind).start(49, &[ALL]);
    let adopted = "adopted all namespaces 20-30";
    check(&sketch, &[], span(10, 40), &[adopted]);
    check(&sketch, &["a"], span(10, 40), &[adopted]);
    check(&sketch, &[], span(30, 40), &[]);
    let coverage = coverage(&sketch, &[]);
    assert!(!coverage.gaps(span(10, 40))[0].has_both_sides(), "what was used before is of another cluster");
    assert!(!coverage.are_alike(t(15), t(35)) && coverage.are_alike(t(30), t(60)));
    let both = Sketch::of_all(10, 20).adopts(30, &[A]).seen(A, 30, 40, Healed::Blind);
    check(&both, &[], span(10, 40), &["adopted namespace a *-30", "adopted all namespaces 20-*"]);
    let unseen = Sketch::of_all(10, 20).adopts(29, &[ALL]);
    check(&unseen, &[], span(10, 40), &["adopted all namespaces 20-*"]);
}

/// A year, and a day, of seconds.
const YEAR: i64 = 365 * DAY;
const DAY: i64 = 86_400;

#[test]
fn of_what_was_seen_by_a_clock_that_jumped_ahead_only_the_beginning_is_believed() {
    let ahead = Sketch::of_all(10, YEAR);
    let (hidden, misdated) = ("clock all namespaces 10-3000", "misdated all namespaces 10-31536000");
    let restarted = ahead.clone().start(2_990, &[ALL]).seen(ALL, 3_000, 4_000, Healed::Blind);
    check(&restarted, &[], span(10, 4_000), &[hidden, misdated]);
    check(&restarted, &[], span(20, 30), &[hidden, misdated]);
    check(&restarted, &[], span(3_000, 4_000), &[misdated]);
    let reconnected = ahead.clone().seen(ALL, 3_000, 4_000, Healed::Bridged);
    check(&reconnected, &[], span(10, 4_000), &[hidden, misdated]);
    let soon = Sketch::of_all(10, 3_500).start(2_990, &[ALL]).seen(ALL, 3_000, 4_000, Healed::Blind);
    check(&soon, &[], span(10, 4_000), &[hidden, "misdated all namespaces 10-3500"]);
    check(&soon, &[], span(3_500, 4_000), &[]);
    let for_ever = ["clock all namespaces 10-*", misdated];
    check(&ahead.clone().start(2_990, &[ALL]), &[], span(10, NOW), &for_ever);
    check(&ahead, &[], span(10, NOW), &for_ever);
    assert_eq!(coverage(&ahead, &[]).last_seen(), Some(t(10)), "it is not later than now");
    assert!(coverage(&ahead, &[]).gaps(Span::ALWAYS).iter().all(|gap| gap.kind.is_blind()));
}

#[test]
fn what_began_later_than_now_is_not_believed_and_makes_all_that_was_seen_doubtful() {
    let sketch = Sketch::of_all(10, 500).seen(ALL, YEAR, YEAR + 5, Healed::Bridged);
    let misdated = "misdated all namespaces *-31536005";
    check(&sketch, &[], span(10, NOW), &[misdated, "clock all namespaces 500-*"]);
    check(&sketch, &[], span(10, 500), &[misdated]);
    let sketch = Sketch::of_all(10, NOW - 5).seen(ALL, YEAR, YEAR + 5, Healed::Bridged);
    check(&sketch, &[], span(10, NOW), &[misdated, "since all namespaces 9995-*"]);
}

#[test]
fn a_clock_that_is_put_right_by_a_little_is_believed() {
    let sketch = Sketch::of_all(10, 1_000).start(990, &[ALL]).seen(ALL, 995, 2_000, Healed::Blind);
    check(&sketch, &[], span(10, 2_000), &["blind all namespaces 990-995"]);
    let sketch = Sketch::of_all(10, NOW + 60);
    check(&sketch, &[], span(10, NOW), &[]);
    assert_eq!(coverage(&sketch, &[]).last_seen(), Some(t(NOW)));
}

#[test]
fn a_moment_shortly_after_the_last_that_was_seen_is_answered_as_of_that() {
    let settled = |sketch: &Sketch, at: i64| coverage(sketch, &[]).settled(t(at)).as_second();
    assert_eq!([70, 80, 81, 260].map(|at| settled(&one_scope(), at)), [70, 80, 80, 80]);
    assert_eq!(settled(&one_scope(), 261), 261, "it is not written any more");
    assert_eq!([25, 45, 5].map(|at| settled(&one_scope(), at)), [25, 45, 5], "what was seen later is known");
    let left = one_scope().start(90, &[A]);
    assert_eq!(settled(&left, 95), 95, "another part was watched by then");
    let uneven = Sketch::new().start(9, &BOTH).seen(A, 10, 50, Healed::Blind).seen(B, 10, 40, Healed::Blind);
    assert_eq!([45, 60].map(|at| settled(&uneven, at)), [40, 40], "all that was watched");
}

#[test]
fn the_last_that_was_seen_up_to_a_moment_is_told() {
    let last = |at: i64| coverage(&one_scope(), &[]).seen_last(t(at)).map(jiff::Timestamp::as_second);
    assert_eq!([5, 15, 25, 55, 100].map(last), [None, Some(15), Some(20), Some(55), Some(80)]);
}

#[test]
fn a_gap_says_in_a_sentence_what_it_means() {
    let said = |sketch: Sketch, namespaces: &[&str], kind: GapKind| {
        let gaps = coverage(&sketch, namespaces).gaps(Span::ALWAYS);
        gaps.iter().find(|gap| gap.kind == kind).map(ToString::to_string)
    };
    let check = |kind, expected: &str| {
        assert_eq!(said(one_scope(), &[], kind).as_deref(), Some(expected));
    };
    check(
        GapKind::Blind,
        "all namespaces was not seen from 1970-01-01T00:00:40.000Z to 1970-01-01T00:00:50.000Z: what came and \
         went in between is missed",
    );
    check(
        GapKind::BeforeRecord,
        "all namespaces was not seen before 1970-01-01T00:00:10.000Z, when the record began",
    );
    check(GapKind::Since, "all namespaces was not seen since 1970-01-01T00:01:20.000Z");
    assert_eq!(
        said(Sketch::of_all(10, YEAR), &[], GapKind::Clock).as_deref(),
        Some(
            "all namespaces was not seen for certain since 1970-01-01T00:00:10.000Z: a clock was wrong, so \
             nobody knows how much of that was seen"
        )
    );
    assert_eq!(
        said(Sketch::of_all(1, 2).pruned_until(1), &["a"], GapKind::Unwatched),
        None,
        "all namespaces hold every one"
    );
}
