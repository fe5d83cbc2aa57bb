use super::{Bound, End, History, history};
use crate::answers::sketch::{ALL, Sketch, span, t, use_of};
use crate::answers::{Filter, Pattern, Wanted};
use crate::inventory::change::{Event, Happening};
use crate::record::past::{Active, Healed};

fn of(sketch: &Sketch, filter: &Filter, since: Option<i64>, until: Option<i64>) -> History {
    let wanted = Wanted { filter, namespaces: &[] };
    history(sketch, wanted, since.map(t), until.map(t), t(1000)).unwrap()
}

/// Intervals as `IMAGE SINCE-END`: `~` before a time that is only a bound, `…` for what is used still,
/// `?` behind the last moment at which it was seen.
fn told(answer: &History) -> Vec<String> {
    let bound = |bound: &Bound| format!("{}{}", if bound.is_exact { "" } else { "~" }, bound.at.as_second());
    let short = |text: &str| text.trim_start_matches("docker.io/library/").replace(":latest", "");
    let intervals = answer.uses.iter().flat_map(|(place, intervals)| {
        intervals.iter().map(|interval| {
            let end = match &interval.end {
                End::Ended(end) => bound(end),
                End::LastSeen(last) => format!("{}?", last.as_second()),
                End::Used => "…".to_owned(),
            };
            format!("{} {}-{end}", short(&place.reference), bound(&interval.since))
        })
    });
    intervals.collect()
}

#[track_caller]
fn check(sketch: &Sketch, since: Option<i64>, until: Option<i64>, expected: &[&str], is_complete: bool) {
    let answer = of(sketch, &Filter::default(), since, until);
    assert_eq!(told(&answer), expected, "{since:?} {until:?}");
    assert_eq!(answer.extent.is_complete, is_complete, "{since:?} {until:?}: {:?}", answer.extent.gaps);
}

/// Seen from 10 to 20, from 30 to 40 after a bridged gap, from 50 to 60 after a blind one.
fn sketch() -> Sketch {
    Sketch::of_all(10, 20)
        .seen(ALL, 30, 40, Healed::Bridged)
        .seen(ALL, 50, 60, Healed::Blind)
        .used(use_of("a", 10))
        .used(use_of("b", 15).until(30))
        .used(use_of("b", 35).until(37))
        .used(use_of("c", 50).until(55))
}

#[test]
fn intervals_have_ends_that_are_exact_only_where_they_were_seen() {
    check(&sketch(), None, None, &["a ~10-…", "b 15-~30", "b 35-37", "c ~50-55"], false);
}

#[test]
fn a_span_leaves_out_what_does_not_touch_it_and_is_complete_without_a_blind_gap() {
    check(&sketch(), None, Some(40), &["a ~10-…", "b 15-~30", "b 35-37"], true);
    check(&sketch(), Some(36), Some(39), &["a ~10-…", "b 35-37"], true);
    check(&sketch(), Some(37), Some(39), &["a ~10-…"], true);
    check(&sketch(), Some(52), None, &["a ~10-…", "c ~50-55"], true);
    check(&sketch(), Some(5), Some(12), &["a ~10-…"], false);
    check(&sketch(), Some(36), Some(45), &["a ~10-40?", "b 35-37"], false);
    check(&sketch(), Some(58), Some(70), &["a ~10-…"], true);
    check(&sketch(), Some(58), Some(700), &["a ~10-60?"], false);
    check(&Sketch::new(), None, None, &[], false);
}

#[test]
fn a_span_that_begins_after_all_was_seen_last_ends_now_and_knows_nothing() {
    check(&sketch(), Some(500), None, &["a ~10-60?"], false);
    assert_eq!(of(&sketch(), &Filter::default(), Some(500), None).span, span(500, 1000));
    check(&sketch(), Some(61), None, &["a ~10-…"], true);
    let shortly_after = of(&sketch(), &Filter::default(), Some(61), None);
    assert_eq!((shortly_after.span, shortly_after.extent.as_of), (span(60, 60), Some(t(60))));
}

#[test]
fn the_ends_of_a_span_may_be_named_in_any_order() {
    let asked = |since, until| of(&sketch(), &Filter::default(), Some(since), Some(until));
    assert_eq!(asked(39, 36), asked(36, 39));
    check(&sketch(), Some(39), Some(36), &["a ~10-…", "b 35-37"], true);
}

#[test]
fn the_end_of_a_use_whose_scope_is_watched_no_more_is_not_known() {
    let (a, b) = ("namespace a", "namespace b");
    let sketch = Sketch::new()
        .start(10, &[a])
        .seen(a, 10, 20, Healed::Blind)
        .start(30, &[b])
        .seen(b, 30, 40, Healed::Blind)
        .used(use_of("x", 10).scope(a))
        .used(use_of("y", 30).scope(b));
    check(&sketch, None, None, &["x ~10-20?", "y ~30-…"], false);
    check(&sketch, Some(32), None, &["y ~30-…"], true);
}

