//! Each kind of event, by the calls that make it happen.

use serde_json::{Value, json};

use super::kimager::{Kimager, watch};
use super::planes::shared;
use super::pods::{Pod, running};
use super::said::{fence, untimed};

const OLD: &str = "sha256:50c5b1b0b1e6c1e7b8b5a8d7a0d2c8b1c3a7d9f0e4b6c8d2e5f7a9b1c3d5e7f9";
const NEW: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A program that says everything about a new namespace, and goes on once it watches.
fn listen(namespace: &str) -> Kimager {
    shared().api().create_namespace(namespace);
    let mut command = watch(&shared().admin_kubeconfig(), "memory", &["-n", namespace]);
    let kimager = Kimager::spawn(command.env("RUST_LOG", "debug"));
    kimager.wait_ready();
    kimager
}

/// The lines so far are these.
#[track_caller]
fn check(kimager: &Kimager, namespace: &str, expected: &[&str]) {
    let said = kimager.said_before(shared().api(), &fence(namespace));
    let said = untimed(&said);
    assert!(said == expected, "said {said:#?}, not {expected:#?}");
}

/// The status of a running pod with one container named `app`.
fn status(image: &str, digest: &str, container_id: &str) -> Value {
    let image_id = format!("docker.io/library/{}@{digest}", image.split(':').next().unwrap_or(image));
    json!({ "phase": "Running", "containerStatuses": [running("app", image, &image_id, container_id)] })
}

#[test]
fn pods_and_containers_of_each_kind_come_and_go() {
    let (api, kimager) = (shared().api(), listen("kinds"));
    let web = Pod::new("kinds", "web").app("app", "app:1").volume("data", "volume:1");
    api.create_pod(web.init("setup", "init:1").sidecar("proxy", "sidecar:1"));
    api.create_pod(Pod::new("kinds", "other").app("app", "app:1").init("setup", "docker.io/library/init:1"));
    api.debug_pod("kinds", "web", "debugger", "ephemeral:1");
    api.delete_pod("kinds", "web");
    api.delete_pod("kinds", "other");
    check(
        &kimager,
        "kinds",
        &[
            "[+|pod]  web  [kinds]",
            "[+|image]  app:1  [kinds|web]",
            "[+|image]  init:1  [kinds|web]",
            "[+|image]  sidecar:1  [kinds|web]",
            "[+|image]  volume:1  [kinds|web]",
            "[+|pod]  other  [kinds]",
            "[+=|image]  app:1  [kinds|other]",
            "[+=|image]  init:1  [kinds|other]",
            "[+|image]  ephemeral:1  [kinds|web]",
            "[-|pod]  web  [kinds]",
            "[-=|image]  app:1  [kinds|web]",
            "[-|image]  ephemeral:1  [kinds|web]",
            "[-=|image]  init:1  [kinds|web]",
            "[-|image]  sidecar:1  [kinds|web]",
            "[-|image]  volume:1  [kinds|web]",
            "[-|pod]  other  [kinds]",
            "[-|image]  app:1  [kinds|other]",
            "[-|image]  init:1  [kinds|other]",
        ],
    );
}

#[test]
fn a_digest_is_resolved_and_a_second_one_is_a_move() {
    let (api, kimager) = (shared().api(), listen("digests"));
    for pod in ["a", "b", "c"] {
        api.create_pod(Pod::new("digests", pod).app("app", "nginx:1"));
    }
    api.set_status("digests", "a", &status("nginx:1", OLD, "containerd://a"));
    api.set_status("digests", "b", &status("nginx:1", OLD, "containerd://b"));
    api.set_status("digests", "c", &status("nginx:1", NEW, "containerd://c"));
    check(
        &kimager,
        "digests",
        &[
            "[+|pod]  a  [digests]",
            "[+|image]  nginx:1  [digests|a]",
            "[+|pod]  b  [digests]",
            "[+=|image]  nginx:1  [digests|b]",
            "[+|pod]  c  [digests]",
            "[+=|image]  nginx:1  [digests|c]",
            &format!("[=|image]  nginx:1  {OLD}  [digests|a]"),
            &format!("[~|image]  nginx:1  {OLD} -> {NEW}  [digests|c]"),
        ],
    );
}

#[test]
fn an_image_changed_in_place_takes_no_digest_from_the_container_before() {
    let (api, kimager) = (shared().api(), listen("in-place"));
    for (pod, image, digest) in [("lags", "nginx:1", OLD), ("runs", "nginx:2", NEW)] {
        api.create_pod(Pod::new("in-place", pod).app("app", image));
        api.set_status("in-place", pod, &status(image, digest, &format!("containerd://{pod}")));
    }
    api.set_image("in-place", "lags", "app", "nginx:2");
    // The node reports the old container for a while, in one status or in several.
    let mut before = status("nginx:1", OLD, "containerd://lags");
    before["message"] = "still the old one".into();
    api.set_status("in-place", "lags", &before);
    api.set_image("in-place", "lags", "app", "nginx:3");
    api.set_status("in-place", "lags", &status("nginx:3", NEW, "containerd://lags-again"));
    check(
        &kimager,
        "in-place",
        &[
            "[+|pod]  lags  [in-place]",
            "[+|image]  nginx:1  [in-place|lags]",
            &format!("[=|image]  nginx:1  {OLD}  [in-place|lags]"),
            "[+|pod]  runs  [in-place]",
            "[+|image]  nginx:2  [in-place|runs]",
            &format!("[=|image]  nginx:2  {NEW}  [in-place|runs]"),
            "[-|image]  nginx:1  [in-place|lags]",
            "[+=|image]  nginx:2  [in-place|lags]",
            "[-=|image]  nginx:2  [in-place|lags]",
            "[+|image]  nginx:3  [in-place|lags]",
            &format!("[=|image]  nginx:3  {NEW}  [in-place|lags]"),
        ],
    );
}
