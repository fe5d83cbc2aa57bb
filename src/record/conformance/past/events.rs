//! Events: in their order, by the span in which they were observed, and by hints.

use crate::inventory::Cause;
use crate::inventory::change::{Event, Happening, PodLine};
use crate::record::conformance::record::{Record, events, on_every_record};
use crate::record::past::{Hint, Span};
use crate::record::samples::{span, used};

use Happening::{Added, Joined, Left, Removed, Resolved};

const OLD: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const NEW: &str = "sha256:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789";

fn moved() -> Happening {
    Happening::Moved { old: OLD.into(), seen_before: true }
}

#[test]
fn added_removed_and_moved_are_told_and_no_other() {
    on_every_record(|record| {
        let mut kept = Vec::new();
        for happening in [Added, Joined, Resolved, moved(), Left, Removed] {
            let entry = record.tell(10, happening, "web");
            kept.extend(entry.event.is_stored().then_some(entry));
        }
        record.tell_all(
            10,
            Event::Pod(PodLine {
                added: true,
                namespace: "shop".into(),
                name: "web-x".into(),
                workload: "Deployment/web".into(),
                scope: "all namespaces".into(),
                cause: Cause::Watch,
            }),
        );
        assert_eq!(kept.len(), 3);
        assert_eq!(events(&*record.past(), Span::ALWAYS, &[]), kept);
    });
}

/// Events are told by their numbers.
fn told(record: &Record, during: Span, hints: &[Hint]) -> Vec<u64> {
    events(&*record.past(), during, hints).iter().map(|entry| entry.id.sequence).collect()
}

/// The clock was set back between the second and the third.
#[test]
fn events_of_a_span_are_told_in_the_order_of_their_numbers() {
    let clock = [10, 30, 15, 20, 40];
    let web = [Hint::Reference("docker.io/library/web".into())];
    for hints in [&[][..], &web] {
        let check = |from, until, expected: &[u64]| {
            on_every_record(|record| {
                for observed in clock {
                    record.tell(observed, Added, "web");
                }
                assert_eq!(told(record, span(from, until), hints), expected, "{from}-{until} {hints:?}");
            });
        };
        check(0, 100, &[1, 2, 3, 4, 5]);
        check(10, 20, &[1, 3, 4]);
        check(15, 30, &[2, 3, 4]);
        check(40, 40, &[5]);
        check(31, 39, &[]);
        check(41, 100, &[]);
        check(0, 9, &[]);
    }
}

#[test]
fn hints_mean_events_of_references_and_digests_that_begin_so() {
    let pinned = format!("quay.io/shop/db@{NEW}");
    // Each number is of the line.
    let happened = [
        (Added, "quay.io/shop/web:1"),
        (Added, "quay.io/shop/web-worker:1"),
        (Added, &*pinned),
        (moved(), "quay.io/shop/web:1"),
        (Removed, "quay.io/shop/web-worker:1"),
    ];
    let check = |hints: &[Hint], satisfying: &[u64]| {
        on_every_record(|record| {
            for (observed, (happening, image)) in (1..).zip(&happened) {
                record.tell(observed, happening.clone(), image);
            }
            record.keep(&[
                used("quay.io/shop/web:1", 1).with(OLD).until(4),
                used("quay.io/shop/web:1", 4).with(NEW),
                used("quay.io/shop/web-worker:1", 2).until(5),
                used(&pinned, 3),
            ]);
            let told = told(record, Span::ALWAYS, hints);
            assert!(told.is_sorted_by(|a, b| a < b), "in order, and each once: {told:?} {hints:?}");
            let missing: Vec<_> = satisfying.iter().filter(|number| !told.contains(number)).collect();
            assert_eq!(missing, [&0; 0], "{hints:?}");
            let later = events(&*record.past(), span(4, 100), hints);
            assert!(later.iter().all(|entry| entry.id.sequence >= 4), "none of another time: {hints:?}");
        });
    };
    let reference = |text: &str| Hint::Reference(text.into());
    let digest = |text: &str| Hint::Digest(text.into());
    check(&[reference("quay.io/shop/web:")], &[1, 4]);
    check(&[reference("quay.io/shop/web")], &[1, 2, 4, 5]);
    check(&[reference("quay.io/shop/db")], &[3]);
    // Of what was used with the digest, also what says nothing of it.
    check(&[digest(OLD)], &[1, 4]);
    check(&[digest("sha256:abcdef")], &[1, 3, 4]);
    check(&[digest("sha256:")], &[1, 3, 4]);
    check(&[reference("quay.io/shop/web-"), digest("sha256:01")], &[1, 2, 4, 5]);
    check(&[reference("quay.io/shop/web"), digest("sha256:")], &[1, 2, 3, 4, 5]);
    check(&[reference("docker.io/"), digest("sha512:")], &[]);
}
