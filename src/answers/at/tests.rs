use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{At, at, at_last};
use crate::answers::images::ImagesThen;
use crate::answers::sketch::{ALL, Sketch, UseOf, t, use_of};
use crate::answers::{Filter, GapKind, Pattern, Wanted};
use crate::inventory::ContainerKind;
use crate::record::past::{Active, Healed};

fn asked(sketch: &Sketch, second: i64) -> At {
    at(sketch, Wanted { filter: &Filter::default(), namespaces: &[] }, t(second), t(10_000)).unwrap()
}

fn names(images: &ImagesThen) -> Vec<String> {
    let short = |text: &str| text.trim_start_matches("docker.io/library/").replace(":latest", "");
    images.iter().map(|image| short(&image.reference)).collect()
}

/// `CERTAIN | POSSIBLE`, with `?` behind them where the answer is not complete.
fn told(answer: &At) -> String {
    let end = if answer.extent.is_complete { "" } else { " ?" };
    format!("{} | {}{end}", names(&answer.certain).join(" "), names(&answer.possible).join(" "))
}

#[track_caller]
fn check(sketch: &Sketch, moments: &[(i64, &str)]) {
    for (second, expected) in moments {
        assert_eq!(told(&asked(sketch, *second)), *expected, "at {second}");
    }
}

fn used(mut sketch: Sketch, uses: impl IntoIterator<Item = UseOf>) -> Sketch {
    for place in uses {
        sketch = sketch.used(place);
    }
    sketch
}

/// Seen from 10 to 20 and from 30 to 40.
fn with_gap(healed: Healed) -> Sketch {
    Sketch::of_all(10, 20).seen(ALL, 30, 40, healed)
}

#[test]
fn in_sight_a_use_lasts_from_its_beginning_until_just_before_its_end() {
    let sketch = used(Sketch::of_all(10, 30), [use_of("a", 12).until(20), use_of("b", 20), use_of("c", 10)]);
    check(&sketch, &[(10, "c | "), (12, "a c | "), (19, "a c | "), (20, "b c | "), (30, "b c | ")]);
}

#[test]
fn in_a_gap_it_is_certain_what_was_used_on_both_sides() {
    for healed in [Healed::Bridged, Healed::Blind, Healed::Unwritable] {
        let sketch = used(
            with_gap(healed),
            [
                use_of("stayed", 10),
                use_of("went-later", 10).until(35),
                use_of("went", 10).until(30),
                use_of("came", 30),
                use_of("blinked", 30).until(30),
                use_of("before", 10).until(20),
                use_of("after", 31),
            ],
        );
        check(&sketch, &[(25, "stayed went-later | blinked came went ?"), (20, "stayed went-later went | ")]);
        check(&used(with_gap(healed), [use_of("stayed", 10)]), &[(25, "stayed | ")]);
        assert_eq!(asked(&sketch, 25).extent.gaps[0].kind, healed.into());
    }
}

#[test]
fn out_of_sight_on_one_side_nothing_is_certain() {
    let sketch = used(Sketch::of_all(10, 20), [use_of("a", 10), use_of("b", 15), use_of("c", 12).until(14)]);
    check(&sketch, &[(5, " | a ?"), (500, " | a b ?")]);
    let kind = |second| asked(&sketch, second).extent.gaps[0].kind;
    assert_eq!((kind(5), kind(500)), (GapKind::BeforeRecord, GapKind::Since));
    check(&Sketch::of_all(10, 20), &[(5, " |  ?"), (500, " |  ?"), (15, " | ")]);
    check(&used(Sketch::of_all(10, 20).pruned_until(15), [use_of("a", 10)]), &[(12, " | a ?"), (15, "a | ")]);
}

#[test]
fn what_a_scope_tells_of_a_time_at_which_it_was_not_in_force_is_void() {
    let (a, b) = ("namespace a", "namespace b");
    let sketch = Sketch::new().start(10, &[a]).seen(a, 10, 20, Healed::Blind).start(30, &[b]).seen(
        b,
        30,
        40,
        Healed::Blind,
    );
    let in_a = use_of("x", 10).scope(a).place("a", "Deployment/x", "main");
    let in_b = use_of("y", 30).scope(b).place("b", "Deployment/y", "main");
    let sketch = used(sketch, [in_a, in_b]);
    check(&sketch, &[(15, "x | "), (25, " | x ?"), (35, "y | ")]);
}

