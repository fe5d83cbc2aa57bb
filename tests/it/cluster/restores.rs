//! etcd is put back to an older state.

use jiff::Timestamp;
use serde_json::Value;

use super::api::Api;
use super::kimager::{Kimager, PATIENCE, command};
use super::planes::disposable;
use super::pods::Pod;
use super::record::RecordFile;
use super::said::{fence, gist, objects, wait_in_sight};

/// Uses up versions of the store, so that its head is `count` or more further on.
fn advance(api: &Api, namespace: &str, count: usize) {
    let pods =
        (0..count).map(|number| Pod::new(namespace, &format!("filler-{number}")).app("app", "filler:1"));
    api.create_pods(pods);
    api.delete_pods(namespace);
}

fn version(api: &Api) -> u64 {
    api.version().parse().expect("etcd numbers its versions")
}

#[test]
fn a_store_set_back_is_noticed_when_the_watch_resumes() {
    let mut plane = disposable();
    for namespace in ["set-back", "set-back-filler"] {
        plane.api().create_namespace(namespace);
    }
    plane.api().create_pod(Pod::new("set-back", "deleted").app("app", "deleted:1"));
    let snapshot = plane.snapshot_etcd();
    let kimager =
        Kimager::start(&plane.admin_kubeconfig(), "memory", &["-n", "set-back", "--output", "json"]);
    kimager.wait_ready();
    plane.api().delete_pod("set-back", "deleted");
    plane.api().create_pod(Pod::new("set-back", "created").app("app", "created:1"));
    advance(plane.api(), "set-back-filler", 100);
    assert_eq!(kimager.said_before(plane.api(), &fence("set-back")).len(), 3);

    plane.restore_etcd(&snapshot);
    kimager.wait_for_line(|line| line.contains("was set back to an older state"), PATIENCE);
    let said = objects(&kimager.said_before(plane.api(), &fence("set-back")));
    assert_eq!(gist(&said[3..]), ["added deleted:1 relist", "removed created:1 relist"]);
}

#[test]
fn a_store_set_back_and_already_past_the_version_is_healed_by_an_audit() {
    let mut plane = disposable();
    let record = RecordFile::new();
    for namespace in ["past", "past-filler"] {
        plane.api().create_namespace(namespace);
    }
    plane.api().create_pod(Pod::new("past", "stays").app("app", "stays:1"));
    let snapshot = plane.snapshot_etcd();
    let mut before = Kimager::start(&plane.admin_kubeconfig(), record.path(), &["-n", "past"]);
    before.wait_ready();
    plane.api().create_pod(Pod::new("past", "ghost").app("app", "ghost:1"));
    // The server itself uses some when it starts: what is hidden has to lie below what was seen.
    advance(plane.api(), "past-filler", 100);
    assert_eq!(before.said_before(plane.api(), &fence("past")).len(), 2);
    assert_eq!(before.terminate(), 0);

    let seen = version(plane.api());
    plane.restore_etcd(&snapshot);
    plane.api().create_pod(Pod::new("past", "hidden").app("app", "hidden:1"));
    let meanwhile = Timestamp::now().to_string();
    while version(plane.api()) <= seen {
        advance(plane.api(), "past-filler", 10);
    }
    let arguments = ["-n", "past", "--output", "json", "--audit-every", "3s"];
    let mut kimager = Kimager::start(&plane.admin_kubeconfig(), record.path(), &arguments);
    kimager.wait_for_line(|line| line.contains("ghost:1"), PATIENCE);
    let said = objects(&kimager.said_before(plane.api(), &fence("past")));
    assert_eq!(gist(&said), ["added hidden:1 relist", "removed ghost:1 relist"]);
    assert!(!kimager.stderr().iter().any(|line| line.contains("set back")), "{:?}", kimager.stderr());

    // The watch resumed as if nothing had been missed.
    wait_in_sight(&kimager, plane.api(), "past", PATIENCE);
    assert_eq!(kimager.terminate(), 0);
    let arguments = ["at", &meanwhile, "--record", record.path(), "-o", "json"];
    let asked = command(&plane.admin_kubeconfig(), &arguments).output().expect("kimager runs");
    assert_eq!(asked.status.code(), Some(3));
    let answer: Value = serde_json::from_slice(&asked.stdout).expect("an answer in JSON");
    assert_eq!(answer["records"][0]["gaps"][0]["kind"], "blind", "{answer}");
}