/// A scope in which nothing happens is heard of each minute, and what was said of another one meanwhile
/// is asked for at once.
#[test]
fn what_one_scope_told_is_not_held_back_until_all_were_heard_of() {
    let (a, b) = ("namespace a", "namespace b");
    let sketch = Sketch::new()
        .start(10, &[a, b])
        .seen(a, 10, 40, Healed::Blind)
        .seen(b, 10, 60, Healed::Blind)
        .used(use_of("w", 10).scope(a))
        .used(use_of("x", 15).scope(b).until(50))
        .used(use_of("y", 60).scope(b))
        .event(60, Happening::Added, "y");
    check(&sketch, None, None, &["w ~10-…", "x 15-50", "y 60-…"], true);
    let answer = of(&sketch, &Filter::default(), None, None);
    assert_eq!((answer.span, answer.extent.as_of), (span(10, 60), Some(t(40))));
    assert_eq!(answer.events.len(), 1);
    check(&sketch, None, Some(45), &["w ~10-…", "x 15-…"], true);

    let long_ago = sketch.seen(b, 60, 400, Healed::Blind);
    assert_eq!(of(&long_ago, &Filter::default(), None, None).span, span(10, 40));
}

#[test]
fn events_are_those_of_the_images_that_are_meant() {
    let moved = || Happening::Moved {
        old: crate::answers::sketch::digest("0123456789ab").into(),
        seen_before: false,
    };
    let sketch = Sketch::of_all(10, 60)
        .event(12, Happening::Added, "a")
        .event(15, Happening::Added, "b")
        .event(20, moved(), "a")
        .event(30, Happening::Removed, "a");
    let events = |image: Option<&str>, since, until| {
        let image = image.map(|image| Pattern::parse(image).unwrap());
        let answer = of(&sketch, &Filter { image, ..Filter::default() }, since, until);
        let words = answer.events.iter().map(|entry| match &entry.event {
            Event::Image(event) => format!("{} {}", event.happening.word(), entry.observed.as_second()),
            Event::Pod(_) => "pod".to_owned(),
        });
        words.collect::<Vec<_>>()
    };
    assert_eq!(events(None, None, None), ["added 12", "added 15", "moved 20", "removed 30"]);
    assert_eq!(events(Some("a"), None, None), ["added 12", "moved 20", "removed 30"]);
    assert_eq!(events(Some("0123456789ab"), None, None), ["moved 20"]);
    assert_eq!(events(Some("a"), Some(15), Some(25)), ["moved 20"]);
}

/// A digest becomes known after its image was added, and a list that finds an image gone knows none.
#[test]
fn events_of_a_digest_are_those_of_its_images_while_they_ran_with_it() {
    let (one, other) = ("0123456789ab", "ba9876543210");
    let sketch = Sketch::of_all(10, 90)
        .used(use_of("a", 12).digest(one).until(30))
        .used(use_of("a", 40).digest(other).until(50))
        .used(use_of("a", 60).digest(one).active(Active::Never).until(70))
        .used(use_of("b", 12).until(30));
    let sketch = [(12, "a"), (12, "b"), (40, "a"), (60, "a")]
        .into_iter()
        .fold(sketch, |sketch, (at, image)| sketch.event(at, Happening::Added, image));
    let sketch = [(30, "a"), (30, "b"), (50, "a")]
        .into_iter()
        .fold(sketch, |sketch, (at, image)| sketch.event(at, Happening::Removed, image));
    let sketch = sketch.lingered(80, 70, "a");
    let check = |image: &str, active: bool, expected: &[&str]| {
        let filter = Filter { image: Some(Pattern::parse(image).unwrap()), active, ..Filter::default() };
        let answer = of(&sketch, &filter, None, None);
        let words = answer.events.iter().map(|entry| match &entry.event {
            Event::Image(event) => format!("{} {}", event.happening.word(), entry.observed.as_second()),
            Event::Pod(_) => "pod".to_owned(),
        });
        assert_eq!(words.collect::<Vec<_>>(), expected, "{image}");
    };
    check(one, false, &["added 12", "added 60", "removed 30", "removed 80"]);
    check(one, true, &["added 12", "removed 30"]);
    check(other, false, &["added 40", "removed 50"]);
    check(&format!("b@{one}"), false, &[]);
    check(&format!("a@{other}"), false, &["added 40", "removed 50"]);
}

#[test]
fn places_are_told_apart_and_their_intervals_are_in_order() {
    let place = |opened: i64| use_of("a", opened).until(opened + 2);
    let elsewhere = place(20).place("pay", "Deployment/x", "main");
    let sketch =
        Sketch::of_all(10, 60).used(place(30)).used(place(20)).used(elsewhere).used(place(40).runs(3));
    let answer = of(&sketch, &Filter::default(), None, None);
    assert_eq!(told(&answer), ["a 20-22", "a 20-22", "a 30-32", "a 40-42"]);
    assert_eq!(answer.uses.len(), 2);
    assert!(answer.extent.is_coarse);
    let elsewhere = sketch.used(place(50).reported("mirror.example.com/a"));
    assert_eq!(of(&elsewhere, &Filter::default(), None, None).uses.len(), 3, "by another name");
}