#[test]
fn a_namespace_that_nobody_watched_makes_an_answer_incomplete() {
    let except = "all namespaces except pay";
    let sketch = Sketch::new().start(10, &[except]).seen(except, 10, 20, Healed::Blind);
    let sketch = used(sketch, [use_of("x", 10).scope(except)]);
    let asked = |namespaces: &[&str]| {
        let namespaces: Vec<String> = namespaces.iter().map(ToString::to_string).collect();
        told(
            &at(&sketch, Wanted { filter: &Filter::default(), namespaces: &namespaces }, t(15), t(100))
                .unwrap(),
        )
    };
    assert_eq!(asked(&["shop"]), "x | ");
    assert_eq!(asked(&["shop", "pay"]), "x |  ?");
    assert_eq!(asked(&["pay"]), " |  ?");
    assert_eq!(asked(&["other"]), " | ");
}

#[test]
fn a_filter_leaves_only_what_it_means() {
    let sketch = used(
        Sketch::of_all(10, 30),
        [
            use_of("web", 10).digest("0123456789ab"),
            use_of("busybox", 10).kind(ContainerKind::Init).active(Active::Never),
            use_of("job", 10).active(Active::Until(t(15))),
        ],
    );
    let check = |filter: Filter, expected: &str| {
        let wanted = Wanted { filter: &filter, namespaces: &[] };
        assert_eq!(told(&at(&sketch, wanted, t(20), t(100)).unwrap()), expected);
        assert_eq!(
            told(
                &at(&sketch, Wanted { namespaces: &["elsewhere".to_owned()], ..wanted }, t(20), t(100))
                    .unwrap()
            ),
            " | "
        );
    };
    let image = |text: &str| Some(Pattern::parse(text).unwrap());
    check(Filter::default(), "busybox job web | ");
    check(Filter { active: true, ..Filter::default() }, "web | ");
    check(Filter { kinds: vec![ContainerKind::Init], ..Filter::default() }, "busybox | ");
    check(Filter { image: image("0123456789ab"), ..Filter::default() }, "web | ");
    check(Filter { image: image("jo*"), ..Filter::default() }, "job | ");
}

#[test]
fn uses_of_an_image_add_up() {
    let sketch = used(
        Sketch::of_all(10, 30),
        [
            use_of("web", 12).digest("b").place("shop", "Deployment/b", "main"),
            use_of("web", 11).digest("a").place("pay", "Deployment/a", "main").active(Active::Never),
            use_of("web", 13).place("pay", "Deployment/c", "x").kind(ContainerKind::Init),
        ],
    );
    let answer = asked(&sketch, 20);
    let image = answer.certain.iter().next().unwrap();
    assert_eq!((image.digests.len(), image.kinds.len(), image.since.at), (2, 2, t(11)));
    assert!(image.is_active);
    let places: Vec<usize> = image.places.values().map(BTreeSet::len).collect();
    assert_eq!(places, [2, 1]);
}

#[test]
fn an_answer_says_where_its_resolution_is_coarse() {
    let sketch = used(Sketch::of_all(10, 30).coarse_until(15), [use_of("web", 10)]);
    assert!(asked(&sketch, 14).extent.is_coarse);
    assert!(!asked(&sketch, 15).extent.is_coarse);
    let sketch = used(Sketch::of_all(10, 30), [use_of("web", 10).runs(2)]);
    assert!(asked(&sketch, 20).extent.is_coarse);
}

#[test]
fn the_last_answer_is_of_when_all_was_seen_last() {
    let wanted = Wanted { filter: &Filter::default(), namespaces: &[] };
    let sketch = used(Sketch::of_all(10, 30), [use_of("web", 10), use_of("old", 10).until(30)]);
    let answer = at_last(&sketch.cluster("prod"), wanted, t(100)).unwrap();
    assert_eq!((answer.at, told(&answer)), (t(30), "web | ".to_owned()));
    assert_eq!(answer.extent.cluster, "prod");
    let answer = at_last(&Sketch::new(), wanted, t(100)).unwrap();
    assert_eq!((answer.at, told(&answer)), (t(100), " |  ?".to_owned()));
}

#[test]
fn shortly_after_all_was_seen_last_the_answer_is_as_of_then_and_says_so() {
    let sketch = used(Sketch::of_all(10, 30), [use_of("web", 10), use_of("old", 10).until(20)]);
    let answer = asked(&sketch, 90);
    assert_eq!((answer.asked, answer.at, answer.extent.as_of), (t(90), t(30), Some(t(30))));
    assert_eq!(told(&answer), "web | ");
    let answer = asked(&sketch, 900);
    assert_eq!((answer.asked, answer.at, answer.extent.as_of), (t(900), t(900), Some(t(30))));
    assert_eq!(told(&answer), " | web ?");
}

