//! What many lives of kimager have said and recorded together, held against each other.

use std::collections::{BTreeMap, BTreeSet};

use kimager::record::past::{Span, Use};
use kimager::record::{Past as _, SqlitePast};
use serde_json::Value;

use super::said::objects;

/// The number of an event: that of the start, and its own.
pub(crate) type Number = (u64, u64);

fn number(event: &Value) -> Number {
    let id = event["id"].as_str().expect("an event has an id");
    let numbers: Vec<_> = id.split('.').skip(1).map(|part| part.parse().expect("a number")).collect();
    (numbers[0], numbers[1])
}

/// The events of all lives. Each says them in their order, and what an earlier one said too is the
/// same.
#[track_caller]
pub(crate) fn merge(lives: &[Vec<String>]) -> BTreeMap<Number, Value> {
    let mut events = BTreeMap::new();
    for life in lives {
        let mut last = (0, 0);
        for event in objects(life) {
            let number = number(&event);
            assert!(last < number, "{event} comes too late");
            last = number;
            let known = events.entry(number).or_insert_with(|| event.clone());
            assert_eq!(*known, event);
        }
    }
    events
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

/// The record holds the events that were said and no other, and the images in use.
#[track_caller]
pub(crate) fn check_record(past: &SqlitePast, said: &BTreeMap<Number, Value>, used: &BTreeSet<String>) {
    let mut stored = Vec::new();
    past.events(Span::ALWAYS, &[], &mut |entry| stored.push(entry.id.to_string())).expect("it can be read");
    let said: Vec<&str> = said.values().map(|event| event["id"].as_str().expect("an id")).collect();
    assert_eq!(stored, said, "the record holds what was said");
    let mut open = BTreeSet::new();
    let mut keep_open = |one: Use| {
        if one.closed.is_none() {
            open.insert(one.reference.to_string());
        }
    };
    past.uses(Span::ALWAYS, &[], &mut keep_open).expect("it can be read");
    assert_eq!(&open, used, "the record holds what is used");
}
