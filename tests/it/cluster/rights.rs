//! Accounts with few rights, with too few, and with rights that come and go.

use std::time::Instant;

use serde_json::json;

use super::accounts::{Account, Reach};
use super::kimager::{AT_ONCE, Kimager, PATIENCE, event};
use super::planes::{shared, without_watch_lists};
use super::pods::Pod;
use super::said::{fence, untimed};
use super::weather::{End, Network};

/// A namespace with a pod in it, and an account that may do this with the pods there.
fn account(namespace: &str, verbs: &[&str]) -> Account {
    let api = shared().api();
    api.create_namespace(namespace);
    api.create_pod(Pod::new(namespace, "first").label("set", namespace).app("app", "first:1"));
    let account = api.create_account(namespace, "watcher");
    if !verbs.is_empty() {
        api.grant(&account, Reach::Namespace(namespace), verbs);
    }
    account
}

/// The program as this account.
fn start(account: &Account, namespace: &str) -> Kimager {
    let kubeconfig = shared().kubeconfig(&shared().api().token(account));
    Kimager::start(&kubeconfig, "memory", &["-n", namespace])
}

/// It says what is there, and what comes and goes.
#[track_caller]
fn assert_works(kimager: &Kimager, namespace: &str) {
    let api = shared().api();
    api.create_pod(Pod::new(namespace, "second").label("set", namespace).app("app", "second:1"));
    api.delete_pod(namespace, "first");
    let said = kimager.said_before(api, &fence(namespace).label("set", namespace));
    assert_eq!(
        untimed(&said),
        [
            format!("[+|image]  first:1  [{namespace}|first]"),
            format!("[+|image]  second:1  [{namespace}|second]"),
            format!("[-|image]  first:1  [{namespace}|first]"),
        ]
    );
}

#[test]
fn to_get_list_and_watch_pods_is_all_it_takes() {
    let account = account("three-rights", &[]);
    shared().api().grant(&account, Reach::Cluster, &["get", "list", "watch"]);
    let kubeconfig = shared().kubeconfig(&shared().api().token(&account));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-l", "set=three-rights"]);
    kimager.wait_ready();
    assert_works(&kimager, "three-rights");
    assert_eq!(kimager.complaints(), [""; 0]);
}

#[test]
fn without_the_right_to_list_it_works_and_warns_once() {
    let account = account("two-rights", &["get", "watch"]);
    let kimager = start(&account, "two-rights");
    kimager.wait_ready();
    assert_works(&kimager, "two-rights");
    let complaints = kimager.complaints();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("may watch pods but not list them"), "{complaints:?}");
}

#[test]
fn without_the_right_to_list_a_server_that_streams_no_lists_cannot_be_read() {
    let api = without_watch_lists().api();
    api.create_namespace("two-rights");
    let account = api.create_account("two-rights", "watcher");
    api.grant(&account, Reach::Namespace("two-rights"), &["get", "watch"]);
    let kubeconfig = without_watch_lists().kubeconfig(&api.token(&account));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-n", "two-rights"]);
    let refused = kimager.wait_for_line(|line| line.contains(" ERROR] "), PATIENCE).text;
    for word in ["does not stream lists", "may not list", "grant the account get, list and watch on pods"] {
        assert!(refused.contains(word), "{word} is missing in {refused}");
    }
}

#[test]
fn a_right_that_is_missing_is_told_once_and_works_once_it_is_granted() {
    let account = account("no-rights", &[]);
    let kimager = start(&account, "no-rights");
    let refused = kimager.wait_for_line(|line| line.contains(" ERROR] "), PATIENCE).text;
    for word in ["forbidden", "no-rights:watcher", "grant the account get, list and watch on pods"] {
        assert!(refused.contains(word), "{word} is missing in {refused}");
    }
    assert!(!kimager.stderr().iter().any(|line| line.contains("ready: ")));

    shared().api().grant(&account, Reach::Namespace("no-rights"), &["get", "list", "watch"]);
    kimager.wait_ready();
    assert_works(&kimager, "no-rights");
    assert_eq!(kimager.complaints(), [refused]);
}

#[test]
fn a_watch_outlives_the_right_to_it() {
    let account = account("revoked", &["get", "list", "watch"]);
    let kimager = start(&account, "revoked");
    kimager.wait_ready();
    shared().api().revoke(&account, Reach::Namespace("revoked"));
    assert_works(&kimager, "revoked");
}

#[test]
fn a_right_that_is_taken_away_is_told_once_at_the_next_request_and_so_is_its_return() {
    const NAMESPACE: &str = "taken-away";
    const VERBS: [&str; 3] = ["get", "list", "watch"];
    let account = account(NAMESPACE, &VERBS);
    let api = shared().api();
    let network = Network::to(shared());
    let kubeconfig = shared().kubeconfig_at(&network.url(), &json!({ "token": api.token(&account) }));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-n", NAMESPACE]);
    kimager.wait_ready();

    api.revoke(&account, Reach::Namespace(NAMESPACE));
    let cut = Instant::now();
    network.end_connections(End::Closed, 0);
    let refused = kimager.wait_for_line(|line| line.contains(" ERROR] "), PATIENCE);
    let noticed_after = refused.at - cut;
    assert!(noticed_after < AT_ONCE, "{noticed_after:?}");
    for word in ["forbidden", "taken-away:watcher", "grant the account get, list and watch on pods"] {
        assert!(refused.text.contains(word), "{word} is missing in {}", refused.text);
    }

    // A try is a probe and a watch: so it is refused at least twice more.
    network.wait_for_asked(network.asked() + 6);
    api.grant(&account, Reach::Namespace(NAMESPACE), &VERBS);
    kimager.wait_for_line(|line| line.contains("works again after "), PATIENCE);
    assert_works(&kimager, NAMESPACE);
    let mut complaints = kimager.complaints();
    complaints.retain(|line| !line.contains(" WARN ] "));
    assert_eq!(complaints, [refused.text], "once, and beside it only the connection that was cut");
}

#[test]
fn each_namespace_that_may_be_read_has_a_watch_and_the_others_are_told() {
    let may = account("may-read", &["get", "list", "watch"]);
    shared().api().create_namespace("may-not-read");
    let kubeconfig = shared().kubeconfig(&shared().api().token(&may));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-n", "may-read", "-n", "may-not-read"]);
    kimager.wait_for_line(event("+|image", "first:1", "may-read|first"), PATIENCE);
    let refused = kimager.wait_for_line(|line| line.contains(" ERROR] "), PATIENCE).text;
    assert!(refused.contains("may-not-read"), "{refused}");
    assert!(!kimager.stderr().iter().any(|line| line.contains("ready: ")), "one of two is not enough");
}
