//! What happens while kimager is down, and a second start on one record.

use std::time::Duration;

use serde_json::Value;

use super::control_plane::ControlPlane;
use super::kimager::{Kimager, PATIENCE};
use super::planes::{disposable, shared};
use super::pods::Pod;
use super::record::RecordFile;
use super::said::{fence, gist, objects, untimed, wait_in_sight};

/// Lets a first watch of a namespace see some pods and end.
fn see(plane: &ControlPlane, record: &RecordFile, namespace: &str, pods: &[&str]) {
    plane.api().create_namespace(namespace);
    for pod in pods {
        plane.api().create_pod(Pod::new(namespace, pod).app("app", &format!("{pod}:1")));
    }
    let mut kimager = Kimager::start(&plane.admin_kubeconfig(), record.path(), &["-n", namespace]);
    assert_eq!(kimager.said_before(plane.api(), &fence(namespace)).len(), pods.len());
    assert_eq!(kimager.terminate(), 0);
}

/// The `(not_before, not_after)` of an event that happened unseen.
fn bounds(line: &Value) -> (&str, &str) {
    let text = |key: &str| line[key].as_str().unwrap_or_else(|| panic!("no {key} in {line}"));
    (text("not_before"), text("not_after"))
}

#[test]
fn what_came_and_went_meanwhile_is_told_where_the_server_remembers() {
    let (plane, record) = (shared(), RecordFile::new());
    see(plane, &record, "resumed", &["stays", "goes"]);
    let api = plane.api();
    api.delete_pod("resumed", "goes");
    api.create_pod(Pod::new("resumed", "flash").app("app", "flash:1"));
    api.delete_pod("resumed", "flash");
    api.create_pod(Pod::new("resumed", "comes").app("app", "comes:1"));

    let kimager =
        Kimager::start(&plane.admin_kubeconfig(), record.path(), &["-n", "resumed", "--output", "json"]);
    let said = objects(&kimager.said_before(api, &fence("resumed")));
    assert_eq!(
        gist(&said),
        ["removed goes:1 watch", "added flash:1 watch", "removed flash:1 watch", "added comes:1 watch",]
    );
    for line in &said {
        let (not_before, not_after) = bounds(line);
        assert!(not_before < not_after, "{line}");
        assert_eq!(Some(not_after), line["observed"].as_str());
    }
    assert!(!kimager.stderr().iter().any(|line| line.contains("anew")), "{:?}", kimager.stderr());
}

#[test]
fn events_are_told_as_live_again_within_seconds_of_a_resume() {
    let (plane, record) = (shared(), RecordFile::new());
    see(plane, &record, "soon-live", &["stays"]);
    let kimager =
        Kimager::start(&plane.admin_kubeconfig(), record.path(), &["-n", "soon-live", "--output", "json"]);
    kimager.wait_ready();
    // Bookmarks come each minute, but for the one before the end of a watch.
    wait_in_sight(&kimager, plane.api(), "soon-live", Duration::from_secs(30));
}

#[test]
fn where_the_server_has_forgotten_only_the_net_difference_is_told() {
    let (mut plane, record) = (disposable(), RecordFile::new());
    see(&plane, &record, "forgotten", &["stays", "goes", "moves"]);
    let api = plane.api();
    for pod in ["goes", "moves"] {
        api.delete_pod("forgotten", pod);
    }
    for (pod, image) in
        [("z-comes", "zzz:1"), ("flash", "flash:1"), ("moved", "moves:1"), ("comes", "comes:1")]
    {
        api.create_pod(Pod::new("forgotten", pod).app("app", image));
    }
    api.delete_pod("forgotten", "flash");
    plane.compact();

    let kimager =
        Kimager::start(&plane.admin_kubeconfig(), record.path(), &["-n", "forgotten", "--output", "json"]);
    let said = objects(&kimager.said_before(plane.api(), &fence("forgotten")));
    assert_eq!(gist(&said), ["added comes:1 start", "added zzz:1 start", "removed goes:1 start"]);
    assert!(said.iter().map(bounds).all(|(not_before, not_after)| not_before < not_after));
    kimager.wait_for_line(|line| line.contains("no longer holds the changes"), PATIENCE);
}

#[test]
fn a_second_start_says_nothing_when_nothing_changed() {
    let (plane, record) = (shared(), RecordFile::new());
    see(plane, &record, "unchanged", &["a", "b", "c"]);
    let kimager = Kimager::start(&plane.admin_kubeconfig(), record.path(), &["-n", "unchanged"]);
    // The three, and two fences of the first watch.
    kimager.wait_for_line(|line| line.contains("which knows 5 images in use"), PATIENCE);
    assert!(kimager.wait_ready().text.ends_with("ready: 5 images in use by 5 pods"));
    assert!(kimager.said_before(plane.api(), &fence("unchanged")).is_empty());
}

#[test]
fn pods_that_are_no_longer_watched_are_not_removed() {
    let (plane, record) = (shared(), RecordFile::new());
    for namespace in ["watched-always", "watched-once"] {
        plane.api().create_namespace(namespace);
        plane.api().create_pod(Pod::new(namespace, "pod").app("app", &format!("{namespace}:1")));
    }
    let mut both = Kimager::start(
        &plane.admin_kubeconfig(),
        record.path(),
        &["-n", "watched-always", "-n", "watched-once"],
    );
    for namespace in ["watched-always", "watched-once"] {
        both.said_before(plane.api(), &fence(namespace));
    }
    assert_eq!(both.terminate(), 0);
    let mut one = Kimager::start(&plane.admin_kubeconfig(), record.path(), &["-n", "watched-always"]);
    assert!(one.said_before(plane.api(), &fence("watched-always")).is_empty());
    assert_eq!(one.terminate(), 0);

    plane.api().delete_pod("watched-once", "pod");
    plane.api().create_pod(Pod::new("watched-once", "new").app("app", "new:1"));
    let both = Kimager::start(
        &plane.admin_kubeconfig(),
        record.path(),
        &["-n", "watched-always", "-n", "watched-once"],
    );
    let said = both.said_before(plane.api(), &fence("watched-once"));
    let mut said = untimed(&said);
    said.sort_unstable();
    assert_eq!(
        said,
        ["[+|image]  new:1  [watched-once|new]", "[-|image]  watched-once:1  [watched-once|pod]"]
    );
}
