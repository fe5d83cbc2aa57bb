//! What many lives of kimager have said and recorded together, held against each other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use kimager::inventory::change::{Event, Happening};
use kimager::record::past::Span;
use kimager::record::{Entry, Past as _, SqlitePast};
use serde_json::{Value, json};

use super::lives::Life;
use super::recount::UsedAt;

/// What was said in the last second before a crash may be said again: so soon it is stored that it was said,
/// unless the disk is busy with what was to be stored before.
const SAID_AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// The number of an event: that of the start, and its own.
pub(crate) type Number = (u64, u64);

fn number(event: &Value) -> Number {
    let id = event["id"].as_str().expect("an event has an id");
    let numbers: Vec<_> = id.split('.').skip(1).map(|part| part.parse().expect("a number")).collect();
    (numbers[0], numbers[1])
}

/// A time that an event names.
pub(crate) fn time(event: &Value, key: &str) -> Option<Timestamp> {
    event[key].as_str().map(|text| text.parse().expect("a time"))
}

/// The events of all lives. Each says them in their order; one that is said again is the same, and was
/// among the last that the life said which said it before.
#[track_caller]
pub(crate) fn merge(lives: &[Life]) -> BTreeMap<Number, Value> {
    let mut events: BTreeMap<Number, (&Life, Timestamp, &Value)> = BTreeMap::new();
    for life in lives {
        let mut last = (0, 0);
        for (at, event) in &life.said {
            let number = number(event);
            assert!(last < number, "{event} comes too late");
            last = number;
            if let Some((before, said, known)) = events.insert(number, (life, *at, event)) {
                assert_eq!(known, event);
                let ran = before.ran_since(said);
                assert!(ran <= SAID_AGAIN, "said {ran:?} before the end of a life, and again later: {event}");
            }
        }
    }
    events.into_iter().map(|(number, (_, _, event))| (number, event.clone())).collect()
}

/// The images in use by the count of events, by reference: each is added and removed in turn, and
/// only what is used moves.
#[track_caller]
pub(crate) fn check_turns<'a>(events: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for event in events {
        let image = event["image"]["reference"].as_str().expect("an image").to_owned();
        let is_in_turn = match event["event"].as_str().expect("a word") {
            "added" => used.insert(image),
            "removed" => used.remove(&image),
            "moved" => used.contains(&image),
            other => panic!("{other} is no event of the lines"),
        };
        assert!(is_in_turn, "out of turn: {event}");
    }
    used
}

/// The record holds the events that were said, word for word, and no other.
#[track_caller]
pub(crate) fn check_events(past: &SqlitePast, said: &BTreeMap<Number, Value>) {
    let mut said = said.values();
    let mut compare = |entry: Entry| {
        let stored = gist_of_entry(&entry);
        assert_eq!(said.next().map(gist).as_ref(), Some(&stored), "the record holds what was said");
    };
    past.events(Span::ALWAYS, &[], &mut compare).expect("it can be read");
    assert_eq!(said.next(), None, "the record holds all that was said");
}

/// The record holds these uses as those of now.
#[track_caller]
pub(crate) fn check_uses(past: &SqlitePast, expected: &BTreeSet<UsedAt>) {
    let mut open = BTreeSet::new();
    past.uses(Span::ALWAYS, &[], &mut |one| {
        if one.closed.is_none() {
            open.insert(UsedAt {
                reference: one.reference.to_string(),
                digest: one.digest.as_deref().map(str::to_owned),
                namespace: one.namespace.to_string(),
                workload: one.workload.to_string(),
                container: one.container.to_string(),
            });
        }
    })
    .expect("it can be read");
    let differing: Vec<_> = open.symmetric_difference(expected).collect();
    assert!(differing.is_empty(), "only in one of record and cluster: {differing:#?}");
}

/// The fields of a line that the record holds as well.
fn gist(line: &Value) -> Value {
    let kept =
        ["id", "event", "scope", "digest", "old_digest", "seen_before", "pod", "workload", "container"];
    let kept = kept.into_iter().chain(["cause", "observed", "not_before", "not_after"]);
    let mut gist: Value = kept.map(|key| (key.to_owned(), line[key].clone())).collect();
    gist["reference"] = line["image"]["reference"].clone();
    gist["spelling"] = line["image"]["spelling"].clone();
    gist
}

fn gist_of_entry(entry: &Entry) -> Value {
    let Event::Image(event) = &entry.event else { panic!("{entry:?} is not stored") };
    let moved = match &event.happening {
        Happening::Moved { old, seen_before } => Some((&**old, *seen_before)),
        _ => None,
    };
    let digest = event.digest.as_deref();
    let text = |time: Timestamp| format!("{time:.6}");
    json!({
        "id": entry.id.to_string(),
        "event": event.happening.word(),
        "scope": **entry.event.scope(),
        "digest": digest,
        "old_digest": moved.map(|(old, _)| old),
        "seen_before": moved.map(|(_, seen_before)| seen_before),
        "pod": { "namespace": *event.user.namespace, "name": *event.user.pod },
        "workload": *event.user.workload,
        "container": { "name": *event.user.container, "kind": event.user.kind.word() },
        "cause": event.cause.word(),
        "observed": text(entry.observed),
        "not_before": entry.not_before.map(text),
        "not_after": entry.not_after.map(text),
        "reference": **event.image.text(),
        "spelling": *event.spelling,
    })
}
