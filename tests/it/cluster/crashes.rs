//! Twenty crashes in a row, while pods come and go.

use std::path::Path;

use jiff::Timestamp;
use kimager::inventory::Reference;
use kimager::record::past::Healed;
use kimager::record::{Past as _, SqlitePast};
use serde_json::Value;

use super::churn::Churn;
use super::kimager::{Kimager, PATIENCE};
use super::lives::Life;
use super::planes::shared;
use super::pods::Pod;
use super::reckoning::{check_events, check_turns, check_uses, merge};
use super::record::RecordFile;
use super::recount::{self, used};
use super::said::fence;
use super::stalls;

const CRASHES: usize = 20;
const NAMESPACE: &str = "crashes";

#[test]
fn twenty_crashes_under_churn_lose_nothing_and_double_nothing() {
    let record = RecordFile::new();
    let (api, kubeconfig) = (shared().api(), shared().admin_kubeconfig());
    let start =
        |output: &str| Kimager::start(&kubeconfig, record.path(), &["-n", NAMESPACE, "--output", output]);
    api.create_namespace(NAMESPACE);
    let mut lives = Vec::new();
    stalls::so_far();

    let mut kimager = start("json");
    kimager.said_before(api, &fence(NAMESPACE));
    let churn = Churn::start(api, NAMESPACE);
    for crash in 0..CRASHES {
        // Sooner or later after its start.
        kimager.wait_for_events(crash % 5);
        let until = Timestamp::now();
        kimager.kill_9();
        lives.push(Life::new(&kimager, until, Vec::new()));
        kimager = start("json");
    }
    let made = churn.stop();
    kimager.said_before(api, &fence(NAMESPACE));
    assert_eq!(kimager.terminate(), 0);
    lives.push(Life::new(&kimager, Timestamp::now(), Vec::new()));

    let events = merge(&lives);
    let references = used(&api.pods(NAMESPACE)).into_iter().map(|one| Reference::parse(&one).to_string());
    let references = references.collect();
    assert_eq!(check_turns(events.values()), references);
    // Every second pod has an image of its own: the server remembered all, so none was missed.
    let is_own = |event: &&Value| {
        event["event"] == "added"
            && event["image"]["spelling"].as_str().is_some_and(|name| name.starts_with("own-"))
    };
    assert_eq!(events.values().filter(is_own).count(), made.div_ceil(2), "of {made} pods");

    // The record tells the same, and knows that it was away twenty times without missing anything.
    let past = SqlitePast::open(Path::new(record.path())).expect("a record");
    check_events(&past, &events);
    check_uses(&past, &recount::uses(&api.pods(NAMESPACE)));
    let healed: Vec<Healed> =
        past.sight().expect("it can be read").seen.iter().map(|seen| seen.healed).collect();
    assert_eq!(healed[0], Healed::Blind, "what was before the record");
    assert!(healed[1..].iter().all(|healed| *healed == Healed::Bridged), "{healed:?}");

    let kimager = start("text");
    api.create_pod(Pod::new(NAMESPACE, "last").app("app", "last:1"));
    kimager.wait_for_line(|line| line.contains("last:1"), PATIENCE);
    assert_eq!(kimager.stdout().len(), 1, "{:?}", kimager.stdout());
}
