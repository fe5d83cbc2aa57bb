//! What `keep` says of a record that was really made, by recorders that died, held against what
//! happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::histories::{Step, run, step};
use super::world::{Death, World};
use crate::answers::keep::{Keep, Terms, ask};
use crate::answers::{Gap, GapKind};
use crate::record::SqlitePast;
use crate::record::past::{Past as _, Span, Use};

/// A question, in milliseconds: the window and the longest gap, and how many versions.
#[derive(Clone, Copy, Debug)]
struct Question {
    within: i64,
    max_gap: i64,
    versions: usize,
    /// How long after the end of the history it is asked.
    later: i64,
}

fn question() -> impl Strategy<Value = Question> {
    let max_gap = prop_oneof![Just(0), 0..10_000_i64, Just(10_000_000)];
    let later = prop_oneof![4 => 0..2_000_i64, 1 => 0..400_000_i64];
    (1..60_000_i64, max_gap, 0..3_usize, later).prop_map(|(within, max_gap, versions, later)| Question {
        within,
        max_gap,
        versions,
        later,
    })
}

/// What was used from one moment until just before another.
#[derive(Debug)]
struct Used<'a> {
    image: &'a str,
    from: Timestamp,
    until: Timestamp,
}

/// The uses that really were, each without a pause; one that goes on has no end.
fn uses(world: &World) -> Vec<Used<'_>> {
    let images: BTreeSet<&String> = world.truth().iter().flat_map(|(_, images)| images).collect();
    let mut uses = Vec::new();
    for image in images {
        let mut begun = None;
        for (at, images) in world.truth() {
            match (begun, images.contains(image)) {
                (None, true) => begun = Some(*at),
                (Some(from), false) => {
                    uses.push(Used { image, from, until: *at });
                    begun = None;
                }
                _ => {}
            }
        }
        uses.extend(begun.map(|from| Used { image, from, until: Timestamp::MAX }));
    }
    uses
}

/// The references of each workload that it used last; several if it is not known which of them was the
/// last.
fn last_versions(past: &SqlitePast) -> Vec<BTreeSet<String>> {
    let mut last: BTreeMap<Arc<str>, (Timestamp, BTreeSet<String>)> = BTreeMap::new();
    let mut see = |used: Use| {
        let closed = used.closed.unwrap_or(Timestamp::MAX);
        let (latest, references) = last.entry(used.workload).or_insert((closed, BTreeSet::new()));
        if closed > *latest {
            references.clear();
        }
        if closed >= *latest {
            *latest = closed;
            references.insert(used.reference.to_string());
        }
    };
    past.uses(Span::ALWAYS, &[], &mut see).unwrap();
    last.into_values().map(|(_, references)| references).collect()
}

/// Whether the answer leaves nothing out that it does not own up to; whether there was one.
fn check(world: &World, question: Question) -> bool {
    let millis = SignedDuration::from_millis;
    let Question { within, max_gap, versions, later } = question;
    let now = world.now() + millis(later);
    let window = Span { from: now - millis(within), until: now };
    let terms = Terms { window, max_gap: millis(max_gap), partial_scope: false };
    let past = SqlitePast::open(&world.path()).unwrap();
    let Ok(asked) = ask(&past, terms, versions) else { return false };
    let tolerated = asked.vouched.tolerated;
    let mut keep = Keep::default();
    keep.add(asked.cluster);
    let kept: BTreeSet<String> = keep.list().into_iter().map(|kept| kept.name.to_string()).collect();
    for used in uses(world) {
        let lies_in = |gap: &Gap| {
            gap.kind != GapKind::Misdated && gap.span().from < used.from && used.until <= gap.span().until
        };
        let is_asked = used.until > window.from;
        let is_owned_up_to = tolerated.iter().any(lies_in);
        assert!(
            !is_asked || is_owned_up_to || kept.contains(used.image),
            "{used:?}: {tolerated:?}, {kept:?}"
        );
    }
    if versions > 0 {
        for references in last_versions(&past) {
            assert!(!references.is_disjoint(&kept), "{references:?} {kept:?}");
        }
    }
    true
}

#[tokio::test(flavor = "current_thread")]
async fn a_record_without_a_gap_is_answered_for() {
    let put = |name, image| Step::Put { name, image, digest: None };
    let world = run(&[Step::Relist, put(0, 0), put(0, 1), Step::Delete(0)], Death::None, 0).await;
    assert!(check(&world, Question { within: 2_000, max_gap: 60_000, versions: 2, later: 0 }));
    assert!(!check(&world, Question { within: 2_000, max_gap: 10_000_000, versions: 2, later: 400_000 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 60 } else { 2000 }))]

    #[test]
    fn whatever_happens_and_dies_keep_leaves_out_no_image_that_was_used_in_its_window(
        steps in vec(step(), 1..60),
        death in prop_oneof![
            2 => Just(Death::None),
            1 => (1..8_u64).prop_map(Death::Before),
            1 => (1..8_u64).prop_map(Death::After),
        ],
        questions in vec(question(), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let world = run(&steps, death, 0).await;
            if world.path().exists() {
                for question in questions {
                    check(&world, question);
                }
            }
        });
    }
}
