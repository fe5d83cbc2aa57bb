use super::{Export, When, export};
use crate::answers::sketch::{ALL, Sketch, digest, span, t, use_of};
use crate::answers::{Bound, End, Filter, Wanted};
use crate::record::past::{Active, Healed, Span};

/// The past as it is asked at 1000.
fn asked(sketch: &Sketch, when: When) -> Export {
    export(sketch, Wanted { filter: &Filter::default(), namespaces: &[] }, when, t(1_000)).unwrap()
}

fn exported(sketch: &Sketch, span: Span) -> Export {
    asked(sketch, When::Span(span))
}

/// Seen from 0 to 100 and from 200 to 300; certain and merely possible images of a span.
#[track_caller]
fn check(healed: Healed, during: Span, certain: &[&str], possible: &[&str], is_complete: bool) {
    let sketch = Sketch::of_all(0, 100)
        .seen(ALL, 200, 300, healed)
        .used(use_of("x/early:1", 10).until(20))
        .used(use_of("x/gone:1", 10).until(200))
        .used(use_of("x/found:1", 200).until(210))
        .used(use_of("x/through:1", 10).until(290))
        .used(use_of("x/late:1", 250));
    let export = exported(&sketch, during);
    let names = |is_certain: bool| -> Vec<String> {
        let images = export.images.iter().filter(|image| image.is_certain == is_certain);
        images.map(|image| image.reference.trim_start_matches("docker.io/x/").replace(":1", "")).collect()
    };
    assert_eq!(names(true), certain, "certain in {during:?}");
    assert_eq!(names(false), possible, "possible in {during:?}");
    assert_eq!(export.extent.is_complete, is_complete, "{during:?}");
}

#[test]
fn a_moment_in_sight_has_what_was_used_then() {
    check(Healed::Blind, Span::moment(t(15)), &["early", "gone", "through"], &[], true);
    check(Healed::Blind, Span::moment(t(20)), &["gone", "through"], &[], true);
    check(Healed::Blind, Span::moment(t(250)), &["late", "through"], &[], true);
}

#[test]
fn a_moment_out_of_sight_has_what_was_on_both_sides_and_what_may_have_been() {
    check(Healed::Blind, Span::moment(t(150)), &["through"], &["found", "gone"], false);
    check(Healed::Bridged, Span::moment(t(150)), &["through"], &["found", "gone"], false);
}

#[test]
fn a_span_has_what_was_used_at_any_time_of_it() {
    check(Healed::Blind, span(15, 50), &["early", "gone", "through"], &[], true);
    check(Healed::Blind, span(220, 260), &["late", "through"], &[], true);
    let all = ["early", "found", "gone", "late", "through"];
    check(Healed::Bridged, span(0, 300), &all, &[], true);
    check(Healed::Blind, span(0, 300), &all, &[], false);
}

#[test]
fn a_span_that_ends_out_of_sight_tells_what_may_be_missed_or_too_much() {
    check(Healed::Bridged, span(150, 300), &["found", "late", "through"], &["gone"], false);
    check(Healed::Bridged, span(15, 150), &["early", "gone", "through"], &["found"], false);
}

#[test]
fn an_image_is_told_once_with_all_its_places_and_times() {
    let sketch = Sketch::of_all(0, 100)
        .used(use_of("nginx:1", 10).digest("a").until(20))
        .used(use_of("nginx:1", 30).digest("a").reported("m.io/nginx").place("pay", "CronJob/x", "c"))
        .used(use_of("nginx:1", 40).digest("b").reported("").until(50))
        .used(use_of("nginx:1", 60).until(70));
    let images = exported(&sketch, span(0, 100)).images;
    let digests: Vec<Option<&str>> = images.iter().map(|image| image.digest.as_deref()).collect();
    assert_eq!(digests, [None, Some(&*digest("a")), Some(&*digest("b"))]);
    let repositories = |number: usize| -> Vec<&str> {
        images[number].repositories.iter().map(|repository| &**repository).collect()
    };
    assert_eq!(repositories(1), ["docker.io/library/nginx", "m.io/nginx"]);
    assert!(repositories(0).is_empty() && repositories(2).is_empty(), "a digest alone is in no repository");
    let exact = |at| Bound { at: t(at), is_exact: true };
    assert_eq!((images[1].first, images[1].last), (exact(10), End::Used));
    assert_eq!((images[2].first, images[2].last), (exact(40), End::Ended(exact(50))));
    assert_eq!(images[1].places.keys().map(|name| &**name).collect::<Vec<_>>(), ["pay", "shop"]);
}

