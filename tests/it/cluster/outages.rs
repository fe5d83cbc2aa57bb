//! The server goes away and comes back.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::churn::Churn;
use super::kimager::{AT_ONCE, Kimager, PATIENCE, event};
use super::planes::disposable;
use super::pods::Pod;
use super::recount::{in_use, used};
use super::said::{fence, gist, objects, untimed};
use super::weather::Network;

#[test]
fn a_restart_under_load_leaves_lines_and_cluster_agreed() {
    let mut plane = disposable();
    plane.api().create_namespace("restarted");
    let kimager = Kimager::start(&plane.admin_kubeconfig(), "memory", &["-n", "restarted"]);
    let churn = Churn::start(plane.api(), "restarted");
    kimager.wait_for_line(|line| line.contains("[-|image]  own-"), PATIENCE);

    plane.restart_apiserver();
    let after = kimager.mark();
    kimager.wait_for_line_after(after, |line| line.contains("[+|image]  own-"), PATIENCE);
    assert!(churn.stop() > 20);
    let said = kimager.said_before(plane.api(), &fence("restarted"));
    let mut pods = plane.api().pods("restarted");
    pods.retain(|pod| pod["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("churn-")));
    assert_eq!(in_use(&untimed(&said)), used(&pods));
}

#[test]
fn an_outage_is_told_once_and_so_is_its_end() {
    let mut plane = disposable();
    plane.api().create_namespace("outage");
    plane.api().create_pod(Pod::new("outage", "before").app("app", "before:1"));
    let kimager = Kimager::start(&plane.admin_kubeconfig(), "memory", &["-n", "outage"]);
    kimager.wait_for_line(event("+|image", "before:1", "outage|before"), PATIENCE);

    plane.stop_apiserver();
    let stopped = Instant::now();
    let told = kimager.wait_for_line(|line| line.contains("What is known stays"), PATIENCE);
    assert!(told.at - stopped < AT_ONCE, "{:?}", told.at - stopped);
    assert_refusal_is_told_at_once(&plane.admin_kubeconfig());
    assert_unhurried(&TcpListener::bind(plane.address()).expect("the port of the stopped server"));
    plane.start_apiserver();
    kimager.wait_for_line(|line| line.contains("works again after "), PATIENCE);
    plane.api().create_pod(Pod::new("outage", "after").app("app", "after:1"));
    let said = kimager.said_before(plane.api(), &fence("outage"));

    assert_eq!(
        untimed(&said),
        ["[+|image]  before:1  [outage|before]", "[+|image]  after:1  [outage|after]"]
    );
    // Beside the outage, what its version came to be worth after the restart.
    let mut complaints = kimager.complaints();
    complaints.retain(|line| !line.contains("reading all pods anew"));
    assert_eq!(complaints.len(), 1, "one outage: {complaints:#?}");
}

/// Who starts while nobody listens is told so.
fn assert_refusal_is_told_at_once(kubeconfig: &Path) {
    let started = Instant::now();
    let late = Kimager::start(kubeconfig, "memory", &["-n", "outage"]);
    let told = late.wait_for_line(|line| line.contains(" ERROR] ") && line.contains("refused"), PATIENCE);
    assert!(told.at - started < AT_ONCE, "{:?}", told.at - started);
}

/// Whoever is hung up on waits longer each time before it tries again.
fn assert_unhurried(listener: &TcpListener) {
    let tries: Vec<_> = (0..3)
        .map(|_| {
            listener.accept().expect("a try to connect");
            Instant::now()
        })
        .collect();
    let pauses: Vec<_> = tries.windows(2).map(|tries| tries[1] - tries[0]).collect();
    assert!(pauses.iter().all(|pause| *pause > Duration::from_millis(700)), "{pauses:?}");
}

/// Two servers of one store behind one address; the one that was asked is stopped.
#[test]
fn a_server_that_another_one_stands_in_for_costs_no_line_and_says_none_twice() {
    const NAMESPACE: &str = "rolled";
    let mut plane = disposable();
    plane.api().create_namespace(NAMESPACE);
    let replica = plane.start_replica();
    let network = Network::to(&plane);
    let kubeconfig = plane.kubeconfig_at(&network.url(), &json!({ "token": "admin" }));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-n", NAMESPACE]);
    kimager.wait_ready();
    let churn = Churn::start(&replica.api, NAMESPACE);
    kimager.wait_for_line(|line| line.contains("[-|image]  own-"), PATIENCE);

    network.lead_to(replica.address);
    plane.stop_apiserver();
    let stopped = kimager.mark();
    kimager.wait_for_line_after(stopped, |line| line.contains("[-|image]  own-"), PATIENCE);
    let made = churn.stop();
    let said = kimager.said_before(&replica.api, &fence(NAMESPACE));
    plane.start_apiserver();

    let own = untimed(&said).into_iter().filter_map(|line| line.strip_prefix("[+|image]  own-"));
    let own: Vec<&str> = own.filter_map(|line| line.split(':').next()).collect();
    let every_second: Vec<String> = (0..made).step_by(2).map(|number| number.to_string()).collect();
    assert_eq!(own, every_second, "each is said once, and in its turn");
    in_use(&untimed(&said));
    let complaints = kimager.complaints();
    assert!(!complaints.iter().any(|line| line.contains("reading all pods anew")), "{complaints:#?}");
}

#[test]
fn after_410_only_the_net_difference_is_said() {
    let mut plane = disposable();
    plane.api().create_namespace("expired");
    for pod in ["stays", "goes", "moves"] {
        plane.api().create_pod(Pod::new("expired", pod).app("app", &format!("{pod}:1")));
    }
    let kimager = Kimager::start(&plane.admin_kubeconfig(), "memory", &["-n", "expired", "--output", "json"]);
    assert_eq!(kimager.said_before(plane.api(), &fence("expired")).len(), 3);

    // Asleep, it keeps the connection to a server that is gone, and learns nothing from the next.
    kimager.pause();
    plane.restart_apiserver();
    let api = plane.api();
    api.delete_pod("expired", "goes");
    api.delete_pod("expired", "moves");
    api.create_pod(Pod::new("expired", "moved").app("app", "moves:1"));
    api.create_pod(Pod::new("expired", "unseen").app("app", "unseen:1"));
    api.delete_pod("expired", "unseen");
    api.create_pod(Pod::new("expired", "comes").app("app", "comes:1"));
    plane.compact();
    kimager.resume();

    let said = objects(&kimager.said_before(plane.api(), &fence("expired")));
    assert_eq!(gist(&said[3..]), ["added comes:1 relist", "removed goes:1 relist"]);
    assert!(said[3..].iter().all(|line| line["not_before"].is_string() && line["not_after"].is_string()));
    kimager.wait_for_line(|line| line.contains("no longer holds the changes"), PATIENCE);
}
