//! A release that keeps its record on a volume.

use super::cluster::{Namespace, get, helm, image_values, kubectl, until};
use super::images::steady;
use crate::chart::helm::{CHART, text};

#[test]
#[ignore = "hack/e2e gives it a cluster"]
fn an_upgrade_says_nothing_twice_and_what_was_before_can_still_be_asked() {
    const NAMESPACE: &str = "kimager-e2e-upgrade";
    let namespace = Namespace::restricted(NAMESPACE);
    // What else happens on the cluster is not for this test to tell.
    let watched = format!("namespaces={{{NAMESPACE},kimager-e2e-upgraded}}");
    let values = ["--set", "persistence.enabled=true", "--set", &watched];
    let other = Namespace::claim("kimager-e2e-upgraded");
    other.make();
    let run = |name: &str, image: &str| {
        kubectl(&["run", "-n", other.0, name, &format!("--image={image}")]).done();
    };
    let [before, after] = [2, 5].map(steady);
    run("before", &before);
    namespace.install(&[&["--wait"], &values[..]].concat()).done();
    let own = text(&namespace.pod()["spec"]["containers"][0]["image"]).to_owned();
    let told = |image: &str| {
        until(|| {
            let log = namespace.log();
            let line = format!(" [+|image]  {image}  [");
            if log.contains(&line) { Ok(log) } else { Err(format!("no {line} in\n{log}")) }
        })
    };
    told(&before);
    told(&own);
    let first = namespace.pod();

    let image = image_values();
    let upgrade = ["upgrade", "--wait", "-n", NAMESPACE, "kimager", CHART, "--set", &image];
    helm(&[&upgrade[..], &values, &["--set", "podAnnotations.run=second"]].concat()).done();
    let second = namespace.pod();
    assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"], "the pod was not replaced");
    run("after", &after);
    let log = told(&after);
    let events: Vec<_> = log.lines().filter(|line| line.contains("|image]  ")).collect();
    assert_eq!(events.len(), 1, "more than what happened since was said:\n{log}");

    let history = ["exec", "-n", NAMESPACE, "deploy/kimager", "--", "kimager", "history", "-o", "json"];
    let history = kubectl(&history).done();
    for image in [&before, &after, &own] {
        assert!(history.contains(image.as_str()), "{image} is not in\n{history}\n{log}");
    }
    let claim = get(&["pvc", "-n", NAMESPACE, "kimager"]);
    assert_eq!(claim["status"]["phase"], "Bound");
}

#[test]
#[ignore = "hack/e2e gives it a cluster"]
fn helm_test_finds_the_cluster_and_leaves_no_pod() {
    const NAMESPACE: &str = "kimager-e2e-tested";
    let namespace = Namespace::restricted(NAMESPACE);
    namespace.install(&["--wait"]).done();
    let said = helm(&["test", "-n", NAMESPACE, "kimager"]).done();
    assert!(said.contains("Succeeded"), "{said}");
    let left = kubectl(&["get", "pods", "-n", NAMESPACE, "--output=name"]).done();
    assert!(!left.contains("test"), "{left}");
}