/// What the image of a span is told to be: since when, until when, and whether it was active.
fn told(sketch: &Sketch, during: Span) -> (Bound, End, bool) {
    let export = exported(sketch, during);
    let [image] = &*export.images else { panic!("{:?}", export.images) };
    (image.first, image.last, image.is_active)
}

#[test]
fn a_time_is_exact_where_it_was_seen_as_it_happened() {
    let sketch = Sketch::of_all(0, 100).seen(ALL, 200, 300, Healed::Bridged);
    let check = |opened: i64, closed: i64, since: bool, until: bool| {
        let sketch = sketch.clone().used(use_of("nginx:1", opened).until(closed));
        let bound = |at, is_exact| Bound { at: t(at), is_exact };
        let expected = (bound(opened, since), End::Ended(bound(closed, until)), true);
        assert_eq!(told(&sketch, span(0, 300)), expected);
    };
    check(0, 50, false, true);
    check(50, 200, true, false);
    check(200, 250, false, true);
}

#[test]
fn what_is_not_watched_any_more_has_no_end_that_was_seen() {
    let (shop, pay) = ("namespace shop", "namespace pay");
    let sketch = Sketch::new().start(0, &[shop, pay]).start(200, &[shop]);
    let sketch = sketch.seen(shop, 0, 300, Healed::Blind).seen(pay, 0, 190, Healed::Blind);
    let last = |scope: &str| told(&sketch.clone().used(use_of("nginx:1", 10).scope(scope)), span(0, 300)).1;
    assert_eq!(last(shop), End::Used);
    assert_eq!(last(pay), End::LastSeen(t(190)));
}

#[test]
fn an_image_is_active_where_an_active_pod_used_it_in_the_time_that_is_asked_about() {
    let check = |active: Active, during: Span, expected: bool| {
        let sketch = Sketch::of_all(0, 300).used(use_of("nginx:1", 10).active(active));
        assert_eq!(told(&sketch, during).2, expected, "{active:?} {during:?}");
    };
    for during in [Span::moment(t(50)), span(50, 200)] {
        check(Active::Never, during, false);
        check(Active::Until(t(50)), during, false);
        check(Active::Until(t(51)), during, true);
        check(Active::Still, during, true);
    }
}

/// When an image is said to have been used last, in an answer of a time.
#[track_caller]
fn lasts(sketch: &Sketch, during: Span, expected: End) {
    let images = exported(sketch, during).images;
    assert_eq!(images.iter().map(|image| image.last).collect::<Vec<_>>(), [expected], "{during:?}");
}

#[test]
fn what_was_used_last_is_told_as_of_the_end_of_the_time() {
    let sketch = Sketch::of_all(0, 300).used(use_of("nginx:1", 10).until(200));
    lasts(&sketch, Span::moment(t(100)), End::Used);
    lasts(&sketch, span(50, 100), End::Used);
    lasts(&sketch, span(50, 250), End::Ended(Bound { at: t(200), is_exact: true }));
    let sketch = Sketch::of_all(0, 300).used(use_of("nginx:1", 10));
    lasts(&sketch, Span::moment(t(300)), End::Used);
    lasts(&sketch, span(100, 900), End::LastSeen(t(300)));
    lasts(&sketch, Span::moment(t(900)), End::LastSeen(t(300)));
}

#[test]
fn what_is_watched_no_more_was_used_until_it_was_seen_last() {
    let shop = "namespace shop";
    let sketch = Sketch::of_all(0, 100).start(109, &[shop]).seen(shop, 110, 300, Healed::Blind);
    let sketch = sketch.used(use_of("nginx:1", 10).place("pay", "Deployment/a", "main"));
    lasts(&sketch, span(50, 300), End::LastSeen(t(100)));
    lasts(&sketch, span(50, 100), End::Used);
    assert!(exported(&sketch, Span::moment(t(300))).images.is_empty());
}

#[test]
fn without_an_end_a_time_ends_when_all_was_seen_last() {
    let check = |when: When, expected: Span, is_complete: bool| {
        let export = asked(&Sketch::of_all(0, 300), when);
        assert_eq!((export.span, export.extent.is_complete), (expected, is_complete), "{when:?}");
    };
    check(When::Last, Span::moment(t(300)), true);
    check(When::Since(t(100)), span(100, 300), true);
    check(When::Since(t(600)), span(600, 1_000), false);
    check(When::At(t(600)), Span::moment(t(600)), false);
    check(When::At(t(400)), Span::moment(t(300)), true);
    check(When::Since(t(400)), Span::moment(t(300)), true);
    check(When::Span(span(100, 400)), span(100, 300), true);
    let never = asked(&Sketch::new(), When::Last);
    assert_eq!((never.span, never.extent.is_complete), (Span::moment(t(1_000)), false));
}
