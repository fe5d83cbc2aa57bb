//! Uses: by the span that they touch, and by hints.

use crate::inventory::ContainerKind;
use crate::record::conformance::record::{on_every_record, uses};
use crate::record::past::{Active, Hint, Span, Use};
use crate::record::samples::{span, t, used};

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn a_use_is_told_as_it_was_kept() {
    on_every_record(|record| {
        let hostile = "'); DROP TABLE place; --\n\u{202e}é";
        let mut kept = vec![
            used("never active", 1).by("Job/a", "main"),
            used("active for a time", 2).by("Job/b", "main"),
            used(hostile, 3).by(hostile, hostile),
            used("", 4).with("").by("", ""),
            used("quay.io/a/b:1", 5).with(&format!("sha256:{HEX}")).by("Pod/c", "main"),
        ];
        kept[0].active = Active::Never;
        kept[1].active = Active::Until(t(6));
        kept[2].scope = hostile.into();
        kept[2].namespace = hostile.into();
        kept[3].reported = Some("".into());
        kept[4].reported = Some("mirror.example.com/a/b".into());
        kept.extend(ContainerKind::ALL.map(|kind| Use { kind, ..used("kinds", 7).until(8) }));
        record.keep(&kept);
        let mut told = uses(&*record.past(), Span::ALWAYS, &[]);
        told.sort_by_key(|one| kept.iter().position(|kept| kept == one));
        assert_eq!(told, kept);
    });
}

/// `expected` are all that touch the span from one second to another.
fn check(kept: &[(&str, Use)], from: i64, until: i64, hints: &[Hint], expected: &str) {
    on_every_record(|record| {
        record.keep(&kept.iter().map(|(_, one)| one.clone()).collect::<Vec<_>>());
        let told = uses(&*record.past(), span(from, until), hints);
        let names = kept.iter().filter(|(_, one)| told.contains(one)).map(|(name, _)| *name);
        assert_eq!(names.collect::<Vec<_>>().join(" "), expected, "{from}-{until}");
        assert_eq!(told.len(), expected.split_whitespace().count(), "each once: {told:?}");
    });
}

#[test]
fn a_span_asks_for_the_uses_that_touch_it_with_both_of_its_ends() {
    let kept =
        [("ended", used("a", 10).until(20)), ("open", used("b", 15)), ("moment", used("c", 25).until(25))];
    let web = [Hint::Reference("".into())];
    for hints in [&[][..], &web] {
        let check = |from, until, expected| check(&kept, from, until, hints, expected);
        check(0, 9, "");
        check(0, 10, "ended");
        check(10, 10, "ended");
        check(0, 15, "ended open");
        check(20, 20, "ended open");
        check(21, 24, "open");
        check(0, 100, "ended open moment");
        check(25, 25, "open moment");
        check(26, 100, "open");
    }
}

/// Of what is kept, all that satisfy one of the hints are told, and each once; others may be.
fn check_hints(hints: &[Hint], satisfying: &[&str]) {
    let images = [
        ("web", used("quay.io/shop/web:1", 10).with(&format!("sha256:{HEX}"))),
        ("web-old", used("quay.io/shop/web:0", 10).until(20)),
        ("worker", used("quay.io/shop/web-worker:1", 10).with(&format!("sha256:f{}", &HEX[1..]))),
        ("under", used("quay.io/a_b/c%d:1", 10).with(&format!("sha512:{HEX}{HEX}"))),
        ("shout", used("GRÜSSE", 10).with(&format!("sha256:{}", HEX.to_uppercase()))),
        ("pinned", used(&format!("quay.io/shop/db:1@sha256:ab{}", &HEX[2..]), 10)),
        ("pinned-shout", used(&format!("quay.io/db@sha256:CD{}", &HEX[2..]), 10)),
        ("pinned-run", {
            used(&format!("quay.io/shop/db@sha256:ab{}", &HEX[2..]), 10)
                .with(&format!("sha256:ab{}", &HEX[2..]))
        }),
    ];
    on_every_record(|record| {
        let kept: Vec<Use> = images.iter().map(|(name, one)| one.clone().by(name, "main")).collect();
        record.keep(&kept);
        for during in [span(10, 20), Span::ALWAYS] {
            let told = uses(&*record.past(), during, hints);
            let is_told = |name: &&str| told.iter().any(|one| &*one.workload == *name);
            let missing: Vec<_> = satisfying.iter().filter(|name| !is_told(name)).collect();
            assert_eq!(missing, [&""; 0], "{hints:?}");
            for one in &told {
                let count = told.iter().filter(|other| *other == one).count();
                assert_eq!(count, 1, "{hints:?}: {one:?}");
            }
        }
        assert_eq!(uses(&*record.past(), span(0, 9), hints), [], "none of another time: {hints:?}");
    });
}

#[test]
fn a_hint_means_the_references_that_begin_so() {
    let check = |beginning: &str, satisfying: &[&str]| {
        check_hints(&[Hint::Reference(beginning.into())], satisfying);
    };
    check("quay.io/shop/web:1", &["web"]);
    check("quay.io/shop/web", &["web", "web-old", "worker"]);
    check("quay.io/", &["web", "web-old", "worker", "under", "pinned", "pinned-shout", "pinned-run"]);
    check("quay.io/a_b/c%", &["under"]);
    check("GRÜSS", &["shout"]);
    check("quay.io/shop/db@sha256:", &["pinned-run"]);
    check("docker.io/", &[]);
}

#[test]
fn a_hint_means_the_digests_that_begin_so_in_any_letter_case_those_in_a_reference_too() {
    let check = |beginning: &str, satisfying: &[&str]| {
        check_hints(&[Hint::Digest(beginning.into())], satisfying);
    };
    check(&format!("sha256:{HEX}"), &["web", "shout"]);
    check("sha256:0123456789ab", &["web", "shout"]);
    check("sha256:0123456789abc", &["web"]);
    check("sha256:", &["web", "worker", "shout", "pinned", "pinned-run"]);
    check("sha256:f", &["worker"]);
    check("sha256:0123456789aB", &["web", "shout"]);
    check("sha256:cd", &["pinned-shout"]);
    check("sha256:CD", &["pinned-shout"]);
    check("sha512:0123456789ab", &["under"]);
    check("sha256:ab", &["pinned", "pinned-run"]);
    check("sha256:ffffffffffff", &[]);
}

#[test]
fn hints_mean_whatever_satisfies_one_of_them() {
    let reference = |text: &str| Hint::Reference(text.into());
    let digest = |text: &str| Hint::Digest(text.into());
    check_hints(&[reference("quay.io/a"), reference("GR")], &["under", "shout"]);
    check_hints(&[digest("sha256:f"), digest("sha512:0")], &["worker", "under"]);
    check_hints(
        &[reference("quay.io/shop/web:"), digest("sha256:ab")],
        &["web", "web-old", "pinned", "pinned-run"],
    );
    check_hints(&[reference("quay.io/shop/web:1"), digest("sha256:0123")], &["web"]);
    check_hints(
        &[reference("quay.io/shop/web"), reference("quay.io/shop/web:1")],
        &["web", "web-old", "worker"],
    );
}
