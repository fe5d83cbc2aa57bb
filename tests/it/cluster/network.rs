//! The network between kimager and the API server goes bad.
#![expect(clippy::print_stderr, reason = "the time it took is worth knowing")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::Api;
use super::kimager::{AT_ONCE, Kimager, PATIENCE};
use super::planes::shared;
use super::pods::Pod;
use super::record::RecordFile;
use super::said::{fence, objects, untimed};
use super::weather::{End, Network, Weather};

/// What docs/reliability.md promises for a network that stands still.
const SILENCE_IS_NOTICED: Duration = Duration::from_mins(3);

fn kubeconfig(network: &Network) -> PathBuf {
    shared().kubeconfig_at(&network.url(), &json!({ "token": "admin" }))
}

fn start(network: &Network, namespace: &str) -> Kimager {
    let kimager = Kimager::start(&kubeconfig(network), "memory", &["-n", namespace]);
    kimager.wait_ready();
    kimager
}

fn create(api: &Api, namespace: &str, number: usize) {
    let name = format!("pod-{number}");
    api.create_pod(Pod::new(namespace, &name).app("app", &format!("image-{number}:1")));
}

/// Makes 200 pods that share 20 images: a list of some hundred thousand bytes.
fn create_many(api: &Api, namespace: &str) {
    let pod =
        |number: usize| Pod::new(namespace, &format!("pod-{number:03}")).app("app", &shared_image(number));
    api.create_pods((0..200).map(pod));
}

fn shared_image(number: usize) -> String {
    format!("image-{:02}:1", number % 20)
}

#[test]
fn a_connection_may_end_at_any_byte_of_an_event_and_none_is_lost_or_said_twice() {
    const NAMESPACE: &str = "cut";
    let api = shared().api();
    api.create_namespace(NAMESPACE);
    create(api, NAMESPACE, 0);
    let cuts = [0, 1, 5, 21, 100, 500, 1000, 1500, 2500];
    let watched: Vec<_> = cuts
        .into_iter()
        .flat_map(|after| [(End::Closed, after), (End::Reset, after)])
        .map(|(end, after)| {
            let network = Network::to(shared());
            let kimager = start(&network, NAMESPACE);
            (network, kimager, end, after)
        })
        .collect();
    for (network, _, end, after) in &watched {
        network.end_connections(*end, *after);
    }
    let cut_at = Instant::now();
    for number in 1..4 {
        create(api, NAMESPACE, number);
    }
    for (_, kimager, end, after) in &watched {
        kimager.wait_for_line(|line| line.contains("image-3:1"), PATIENCE);
        assert!(cut_at.elapsed() < AT_ONCE, "{end:?} after {after} bytes: {:?}", cut_at.elapsed());
        let lines = kimager.stdout();
        let expected = (0..4).map(|number| format!("[+|image]  image-{number}:1  [cut|pod-{number}]"));
        assert_eq!(untimed(&lines), expected.collect::<Vec<_>>(), "{end:?} after {after} bytes");
    }
    // Those of no byte ended all connections, the others at least those that bytes came over.
    assert!(watched.iter().all(|(network, ..)| network.tries() > 1));
}

#[test]
fn a_connection_may_end_in_the_midst_of_the_first_list_again_and_again() {
    const NAMESPACE: &str = "cut-list";
    let api = shared().api();
    api.create_namespace(NAMESPACE);
    create_many(api, NAMESPACE);
    let network = Network::to(shared());
    // In the midst of the list.
    network.end_each_connection(End::Reset, 60_000);
    let kimager = Kimager::start(&kubeconfig(&network), "memory", &["-n", NAMESPACE]);
    network.wait_for_tries(3);
    network.mend();
    kimager.wait_ready();
    // What a torn list shows is true, and what it does not show is not taken for gone.
    let said = kimager.said_before(api, &fence(NAMESPACE));
    let line = |number: usize| format!("[+|image]  {}  [{NAMESPACE}|pod-{number:03}]", shared_image(number));
    assert_eq!(untimed(&said), (0..20).map(line).collect::<Vec<_>>());
}

