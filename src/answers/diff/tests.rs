use super::{Diff, diff};
use crate::answers::sketch::{ALL, Sketch, UseOf, digest, t, use_of};
use crate::answers::{Filter, Wanted};
use crate::record::past::Healed;

fn asked(sketch: &Sketch, from: i64, until: Option<i64>) -> Diff {
    let wanted = Wanted { filter: &Filter::default(), namespaces: &[] };
    diff(sketch, wanted, t(from), until.map(t), t(1000)).unwrap()
}

/// Each difference as `WORD IMAGE`, one that only may be with `?`, and a lone `?` at the end of an
/// answer that is not complete.
fn told(answer: &Diff) -> String {
    let short = |text: &str| text.trim_start_matches("docker.io/library/").replace(":latest", "");
    let words = answer.changes.iter().map(|change| {
        let mark = if change.is_certain { "" } else { "?" };
        format!("{} {}{mark}", change.change.word(), short(&change.image.reference))
    });
    let end = (!answer.extent.is_complete).then(|| "?".to_owned());
    words.chain(end).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(uses: &[UseOf], from: i64, until: i64, expected: &str) {
    let sketch = Sketch::of_all(10, 20).seen(ALL, 30, 40, Healed::Bridged);
    let sketch = uses.iter().cloned().fold(sketch, Sketch::used);
    assert_eq!(told(&asked(&sketch, from, Some(until))), expected, "{from} {until} {uses:?}");
    assert_eq!(told(&asked(&sketch, until, Some(from))), expected, "the order does not matter");
}

#[test]
fn what_is_used_only_at_one_moment_was_added_or_removed() {
    let uses = [use_of("stayed", 10), use_of("went", 10).until(15), use_of("came", 16)];
    check(&uses, 12, 18, "added came, removed went");
    check(&uses, 17, 18, "");
    check(&[use_of("blinked", 13).until(15)], 12, 18, "");
}

#[test]
fn an_image_that_merely_moved_between_workloads_is_no_difference() {
    let moved = use_of("web", 15).place("pay", "Deployment/web", "main");
    check(&[use_of("web", 10).until(15), moved], 12, 18, "");
}

#[test]
fn a_tag_that_runs_with_other_digests_moved() {
    let with = |beginning: &str, opened| use_of("web", opened).digest(beginning);
    check(&[with("a", 10).until(15), with("b", 15)], 12, 18, "moved web");
    check(&[with("a", 10), with("b", 15)], 12, 18, "moved web");
    check(&[use_of("web", 10).until(15), with("b", 15)], 12, 18, "");
    let pinned = format!("web@{}", digest("c"));
    check(&[use_of(&pinned, 10).digest("a").until(15), use_of(&pinned, 15).digest("b")], 12, 18, "");

    let sketch = Sketch::of_all(10, 20).used(with("a", 10).until(15)).used(with("b", 15));
    let answer = asked(&sketch, 12, Some(18));
    let digests = |digests: &std::collections::BTreeSet<std::sync::Arc<str>>| {
        digests.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(digests(&answer.changes[0].old_digests), [digest("a")]);
    assert_eq!(digests(&answer.changes[0].image.digests), [digest("b")]);
}

#[test]
fn in_a_gap_a_difference_is_certain_only_where_both_ways_lead_to_it() {
    let uses = [use_of("stayed", 10), use_of("went", 10).until(30), use_of("came", 30), use_of("late", 35)];
    check(&uses, 12, 25, "added came?, removed went?, ?");
    check(&uses, 25, 36, "added came?, added late, removed went?, ?");
    check(&uses, 12, 36, "added came, added late, removed went");
    check(&[use_of("stayed", 10), use_of("late", 35)], 25, 36, "added late");
    check(&[use_of("web", 10).digest("a").until(30), use_of("web", 30).digest("b")], 25, 36, "added web?, ?");
}

#[test]
fn between_different_scopes_every_difference_only_may_be() {
    let (a, b) = ("namespace a", "namespace b");
    let sketch = Sketch::new()
        .start(10, &[a])
        .seen(a, 10, 20, Healed::Blind)
        .start(30, &[a, b])
        .seen(a, 30, 40, Healed::Bridged)
        .seen(b, 30, 40, Healed::Blind)
        .used(use_of("x", 10).scope(a))
        .used(use_of("y", 30).scope(b));
    let answer = asked(&sketch, 15, Some(35));
    assert_eq!(told(&answer), "added y?, ?");
    let gaps: Vec<&str> = answer.extent.gaps.iter().map(|gap| gap.kind.word()).collect();
    assert_eq!(gaps, ["boundary"]);
    assert_eq!(told(&asked(&sketch, 32, Some(35))), "");
}

#[test]
fn without_a_second_moment_it_is_the_last_that_was_seen() {
    let sketch = Sketch::of_all(10, 20).used(use_of("web", 15));
    let answer = asked(&sketch, 12, None);
    assert_eq!((told(&answer).as_str(), answer.until), ("added web", t(20)));
    assert_eq!(told(&asked(&Sketch::new(), 12, None)), "?");
}

#[test]
fn from_a_moment_after_all_was_seen_last_nothing_is_known() {
    let sketch = Sketch::of_all(10, 20).used(use_of("web", 15));
    let answer = asked(&sketch, 500, None);
    assert_eq!((told(&answer).as_str(), answer.from, answer.until), ("?", t(500), t(1000)));
    let shortly_after = asked(&sketch, 25, None);
    assert_eq!((told(&shortly_after).as_str(), shortly_after.from, shortly_after.until), ("", t(20), t(20)));
    assert_eq!(told(&asked(&sketch, 12, Some(25))), "added web");
}

#[test]
fn across_an_adoption_every_difference_only_may_be() {
    let sketch = Sketch::of_all(10, 20).adopts(29, &[ALL]).seen(ALL, 30, 40, Healed::Blind);
    let sketch = sketch.used(use_of("x", 10).until(30)).used(use_of("y", 30));
    let answer = asked(&sketch, 15, Some(35));
    assert_eq!(told(&answer), "removed x?, added y?, ?");
    let gaps: Vec<&str> = answer.extent.gaps.iter().map(|gap| gap.kind.word()).collect();
    assert_eq!(gaps, ["adopted"]);
    assert_eq!(told(&asked(&sketch, 32, Some(35))), "");
}
