//! Pods as an API server sends them: twenty a workload, three containers, and as much that is not
//! read as real ones have.

use kimager::watch::wire::{encode, schema};
use serde_json::{Value, json};

/// How many there are.
pub(crate) const PODS: usize = 1_000;
const PODS_A_WORKLOAD: usize = 20;
const IMAGES: usize = 150;

/// How far a pod has come.
#[derive(Clone, Copy)]
pub(crate) enum Life {
    Created,
    Running,
}

/// The reference of a pod's container.
pub(crate) fn image(number: usize, container: usize) -> String {
    let image = (number / PODS_A_WORKLOAD * 3 + container) % IMAGES;
    format!("registry.example.com/platform/component-{image:04}:v1.{}.{}", image % 40, image % 7)
}

/// An event of a watch in JSON.
pub(crate) fn json_frame(kind: &str, pod: &Value) -> Vec<u8> {
    format!("{}\n", json!({ "type": kind, "object": pod })).into_bytes()
}

/// An event of a watch in protobuf; of what is not read only the annotation is in it.
pub(crate) fn protobuf_frame(kind: &str, pod: &Value) -> Vec<u8> {
    let pod: schema::Pod = serde_json::from_value(pod.clone()).expect("a pod");
    encode::watch_frame(kind, &pod)
}

/// A pod in JSON.
pub(crate) fn pod(number: usize, life: Life) -> Value {
    let workload = number / PODS_A_WORKLOAD;
    let runs = matches!(life, Life::Running);
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("service-{workload:05}-backend-7d4b9c6f5-{number:05}"),
            "generateName": format!("service-{workload:05}-backend-7d4b9c6f5-"),
            "namespace": format!("team-{:03}", workload % 100),
            "uid": format!("00000000-0000-4000-8000-{number:012}"),
            "resourceVersion": format!("{}", 1_000_000 + number),
            "creationTimestamp": "2026-11-01T08:00:00Z",
            "labels": {
                "app.kubernetes.io/name": format!("service-{workload:05}"),
                "app.kubernetes.io/part-of": "platform",
                "pod-template-hash": "7d4b9c6f5",
            },
            "annotations": { "example.com/rest": "a line of text as people leave it behind ".repeat(100) },
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": format!("service-{workload:05}-backend-7d4b9c6f5"),
                "uid": format!("00000000-0000-4000-9000-{workload:012}"),
                "controller": true,
            }],
        },
        "spec": {
            "nodeName": if runs { "node-0042" } else { "" },
            "initContainers": [container(number, 2)],
            "containers": [container(number, 0), container(number, 1)],
            "tolerations": [{ "key": "node.kubernetes.io/not-ready", "operator": "Exists" }],
        },
        "status": {
            "phase": if runs { "Running" } else { "Pending" },
            "containerStatuses": if runs { json!([status(number, 0), status(number, 1)]) } else { json!([]) },
            "initContainerStatuses": if runs { json!([status(number, 2)]) } else { json!([]) },
        },
    })
}

fn container(number: usize, at: usize) -> Value {
    let variable =
        |variable: usize| json!({ "name": format!("SETTING_{variable}"), "value": "https://peer:8443/api" });
    json!({
        "name": format!("container-{at}"),
        "image": image(number, at),
        "env": (0..8).map(variable).collect::<Vec<_>>(),
        "resources": { "requests": { "cpu": "100m", "memory": "128Mi" } },
    })
}

fn status(number: usize, at: usize) -> Value {
    let image = image(number, at);
    let (repository, _) = image.rsplit_once(':').expect("an image with a tag");
    json!({
        "name": format!("container-{at}"),
        "image": image,
        "imageID": format!("{repository}@sha256:{:064x}", (number / PODS_A_WORKLOAD * 3 + at) % IMAGES),
        "containerID": format!("containerd://{number:060x}{at:04x}"),
        "ready": true,
        "restartCount": 0,
        "state": { "running": { "startedAt": "2026-11-01T08:00:00Z" } },
    })
}
