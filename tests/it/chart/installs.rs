//! A release: what it makes, how it changes, and what its notes tell.

use regex::Regex;
use serde_json::{Value, json};

use kimager::cli;

use super::helm::{CHART, items, plane, text};

/// A container's environment variable.
fn variable<'a>(deployment: &'a Value, name: &str) -> Option<&'a str> {
    let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array()?;
    env.iter().find(|variable| variable["name"] == name)?["value"].as_str()
}

#[test]
fn a_restricted_namespace_takes_the_release_without_a_warning_and_makes_its_pod() {
    const NAMESPACE: &str = "installed";
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    plane.helm(&["install", "-n", NAMESPACE, "--create-namespace", "kimager", CHART]).done();

    let deployment = plane.deployment(NAMESPACE, "kimager");
    assert_eq!(deployment["spec"]["strategy"], json!({ "type": "Recreate" }));
    assert_eq!(variable(&deployment, "RUST_LOG"), Some("info"));
    let pods = plane.pods_of(&deployment);
    assert_eq!((pods.len(), text(&pods[0]["status"]["phase"])), (1, "Pending"), "there is no node");
    let events = items(plane.object(&format!("/api/v1/namespaces/{NAMESPACE}/events")));
    let refusals: Vec<_> = events.iter().filter(|event| event["reason"] == "FailedCreate").collect();
    assert!(refusals.is_empty(), "{refusals:?}");
    let service = plane.object(&format!("/api/v1/namespaces/{NAMESPACE}/services/kimager"));
    assert_eq!(service["spec"]["publishNotReadyAddresses"], true);

    plane.helm(&["upgrade", "-n", NAMESPACE, "kimager", CHART, "--set", "logLevel=DEBUG"]).done();
    assert_eq!(variable(&plane.deployment(NAMESPACE, "kimager"), "RUST_LOG"), Some("debug"));
}

#[test]
fn releases_stand_side_by_side_and_one_that_goes_leaves_the_others_whole() {
    let plane = plane();
    let releases = [("side-a", "kimager"), ("side-b", "kimager"), ("side-b", "second.one")];
    for namespace in ["side-a", "side-b"] {
        plane.claim_namespace(namespace);
    }
    for (namespace, release) in releases {
        plane.helm(&["install", "-n", namespace, "--create-namespace", release, CHART]).done();
    }
    let names = [("side-a", "kimager"), ("side-b", "kimager"), ("side-b", "second-one-kimager")];
    let pods = |(namespace, name)| {
        let pods = plane.pods_of(&plane.deployment(namespace, name));
        assert_eq!(pods.len(), 1, "the pods of {namespace}/{name} are its own alone");
        text(&pods[0]["metadata"]["name"]).to_owned()
    };
    let before = names.map(pods);

    plane.helm(&["uninstall", "-n", "side-b", "--wait", "kimager"]).done();
    assert_eq!([pods(names[0]), pods(names[2])], [before[0].clone(), before[2].clone()]);
    for (namespace, name) in [names[0], names[2]] {
        let account = format!("system:serviceaccount:{namespace}:{name}");
        let may = plane.kubectl(&["auth", "can-i", "watch", "pods", "-A", "--as", &account]).done();
        assert_eq!(may, "yes\n", "{account}");
    }
}

/// The notes of a release with these values, in a namespace of their own.
fn notes(namespace: &str, values: &[&str]) -> String {
    let plane = plane();
    plane.make_namespace(namespace);
    let install = ["install", "-n", namespace, "noted", CHART];
    plane.helm(&[&install[..], values].concat()).done()
}

#[test]
fn the_notes_tell_what_becomes_of_the_record_and_their_commands_are_right() {
    let check = |namespace: &str, values: &[&str], told: &str, not_told: &str| {
        let notes = notes(namespace, values);
        assert!(notes.contains(told), "{told:?} is missing in {notes}");
        assert!(!notes.contains(not_told), "{not_told:?} is in {notes}");
        let command =
            Regex::new(r"(?m)^  kubectl -n (\S+) (?:logs --follow|exec) (\S+)(?: -- (kimager .+))?$")
                .expect("a good expression");
        let mut count = 0;
        for hit in command.captures_iter(&notes) {
            count += 1;
            plane().kubectl(&["get", "-n", &hit[1], &hit[2]]).done();
            if let Some(typed) = hit.get(3) {
                let words = typed.as_str().split_whitespace().map(Into::into);
                assert!(cli::parse(words).is_ok(), "{}", typed.as_str());
            }
        }
        assert_eq!(count, 3, "commands in {notes}");
    };
    check("noted-pod", &[], "dies with it", "on the claim");
    let kept = ["--set", "persistence.enabled=true,namespaces={noted-claim}"];
    check("noted-claim", &kept, "on the claim noted-kimager", "dies with it");
}