/// A clock that was ahead told of `came` and that `went` had gone; the program died, and another one has
/// listed all pods since.
#[test]
fn what_a_clock_that_was_ahead_told_is_only_possible_until_that_time_has_come() {
    let sketch = used(
        Sketch::of_all(10, 5_000).start(2_990, &[ALL]).seen(ALL, 3_000, 9_000, Healed::Blind),
        [
            use_of("stayed", 10),
            use_of("went", 10).until(4_000),
            use_of("came", 4_000),
            use_of("since", 6_000),
        ],
    );
    let all = " | came stayed went ?";
    check(&sketch, &[(10, "stayed went | "), (1_000, all), (3_500, all), (4_500, all)]);
    check(&sketch, &[(5_000, "came stayed | "), (7_000, "came since stayed | ")]);
}

#[test]
fn what_was_used_before_an_adoption_and_after_it_is_not_certain_in_between() {
    let sketch = used(
        Sketch::of_all(10, 20).adopts(29, &[ALL]).seen(ALL, 30, 40, Healed::Blind),
        [use_of("stayed", 10), use_of("came", 30)],
    );
    check(&sketch, &[(15, "stayed | "), (25, " | came stayed ?"), (35, "came stayed | ")]);
}

/// A watch that sees, and loses sight, in turns: seconds of each, and whether a gap is bridged.
fn turns() -> impl Strategy<Value = Vec<(i64, i64, bool)>> {
    prop::collection::vec((1..8_i64, 1..8_i64, any::<bool>()), 1..6)
}

/// The time at which a change is told by a record that saw and lost sight in turns.
fn told_at(second: i64, seen: &[(i64, i64, Healed)]) -> i64 {
    let next = seen.iter().find(|(_, until, _)| second <= *until);
    next.map_or(i64::MAX, |(from, ..)| second.max(*from))
}

proptest! {
    /// Against what really happened: each use is of an image of its own, and what lived and died in
    /// a blind gap is what nobody can know of.
    #[test]
    fn certain_is_true_and_what_is_true_is_possible(
        turns in turns(),
        lives in prop::collection::vec((0..60_i64, 1..20_i64), 0..12),
    ) {
        let mut sketch = Sketch::new().start(5, &[ALL]);
        let mut seen = Vec::new();
        let mut now = 5;
        for (length, pause, is_bridged) in turns {
            let healed = if is_bridged && now > 5 { Healed::Bridged } else { Healed::Blind };
            sketch = sketch.seen(ALL, now, now + length, healed);
            seen.push((now, now + length, healed));
            now += length + pause;
        }
        let mut truth = Vec::new();
        for (number, (born, lived)) in lives.into_iter().enumerate() {
            let (opened, closed) = (told_at(born, &seen), told_at(born + lived, &seen));
            let is_missed = opened == closed
                && seen.iter().all(|(from, _, healed)| *from != opened || *healed != Healed::Bridged);
            if opened == i64::MAX || is_missed {
                continue;
            }
            let name = format!("image-{number:02}");
            let place = use_of(&name, opened);
            sketch = sketch.used(if closed == i64::MAX { place } else { place.until(closed) });
            truth.push((name, born, born + lived));
        }
        for second in (0..now + 5).chain([now + 500]) {
            let answer = asked(&sketch, second);
            let is_after = seen.last().is_some_and(|(_, until, _)| answer.at > t(*until));
            let second = answer.at.as_second();
            let used_then = truth.iter().filter(|(_, born, died)| (*born..*died).contains(&second));
            let truth: BTreeSet<String> = used_then.map(|(name, ..)| name.clone()).collect();
            let certain: BTreeSet<String> = names(&answer.certain).into_iter().collect();
            let mut all = certain.clone();
            all.extend(names(&answer.possible));
            prop_assert!(certain.is_subset(&truth), "at {second}: {certain:?} of {truth:?}");
            // Of what came after it was last seen, a record has no trace.
            let known: BTreeSet<String> =
                truth.iter().filter(|name| !is_after || all.contains(*name)).cloned().collect();
            prop_assert!(known.is_subset(&all), "at {second}: {truth:?} of {all:?}");
            prop_assert!(!answer.extent.is_complete || certain == truth, "at {second}: {certain:?}, {truth:?}");
        }
    }
}