#[test]
fn a_slow_network_delays_what_is_said_and_changes_nothing() {
    const NAMESPACE: &str = "slow";
    let api = shared().api();
    api.create_namespace(NAMESPACE);
    let network = Network::to(shared());
    network.turn(Weather::Slow);
    create(api, NAMESPACE, 0);
    let kimager = start(&network, NAMESPACE);
    let tries = network.tries();
    for number in 1..20 {
        create(api, NAMESPACE, number);
    }
    assert_eq!(kimager.said_before(api, &fence(NAMESPACE)).len(), 20);
    assert_eq!(network.tries(), tries, "slowness is no reason to begin anew");
    assert_eq!(kimager.complaints(), [""; 0]);
}

#[test]
fn a_program_that_is_told_to_stop_stops_whatever_the_network_does() {
    const NAMESPACE: &str = "stopped";
    let api = shared().api();
    api.create_namespace(NAMESPACE);
    create_many(api, NAMESPACE);
    let stops = |name: &str, kimager: &mut Kimager| {
        let told_at = Instant::now();
        assert_eq!(kimager.terminate(), 0, "{name}");
        assert!(told_at.elapsed() < AT_ONCE, "{name}: {:?}", told_at.elapsed());
    };

    let network = Network::to(shared());
    let mut watching = start(&network, NAMESPACE);
    network.turn(Weather::Still);
    stops("a watch that stands still", &mut watching);

    let mut asking = Kimager::start(&kubeconfig(&network), "memory", &["-n", NAMESPACE]);
    network.wait_for_tries(2);
    stops("a handshake that stands still", &mut asking);

    let network = Network::to(shared());
    network.turn(Weather::Slow);
    let mut listing = Kimager::start(&kubeconfig(&network), "memory", &["-n", NAMESPACE]);
    network.wait_for_tries(1);
    stops("a list that trickles", &mut listing);
    assert!(!listing.stderr().iter().any(|line| line.contains("ready: ")), "it was still listing");
}

/// The longest test of all, on purpose by itself: it waits for real bookmarks that do not come.
#[test]
fn a_network_that_stands_still_is_noticed_within_three_minutes_and_nothing_is_lost() {
    const NAMESPACE: &str = "still";
    let api = shared().api();
    api.create_namespace(NAMESPACE);
    let record = RecordFile::new();
    let network = Network::to(shared());
    let arguments = ["-n", NAMESPACE, "--output", "json"];
    let kimager = Kimager::start(&kubeconfig(&network), record.path(), &arguments);
    kimager.wait_ready();
    create(api, NAMESPACE, 1);
    kimager.wait_for_line(|line| line.contains("image-1:1"), PATIENCE);

    network.turn(Weather::Still);
    let still_since = Instant::now();
    create(api, NAMESPACE, 2);
    api.delete_pod(NAMESPACE, "pod-1");
    let mark = kimager.mark();
    let is_complaint = |line: &str| line.contains("\"WARN\"") || line.contains(" WARN ] ");
    kimager.wait_for_line_after(mark, is_complaint, SILENCE_IS_NOTICED);
    let noticed_after = still_since.elapsed();
    // What never came to be seen is not made up either.
    assert!(!kimager.stdout().iter().any(|line| line.contains("image-2:1")));

    network.turn(Weather::Fair);
    let said = objects(&kimager.said_before(api, &fence(NAMESPACE)));
    let gist: Vec<String> = said
        .iter()
        .map(|line| [&line["event"], &line["image"]["spelling"]].map(|word| word.as_str().unwrap()).join(" "))
        .collect();
    assert_eq!(gist, ["added image-1:1", "added image-2:1", "removed image-1:1"]);
    let is_bounded = |line: &Value| line["not_before"].is_string() && line["not_after"].is_string();
    assert!(said[1..].iter().all(is_bounded), "it happened unseen: {said:#?}");
    eprintln!("a network that stands still was noticed after {noticed_after:?}");
}
