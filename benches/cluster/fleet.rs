//! Thirty thousand pods as clusters have them: about 13 kB each in protobuf, three containers, many
//! pods a workload, a few thousand images.

use std::ops::Range;

use serde_json::{Value, json};

use super::cluster::api::{Api, Call};

const NAMESPACES: usize = 100;
const PODS_A_WORKLOAD: usize = 20;
const IMAGES: usize = 2_000;
/// Pods created between two words about it.
const STEP: usize = 5_000;

/// Makes the namespaces that the pods are in.
pub(crate) fn make_namespaces(api: &Api) {
    for number in 0..NAMESPACES {
        api.create_namespace(&namespace(number));
    }
}

/// Makes the pods of these numbers through the API, each with the status of a running one.
pub(crate) fn fill(api: &Api, pods: Range<usize>) {
    let end = pods.end;
    let numbers: Vec<usize> = pods.collect();
    for step in numbers.chunks(STEP) {
        api.call_all(step.iter().map(|&number| create(number)).collect());
        api.call_all(step.iter().map(|&number| run(number)).collect());
        eprintln!("made {} of {end} pods", step.last().map_or(0, |last| last + 1));
    }
}

pub(crate) fn namespace(number: usize) -> String {
    format!("team-{:03}", number % NAMESPACES)
}

/// A name of 38 characters, as the pods of a Deployment have them.
fn name(number: usize) -> String {
    let workload = number / PODS_A_WORKLOAD;
    format!("service-{workload:05}-backend-7d4b9c6f58-{number:05}", workload = workload % 100_000)
        .chars()
        .take(38)
        .collect()
}

fn path(number: usize) -> String {
    format!("/api/v1/namespaces/{}/pods", namespace(number / PODS_A_WORKLOAD))
}

fn image(number: usize, container: usize) -> String {
    let image = (number / PODS_A_WORKLOAD * 3 + container) % IMAGES;
    format!("registry.example.com/platform/component-{image:04}:v1.{}.{}", image % 40, image % 7)
}

fn create(number: usize) -> Call {
    let workload = number / PODS_A_WORKLOAD;
    let container = |kind: &str, at: usize| {
        json!({
            "name": format!("{kind}-{at}"),
            "image": image(number, at),
            "args": ["--config=/etc/service/config.yaml", "--log-level=info", "--listen=0.0.0.0:8080"],
            "env": (0..12).map(|variable| json!({
                "name": format!("SERVICE_SETTING_{variable:02}"),
                "value": format!("https://peer-{variable}.team.svc.cluster.local:8443/api/v2/{workload}"),
            })).collect::<Vec<_>>(),
            "resources": { "requests": { "cpu": "100m", "memory": "128Mi" }, "limits": { "memory": "256Mi" } },
            "ports": [{ "name": format!("p{kind}{at}"), "containerPort": 8080 + at, "protocol": "TCP" }],
            "volumeMounts": [{ "name": "config", "mountPath": "/etc/service" }],
        })
    };
    let probed = |at: usize| {
        let mut container = container("app", at);
        let probe = json!({ "httpGet": { "path": "/healthz", "port": 8080 }, "periodSeconds": 10 });
        container["livenessProbe"] = probe.clone();
        container["readinessProbe"] = probe;
        container
    };
    Call::create(
        path(number),
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name(number),
                "labels": {
                    "app.kubernetes.io/name": format!("service-{workload:05}"),
                    "app.kubernetes.io/part-of": "platform",
                    "app.kubernetes.io/managed-by": "Helm",
                    "pod-template-hash": "7d4b9c6f58",
                },
                "annotations": {
                    "prometheus.io/scrape": "true",
                    "checksum/config": "3f29a8b1c7de4405".repeat(4),
                    "example.com/description": "a line of text as people and controllers leave it behind ".repeat(12),
                },
                "ownerReferences": [{
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": format!("service-{workload:05}-7d4b9c6f58"),
                    "uid": format!("00000000-0000-4000-8000-{workload:012}"),
                    "controller": true,
                    "blockOwnerDeletion": true,
                }],
            },
            "spec": {
                "automountServiceAccountToken": false,
                "nodeName": format!("node-{:04}", number % 300),
                "initContainers": [container("init", 2)],
                "containers": [probed(0), probed(1)],
                "volumes": [{ "name": "config", "configMap": { "name": "service-config" } }],
                "tolerations": [{ "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute" }],
            },
        }),
    )
}

fn run(number: usize) -> Call {
    let status = |kind: &str, at: usize| -> Value {
        let image = image(number, at);
        let digest = format!("{:064x}", (number / PODS_A_WORKLOAD * 3 + at) % IMAGES);
        let repository = image.rsplit_once(':').map_or(&*image, |(repository, _)| repository);
        json!({
            "name": format!("{kind}-{at}"),
            "image": image,
            "imageID": format!("{repository}@sha256:{digest}"),
            "containerID": format!("containerd://{number:060x}{at:04x}"),
            "ready": true,
            "started": true,
            "restartCount": 0,
            "state": { "running": { "startedAt": "2026-11-01T08:00:00Z" } },
        })
    };
    let condition =
        |kind: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": "2026-11-01T08:00:00Z" });
    let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition);
    Call::status(
        format!("{}/{}/status", path(number), name(number)),
        json!({ "status": {
            "phase": "Running",
            "hostIP": "10.0.0.1",
            "podIP": "10.244.0.1",
            "podIPs": [{ "ip": "10.244.0.1" }],
            "startTime": "2026-11-01T08:00:00Z",
            "conditions": conditions,
            "containerStatuses": [status("app", 0), status("app", 1)],
            "initContainerStatuses": [status("init", 2)],
        } }),
    )
}
