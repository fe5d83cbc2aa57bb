//! What a release leaves: nothing.

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;

use super::helm::{CHART, plane, until};
use super::objects::Object;
use crate::ran::Ran;

/// Waits until the cluster holds nothing that it did not hold before.
#[track_caller]
pub(super) fn wait_until_nothing_is_left(namespace: &str, before: &BTreeSet<Object>) {
    until(|| {
        let now = plane().objects(&[namespace]);
        let left: Vec<_> = now.difference(before).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("left: {left:?}")) }
    });
}

#[test]
fn uninstalled_and_its_namespace_deleted_it_leaves_nothing_in_the_cluster() {
    const NAMESPACE: &str = "gone";
    let plane = plane();
    let before_all = plane.objects(&[NAMESPACE]);
    plane.make_namespace(NAMESPACE);
    let before = plane.objects(&[NAMESPACE]);
    let values = "persistence.enabled=true,networkPolicy.enabled=true,serviceMonitor.enabled=true,\
                  prometheusRule.enabled=true,dashboard.enabled=true";
    plane.helm(&["install", "-n", NAMESPACE, "kimager", CHART, "--set", values]).done();
    plane.pods_of(&plane.deployment(NAMESPACE, "kimager"));
    let made = plane.objects(&[NAMESPACE]);
    let kinds: BTreeSet<&str> = made.difference(&before).map(|(kind, ..)| &**kind).collect();
    let wanted = ["clusterroles", "clusterrolebindings", "persistentvolumeclaims", "pods", "ipaddresses"];
    for kind in wanted.into_iter().chain(["configmaps", "servicemonitors", "prometheusrules"]) {
        assert!(kinds.contains(kind), "{kind} would not be missed among {kinds:?}");
    }

    plane.helm(&["uninstall", "-n", NAMESPACE, "kimager"]).done();
    wait_until_nothing_is_left(NAMESPACE, &before);
    plane.kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"]).done();
    wait_until_nothing_is_left(NAMESPACE, &before_all);
}

/// Nothing runs a pod here, so what becomes of it is told in place of a kubelet.
#[test]
fn the_pod_of_helm_test_is_gone_whatever_it_found() {
    const NAMESPACE: &str = "tested";
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    plane.helm(&["install", "-n", NAMESPACE, "kimager", CHART]).done();
    let installed = plane.objects(&[NAMESPACE]);
    let tested = |phase: &str| -> Ran {
        let test =
            thread::spawn(move || plane.helm(&["test", "-n", NAMESPACE, "kimager", "--timeout", "60s"]));
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/kimager-test");
        until(|| plane.find(&path));
        plane.api().set_status(NAMESPACE, "kimager-test", &json!({ "phase": phase }));
        test.join().expect("helm runs")
    };
    let said = tested("Succeeded").done();
    assert!(said.contains("Phase:") && said.contains("Succeeded"), "{said}");
    wait_until_nothing_is_left(NAMESPACE, &installed);
    tested("Failed").refused();
    wait_until_nothing_is_left(NAMESPACE, &installed);
}
