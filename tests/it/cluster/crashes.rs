//! Twenty crashes in a row, while pods come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kimager::inventory::Reference;
use kimager::record::past::{Healed, Span, Use};
use kimager::record::{Past as _, SqlitePast};
use serde_json::Value;

use super::churn::Churn;
use super::kimager::{Kimager, PATIENCE};
use super::planes::shared;
use super::pods::Pod;
use super::record::RecordFile;
use super::recount::{in_use, used};
use super::said::{fence, objects};

const CRASHES: usize = 20;
const NAMESPACE: &str = "crashes";

/// The number of an event: that of the start, and its own.
fn number(event: &Value) -> (u64, u64) {
    let id = event["id"].as_str().expect("an event has an id");
    let numbers: Vec<_> = id.split('.').skip(1).map(|part| part.parse().expect("a number")).collect();
    (numbers[0], numbers[1])
}

/// The events of all runs. Each run says them in their order, and what an earlier one said too
/// is the same.
#[track_caller]
fn merge(runs: &[Vec<String>]) -> BTreeMap<(u64, u64), Value> {
    let mut events = BTreeMap::new();
    for run in runs {
        let mut last = (0, 0);
        for event in objects(run) {
            let number = number(&event);
            assert!(last < number, "{event} comes too late");
            last = number;
            let known = events.entry(number).or_insert_with(|| event.clone());
            assert_eq!(*known, event);
        }
    }
    events
}

#[test]
fn twenty_crashes_under_churn_lose_nothing_and_double_nothing() {
    let record = RecordFile::new();
    let (api, kubeconfig) = (shared().api(), shared().admin_kubeconfig());
    let start =
        |output: &str| Kimager::start(&kubeconfig, record.path(), &["-n", NAMESPACE, "--output", output]);
    api.create_namespace(NAMESPACE);
    let mut printed = Vec::new();

    let mut kimager = start("json");
    kimager.said_before(api, &fence(NAMESPACE));
    let churn = Churn::start(api, NAMESPACE);
    for crash in 0..CRASHES {
        // Sooner or later after its start.
        kimager.wait_for_events(crash % 5);
        kimager.kill_9();
        printed.push(kimager.stdout());
        kimager = start("json");
    }
    let made = churn.stop();
    kimager.said_before(api, &fence(NAMESPACE));
    assert_eq!(kimager.terminate(), 0);
    printed.push(kimager.stdout());

    let events = merge(&printed);
    let line = |event: &Value| {
        let symbol = if event["event"] == "added" { "[+|image]" } else { "[-|image]" };
        format!("{symbol}  {}  []", event["image"]["spelling"].as_str().expect("an image"))
    };
    let lines: Vec<_> = events.values().map(line).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(in_use(&lines), used(&api.pods(NAMESPACE)));
    // Every second pod has an image of its own: the server remembered all, so none was missed.
    let own = lines.iter().filter(|line| line.starts_with("[+|image]  own-")).count();
    assert_eq!(own, made.div_ceil(2), "of {made} pods");

    // The record tells the same, and knows that it was away twenty times without missing anything.
    let past = SqlitePast::open(Path::new(record.path())).expect("a record");
    let mut stored = Vec::new();
    past.events(Span::ALWAYS, &[], &mut |entry| stored.push(entry.id.to_string())).expect("it can be read");
    let said: Vec<&str> = events.values().map(|event| event["id"].as_str().expect("an id")).collect();
    assert_eq!(stored, said);
    let mut open = BTreeSet::new();
    let mut keep_open = |one: Use| {
        if one.closed.is_none() {
            open.insert(one.reference.to_string());
        }
    };
    past.uses(Span::ALWAYS, &[], &mut keep_open).expect("it can be read");
    let references = used(&api.pods(NAMESPACE)).into_iter().map(|one| Reference::parse(&one).to_string());
    assert_eq!(open, references.collect());
    let healed: Vec<Healed> =
        past.sight().expect("it can be read").seen.iter().map(|seen| seen.healed).collect();
    assert_eq!(healed[0], Healed::Blind, "what was before the record");
    assert!(healed[1..].iter().all(|healed| *healed == Healed::Bridged), "{healed:?}");

    let kimager = start("text");
    api.create_pod(Pod::new(NAMESPACE, "last").app("app", "last:1"));
    kimager.wait_for_line(|line| line.contains("last:1"), PATIENCE);
    assert_eq!(kimager.stdout().len(), 1, "{:?}", kimager.stdout());
}
