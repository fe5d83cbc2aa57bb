//! Random histories, held against plain lists of what really happened.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::history::{DAY, Key, Record, at, key, limits, minute};
use crate::inventory::change::{Event, Happening};
use crate::record::past::{Healed, Use};
use crate::record::{Entry, Limits};

/// In minutes.
const PAUSE: i64 = 10;

/// After so many minutes this begins to be used, or ceases to.
type Step = (i64, Key);

/// What really happened.
#[derive(Default)]
struct Truth {
    /// Each use: of what, from which minute and until which.
    uses: Vec<(Key, i64, Option<i64>)>,
    events: Vec<Entry>,
    /// The number of the last event that was said.
    said: u64,
    seen: Vec<(i64, i64, Healed)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![4 => 1..15_i64, 1 => 1..3000_i64];
    vec((wait, (0..3_usize, 0..2_usize, 0..2_usize)), 0..60)
}

fn sights() -> impl Strategy<Value = Vec<(i64, i64, Healed)>> {
    let healed = prop_oneof![3 => Just(Healed::Bridged), 1 => Just(Healed::Blind)];
    vec((1..25_i64, 0..4000_i64, healed), 0..12).prop_map(|parts| {
        let mut now = 0;
        let rows = parts.into_iter().map(|(gap, length, healed)| {
            let from = now + gap;
            now = from + length;
            (from, now, healed)
        });
        rows.collect()
    })
}

/// Lives a history, in the record and in plain lists; an image is *added* with its first use and
/// *removed* with its last.
fn live(record: &mut Record, steps: Vec<Step>, seen: Vec<(i64, i64, Healed)>, unsaid: usize) -> (Truth, i64) {
    let mut truth = Truth { seen, ..Truth::default() };
    let mut open: BTreeMap<Key, usize> = BTreeMap::new();
    let mut now = 0;
    for (wait, key) in steps {
        now += wait;
        let is_used = |open: &BTreeMap<Key, usize>| open.keys().any(|(_, image, _)| *image == key.1);
        let was_used = is_used(&open);
        let ended = open.remove(&key);
        if let Some(at) = ended {
            truth.uses[at].2 = Some(now);
        } else {
            open.insert(key, truth.uses.len());
            truth.uses.push((key, now, None));
        }
        record.turn(now, key, ended.is_none());
        match (was_used, is_used(&open)) {
            (false, true) => drop(record.event(now, key, Happening::Added)),
            (true, false) => drop(record.event(now, key, Happening::Removed)),
            _ => {}
        }
    }
    for &(from, until, healed) in &truth.seen {
        record.seen(from, until, healed);
    }
    truth.events = record.events();
    truth.said = truth.events.len().saturating_sub(unsaid) as u64;
    record.said(truth.said);
    (truth, now)
}

/// Before which minutes one tidying prunes, and coalesces.
#[derive(Clone, Copy, Debug)]
struct Tidying {
    pruned: i64,
    coarse: i64,
}

/// The uses are those that really were, less those that are too old; and where a pause was short
/// and is old, they are one. What was made one before belongs together when it is pruned.
fn check_uses(told: &[Use], truth: &Truth, tidyings: &[Tidying]) {
    let mut expected: Vec<(Key, i64, Option<i64>, u32)> =
        truth.uses.iter().map(|&(key, opened, closed)| (key, opened, closed, 1)).collect();
    expected.sort();
    for &Tidying { pruned, coarse } in tidyings {
        let mut uses = std::mem::take(&mut expected);
        uses.retain(|(_, _, closed, _)| closed.is_none_or(|closed| closed >= pruned));
        for (key, opened, closed, more) in uses {
            match expected.last_mut() {
                Some((of, _, end @ Some(_), runs))
                    if *of == key
                        && end.is_some_and(|end| opened - end <= PAUSE)
                        && closed.is_some_and(|closed| closed < coarse) =>
                {
                    (*end, *runs) = (closed, *runs + more);
                }
                _ => expected.push((key, opened, closed, more)),
            }
        }
    }
    let told: Vec<_> =
        told.iter().map(|one| (key(one), minute(one.opened), one.closed.map(minute), one.runs)).collect();
    assert_eq!(told, expected);
}

