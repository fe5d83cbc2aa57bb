//! Random histories of a cluster, with random kills: record, lines and what happened agree.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{Death, World};
use crate::answers::{At, Filter, GapKind, Wanted, at};
use crate::record::past::Span;
use crate::record::{Past, SqlitePast};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Put { name: usize, image: usize, digest: Option<char> },
    Delete(usize),
    Pass(i64),
    Lose,
    Resume,
    Relist,
    BreakOff(usize),
    SetBack(usize),
    BeginAudit,
    Audit(usize),
    BreakAudit,
    ResumeAudited(usize),
    Kill,
    Stop,
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const IMAGES: [&str; 3] = ["x", "y", "z"];

pub(super) fn step() -> impl Strategy<Value = Step> {
    let digest = prop::option::of(prop::sample::select(vec!['1', '2']));
    prop_oneof![
        8 => (0..3_usize, 0..3_usize, digest).prop_map(|(name, image, digest)| Step::Put { name, image, digest }),
        4 => (0..3_usize).prop_map(Step::Delete),
        1 => (1..20_000_i64).prop_map(Step::Pass),
        2 => Just(Step::Lose),
        3 => Just(Step::Resume),
        2 => Just(Step::Relist),
        1 => (0..3_usize).prop_map(Step::BreakOff),
        1 => (0..5_usize).prop_map(Step::SetBack),
        1 => Just(Step::BeginAudit),
        2 => (1..6_usize).prop_map(Step::Audit),
        1 => Just(Step::BreakAudit),
        1 => (0..9_usize).prop_map(Step::ResumeAudited),
        2 => Just(Step::Kill),
        1 => Just(Step::Stop),
    ]
}

async fn take(world: &mut World, step: &Step, death: Death) {
    if !world.is_alive() {
        world.kill().await;
        world.start(death).await;
    }
    match step {
        Step::Put { name, image, digest } => world.put(NAMES[*name], IMAGES[*image], *digest).await,
        Step::Delete(name) => world.delete(NAMES[*name]).await,
        Step::Pass(milliseconds) => world.pass(*milliseconds),
        Step::Lose => world.lose().await,
        Step::Resume => world.connect(true).await,
        Step::Relist => world.connect(false).await,
        Step::BreakOff(pods) => world.break_off(*pods).await,
        Step::SetBack(versions) => world.put_back(*versions).await,
        Step::BeginAudit => world.begin_audit().await,
        Step::Audit(pods) => world.audit(*pods).await,
        Step::BreakAudit => world.break_audit().await,
        Step::ResumeAudited(pods) => world.resume_audited(*pods).await,
        Step::Kill => world.kill().await,
        Step::Stop => world.stop().await,
    }
}

/// Runs the steps, then lets a last process see the end of it.
pub(super) async fn run(steps: &[Step], death: Death, linger: i64) -> World {
    let mut world = World::lingering(linger);
    for step in steps {
        take(&mut world, step, death).await;
    }
    if !world.is_alive() {
        world.kill().await;
        world.start(Death::None).await;
    }
    world.end().await;
    if !world.path().exists() {
        return world;
    }
    // Where it died once more, the next one sees the end.
    world.start(Death::None).await;
    world.end().await;
    world
}

/// What a record says of a moment.
fn ask(past: &SqlitePast, moment: Timestamp) -> At {
    at(past, Wanted { filter: &Filter::default(), namespaces: &[] }, moment, Timestamp::MAX).unwrap()
}

fn references(images: &crate::answers::ImagesThen) -> BTreeSet<String> {
    images.iter().map(|image| image.reference.to_string()).collect()
}

fn check(world: &World) {
    check_from(world, 1);
}

