//! What of the cluster is watched: namespaces, exclusions, labels.

use serde_json::json;

use super::accounts::Reach;
use super::api::Patch;
use super::kimager::{Kimager, PATIENCE};
use super::planes::shared;
use super::pods::Pod;
use super::said::{fence, untimed};

#[test]
fn an_account_that_may_read_two_namespaces_watches_both() {
    let api = shared().api();
    let namespaces = ["two-a", "two-b"];
    for namespace in namespaces {
        api.create_namespace(namespace);
    }
    let account = api.create_account("two-a", "watcher");
    for namespace in namespaces {
        api.grant(&account, Reach::Namespace(namespace), &["get", "list", "watch"]);
        api.create_pod(Pod::new(namespace, "pod").app("app", "both:1"));
    }
    let kubeconfig = shared().kubeconfig(&api.token(&account));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-n", "two-a", "-n", "two-b"]);
    kimager.wait_ready();
    // The image of both is in use until the second of its pods is gone.
    api.delete_pod("two-a", "pod");
    assert_eq!(kimager.said_before(api, &fence("two-a")).len(), 1);
    api.delete_pod("two-b", "pod");
    let said = kimager.said_before(api, &fence("two-b"));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(untimed(&said)[0].starts_with("[+|image]  both:1  "));
    assert_eq!(untimed(&said)[1], "[-|image]  both:1  [two-b|pod]");
    assert_eq!(kimager.complaints(), [""; 0]);
}

#[test]
fn a_namespace_without_pods_might_be_a_slip_of_the_pen_and_is_told() {
    let kimager = Kimager::start(&shared().admin_kubeconfig(), "memory", &["-n", "no-such-namespace"]);
    kimager.wait_ready();
    let warning = kimager.wait_for_line(|line| line.contains(" WARN ] "), PATIENCE).text;
    assert!(warning.contains("no-such-namespace: no pods there; does the namespace exist?"), "{warning}");
}

#[test]
fn pods_of_an_excluded_namespace_are_not_seen() {
    let api = shared().api();
    for namespace in ["seen", "excluded"] {
        api.create_namespace(namespace);
        api.create_pod(
            Pod::new(namespace, "early").label("set", "x").app("app", &format!("early-{namespace}:1")),
        );
    }
    // The label keeps the other tests' pods out.
    let arguments = ["--exclude-namespace", "excluded", "-l", "set=x"];
    let kimager = Kimager::start(&shared().admin_kubeconfig(), "memory", &arguments);
    kimager.wait_ready();
    for namespace in ["excluded", "seen"] {
        api.create_pod(
            Pod::new(namespace, "late").label("set", "x").app("app", &format!("late-{namespace}:1")),
        );
    }
    let said = kimager.said_before(api, &fence("seen").label("set", "x"));
    assert_eq!(
        untimed(&said),
        ["[+|image]  early-seen:1  [seen|early]", "[+|image]  late-seen:1  [seen|late]",]
    );
}

#[test]
fn a_pod_that_loses_the_label_is_gone_until_it_has_it_again() {
    let api = shared().api();
    api.create_namespace("labels");
    api.create_pod(Pod::new("labels", "web").label("app", "web").app("app", "web:1"));
    api.create_pod(Pod::new("labels", "other").label("app", "other").app("app", "other:1"));
    let kimager = Kimager::start(&shared().admin_kubeconfig(), "memory", &["-n", "labels", "-l", "app=web"]);
    kimager.wait_ready();
    let relabel = |label| {
        let change = json!({ "metadata": { "labels": { "app": label } } });
        api.patch_pod("labels", "web", Patch::Merge, change);
    };
    relabel("gone");
    relabel("web");
    api.delete_pod("labels", "web");
    let said = kimager.said_before(api, &fence("labels").label("app", "web"));
    assert_eq!(
        untimed(&said),
        [
            "[+|image]  web:1  [labels|web]",
            "[-|image]  web:1  [labels|web]",
            "[+|image]  web:1  [labels|web]",
            "[-|image]  web:1  [labels|web]",
        ]
    );
}
