//! Accounts with few rights, with too few, and with rights that come and go.

use super::accounts::{Account, Reach};
use super::control_plane::shared;
use super::kimager::{Kimager, PATIENCE, event};
use super::pods::Pod;
use super::said::{fence, untimed};

/// A namespace with a pod in it, and an account that may do this with the pods there.
fn account(namespace: &str, verbs: &[&str]) -> Account {
    let api = shared().api();
    api.create_namespace(namespace);
    api.create_pod(Pod::new(namespace, "first").app("app", "first:1"));
    let account = api.create_account(namespace, "watcher");
    if !verbs.is_empty() {
        api.grant(&account, Reach::Namespace(namespace), verbs);
    }
    account
}

/// The program as this account.
fn start(account: &Account, namespace: &str) -> Kimager {
    let kubeconfig = shared().kubeconfig(&shared().api().token(account));
    Kimager::start(&kubeconfig, &["-n", namespace])
}

fn complaints(kimager: &Kimager) -> Vec<String> {
    kimager.stderr().into_iter().filter(|line| !line.contains(" INFO ] ")).collect()
}

#[track_caller]
fn assert_works(kimager: &Kimager, namespace: &str) {
    let api = shared().api();
    api.create_pod(Pod::new(namespace, "second").app("app", "second:1"));
    api.delete_pod(namespace, "first");
    let said = kimager.said_before(api, &fence(namespace));
    assert_eq!(untimed(&said), [
        format!("[+|image]  first:1  [{namespace}|first]"),
        format!("[+|image]  second:1  [{namespace}|second]"),
        format!("[-|image]  first:1  [{namespace}|first]"),
    ]);
}

#[test]
fn to_get_list_and_watch_pods_is_all_it_takes() {
    let account = account("three-rights", &["get", "list", "watch"]);
    let kimager = start(&account, "three-rights");
    kimager.wait_ready();
    assert_works(&kimager, "three-rights");
    assert!(complaints(&kimager).is_empty(), "{:?}", complaints(&kimager));
}

#[test]
fn without_the_right_to_list_it_works_and_warns_once() {
    let account = account("two-rights", &["get", "watch"]);
    let kimager = start(&account, "two-rights");
    kimager.wait_ready();
    assert_works(&kimager, "two-rights");
    let complaints = complaints(&kimager);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("may watch pods but not list them"), "{complaints:?}");
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
    assert_eq!(complaints(&kimager), [refused]);
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
fn each_namespace_that_may_be_read_has_a_watch_and_the_others_are_told() {
    let may = account("may-read", &["get", "list", "watch"]);
    shared().api().create_namespace("may-not-read");
    let kubeconfig = shared().kubeconfig(&shared().api().token(&may));
    let kimager = Kimager::start(&kubeconfig, &["-n", "may-read", "-n", "may-not-read"]);
    kimager.wait_for_line(event("+|image", "first:1", "may-read|first"), PATIENCE);
    let refused = kimager.wait_for_line(|line| line.contains(" ERROR] "), PATIENCE).text;
    assert!(refused.contains("may-not-read"), "{refused}");
    assert!(!kimager.stderr().iter().any(|line| line.contains("ready: ")), "one of two is not enough");
}