/// Record, lines and truth agree; moments are asked from the one of this number on.
pub(super) fn check_from(world: &World, first: usize) {
    // Lines and record: added and removed alternate, and agree.
    let alternates = |events: &[(String, String)]| {
        let mut used: BTreeSet<&str> = BTreeSet::new();
        for (event, image) in events {
            let is_right = match event.as_str() {
                "added" => used.insert(image),
                "removed" => used.remove(image.as_str()),
                "moved" => used.contains(image.as_str()),
                other => panic!("{other}"),
            };
            assert!(is_right, "{event} {image} in {events:?}");
        }
        used.into_iter().map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let lines = world.lines();
    let (_, now) = world.truth().last().unwrap();
    assert_eq!(&alternates(&lines), now, "the lines lead to what is");
    let past = SqlitePast::open(&world.path()).unwrap();
    let mut events = Vec::new();
    past.events(Span::ALWAYS, &[], &mut |entry| {
        if let crate::inventory::change::Event::Image(event) = entry.event {
            events.push((event.happening.word().to_owned(), event.image.to_string()));
        }
    })
    .unwrap();
    assert_eq!(events, lines, "every stored event is said, once, in order");

    // Moments: every one is answered as it was, or the answer says what it does not know.
    for (index, (since, truth)) in world.truth().iter().enumerate().skip(first) {
        let until = world.truth().get(index + 1).map_or(world.now(), |(until, _)| *until);
        let middle =
            *since + SignedDuration::from_millis((until.as_millisecond() - since.as_millisecond()) / 2);
        for moment in [*since, middle, until - SignedDuration::from_millis(1)] {
            let answer = ask(&past, moment);
            let (certain, possible) = (references(&answer.certain), references(&answer.possible));
            let is_blind = answer.extent.gaps.iter().any(|gap| gap.kind != GapKind::Bridged);
            let told = format!("at {moment}: {answer:?}, was {truth:?}");
            if answer.extent.gaps.is_empty() {
                assert_eq!(&certain, truth, "{told}");
                assert!(answer.extent.is_complete && possible.is_empty(), "{told}");
            } else if !is_blind {
                assert!(truth.iter().all(|one| certain.contains(one) || possible.contains(one)), "{told}");
                assert!(certain.is_subset(truth), "{told}");
            }
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_process_may_die_at_every_step_of_commit_print_and_cursor() {
    // A relist, moves, a loss; each life sees some of it.
    let put = |name, image, digest| Step::Put { name, image, digest };
    let steps = [
        put(0, 0, None),
        Step::Relist,
        put(0, 0, Some('1')),
        put(1, 1, None),
        put(0, 1, None),
        Step::Pass(1500),
        put(0, 0, None),
        put(0, 0, Some('2')),
        Step::Delete(1),
        Step::Lose,
        put(2, 2, None),
        Step::Delete(0),
        Step::BreakOff(1),
        Step::Relist,
        put(0, 0, None),
        Step::Delete(2),
    ];
    let mut deaths = vec![Death::None];
    deaths.extend((1..25).flat_map(|commit| [Death::Before(commit), Death::After(commit)]));
    for death in deaths {
        check(&run(&steps, death, 0).await);
    }
}

/// In each of these something that shows all pods contradicts, sooner or later, what was seen since the
/// store was set back.
#[tokio::test(flavor = "current_thread")]
async fn what_a_store_set_back_made_uncertain_is_never_called_complete() {
    let put = |name, image| Step::Put { name, image, digest: None };
    let begin = [put(0, 0), Step::Relist, Step::BeginAudit, Step::Audit(9), put(1, 1), put(2, 2)];
    let histories = [
        // In one life, with the audit beside live changes.
        vec![Step::SetBack(2), Step::Resume, put(0, 1), Step::BeginAudit, Step::Delete(0), Step::Audit(9)],
        // The life that resumed ended before its audit, and so did the one after it.
        vec![Step::SetBack(2), Step::Resume, put(0, 1), Step::Stop, Step::Resume, put(0, 2), Step::Kill],
        // An audit before all that was unseen has been told.
        vec![Step::SetBack(2), Step::ResumeAudited(9), put(0, 1), Step::Lose, Step::Resume, put(0, 2)],
        // One that breaks off when it has found something, but not all; the rest heals by chance.
        vec![Step::SetBack(2), Step::ResumeAudited(1), Step::BreakAudit, put(1, 1), put(2, 2)],
        vec![Step::SetBack(2), Step::ResumeAudited(1), Step::Stop, Step::Resume, put(1, 1), put(2, 2)],
        // A list where an audit was due, in this life and in another; one that breaks off before.
        vec![Step::SetBack(2), Step::Resume, put(0, 1), Step::Lose, put(0, 2), Step::Relist, put(0, 0)],
        vec![Step::SetBack(2), Step::Resume, put(0, 1), Step::Stop, Step::Relist, put(0, 0)],
        vec![
            Step::SetBack(2),
            Step::Resume,
            put(0, 1),
            Step::Lose,
            Step::BreakOff(9),
            Step::Stop,
            Step::Relist,
        ],
    ];
    for history in histories {
        let steps: Vec<Step> = begin.iter().cloned().chain(history).collect();
        check(&run(&steps, Death::None, 0).await);
    }
}

/// The first life dies when its list is stored, and nothing that it saw after that: so there is no last
/// sight from which on the second one is believed only until it is contradicted.
#[tokio::test(flavor = "current_thread")]
async fn what_was_seen_since_a_list_after_which_nothing_was_stored_is_taken_back_as_well() {
    let put = Step::Put { name: 0, image: 0, digest: None };
    let mut world = World::lingering(0);
    for (step, death) in [
        (Step::Relist, Death::Before(2)),
        (put.clone(), Death::None),
        (Step::Kill, Death::None),
        (Step::SetBack(0), Death::None),
        (Step::Resume, Death::None),
        (put, Death::None),
        (Step::Stop, Death::None),
        (Step::Relist, Death::None),
    ] {
        take(&mut world, &step, death).await;
    }
    world.end().await;
    check(&world);
}

/// A life may die before its version is stored, so that the next resumes from before what was undone.
#[tokio::test(flavor = "current_thread")]
async fn what_a_store_set_back_undid_is_not_told_any_more() {
    let put = |name, image| Step::Put { name, image, digest: None };
    let steps = [
        Step::Resume,
        Step::SetBack(0),
        Step::ResumeAudited(0),
        put(0, 0),
        Step::Kill,
        Step::SetBack(1),
        put(1, 1),
        Step::Relist,
        Step::Kill,
        Step::ResumeAudited(0),
        put(0, 0),
    ];
    for _ in 0..40 {
        check(&run(&steps, Death::None, 0).await);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 60 } else { 2000 }))]

    #[test]
    fn whatever_happens_and_dies_the_record_claims_no_more_than_was_seen(
        steps in vec(step(), 1..60),
        death in prop_oneof![
            2 => Just(Death::None),
            1 => (1..8_u64).prop_map(Death::Before),
            1 => (1..8_u64).prop_map(Death::After),
        ],
        linger in prop::sample::select(vec![0, 2500, 30_000]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { check(&run(&steps, death, linger).await) });
    }
}