/// Events are those that really were; what is missing is too old, or was a short pause long ago.
/// What nobody has said is there.
fn check_events(told: &[Entry], truth: &Truth, pruned: i64, coarse: i64) {
    let numbers: BTreeSet<u64> = told.iter().map(|entry| entry.id.sequence).collect();
    let (kept, missing): (Vec<_>, Vec<_>) =
        truth.events.iter().partition(|entry| numbers.contains(&entry.id.sequence));
    assert_eq!(kept, told.iter().collect::<Vec<_>>());
    assert!(missing.iter().all(|entry| entry.id.sequence <= truth.said));
    let mut last: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in missing.into_iter().filter(|entry| minute(entry.observed) >= pruned) {
        assert!(minute(entry.observed) < coarse);
        let Event::Image(event) = &entry.event else { panic!("{entry:?}") };
        match (&event.happening, last.remove(event.image.text().as_ref())) {
            (Happening::Removed, None) => drop(last.insert(event.image.text(), entry)),
            (Happening::Added, Some(removed)) => {
                assert!(minute(entry.observed) - minute(removed.observed) <= PAUSE);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(last.is_empty(), "{last:?}");

    let mut is_used: BTreeMap<&str, bool> = BTreeMap::new();
    for entry in told {
        let Event::Image(event) = &entry.event else { panic!("{entry:?}") };
        let now = event.happening == Happening::Added;
        assert_ne!(is_used.insert(event.image.text(), now), Some(now), "added and removed alternate");
    }
}

/// What is told to have been seen was; but for short gaps long ago in which nothing was missed.
fn check_sight(told: &[(i64, i64)], truth: &Truth, tidyings: &[Tidying]) {
    let mut expected = truth.seen.clone();
    for &Tidying { pruned, coarse } in tidyings {
        let mut rows = std::mem::take(&mut expected);
        rows.retain(|(_, until, _)| *until >= pruned);
        let count = rows.len();
        for (at, (from, until, healed)) in rows.into_iter().enumerate() {
            // What is clipped counts as not seen before.
            let (from, healed) = if from < pruned { (pruned, Healed::Blind) } else { (from, healed) };
            let is_last = at + 1 == count;
            match expected.last_mut() {
                Some(before)
                    if healed == Healed::Bridged && from - before.1 < PAUSE && until < coarse && !is_last =>
                {
                    before.1 = until;
                }
                _ => expected.push((from, until, healed)),
            }
        }
    }
    assert_eq!(told, expected.into_iter().map(|(from, until, _)| (from, until)).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_tidying_the_young_is_unchanged_and_the_old_says_no_more_than_it_may(
        steps in steps(), seen in sights(), unsaid in 0..4_usize,
        later in 0..2 * DAY, fine in 1..4_i64, keep in 2..6_i64, in_two in any::<bool>(),
    ) {
        let mut record = Record::new();
        let (truth, last) = live(&mut record, steps, seen, unsaid);
        let limits: Limits = limits(keep, fine);
        let now = last + later;
        let nows = if in_two { vec![now - 30, now] } else { vec![now] };
        for &now in &nows {
            record.tidy(now, &limits);
        }
        record.check_texts();
        let tidying = |now: &i64| Tidying { pruned: now - keep * DAY, coarse: now - fine * DAY };
        let tidyings: Vec<Tidying> = nows.iter().map(tidying).collect();
        let Tidying { pruned, coarse } = tidying(&now);
        let about = record.about();
        prop_assert!(about.pruned_until.is_none_or(|until| until <= at(pruned)));
        prop_assert!(about.coarse_until.is_none_or(|until| until <= at(coarse)));
        check_uses(&record.uses(), &truth, &tidyings);
        check_events(&record.events(), &truth, pruned, coarse);
        check_sight(&record.sight(), &truth, &tidyings);
        let told = (record.uses(), record.events(), record.sight());
        record.tidy(now, &limits);
        prop_assert_eq!(told, (record.uses(), record.events(), record.sight()), "done is done");
    }
}
