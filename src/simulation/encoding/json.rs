//! Pods in JSON: what kimager reads, and what a person who looks with another tool expects.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::INITIAL_EVENTS_END;
use crate::inventory::ContainerKind;
use crate::simulation::names::uuid;
use crate::simulation::pod::{Container, Phase, Pod, State, Status};
use crate::simulation::status::Refusal;
use crate::simulation::store::Page;

/// How long a pod may take to end, in seconds: the API's default.
const GRACE: u32 = 30;

pub(super) fn frame(kind: &str, object: &Value) -> Bytes {
    format!("{}\n", json!({ "type": kind, "object": object })).into()
}

pub(super) fn body(object: &Value) -> Bytes {
    format!("{object}\n").into()
}

pub(super) fn pod(pod: &Pod) -> Value {
    let mut value = item(pod);
    value["apiVersion"] = "v1".into();
    value["kind"] = "Pod".into();
    value
}

/// A pod without its type, as it stands in a list.
fn item(pod: &Pod) -> Value {
    json!({ "metadata": metadata(pod), "spec": spec(pod), "status": status_of(pod) })
}

fn metadata(pod: &Pod) -> Value {
    let template = &pod.template;
    let map = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect()
    };
    let mut metadata = json!({
        "name": pod.name,
        "namespace": &*pod.namespace,
        "uid": uuid(pod.uid),
        "resourceVersion": pod.version.to_string(),
        "creationTimestamp": pod.created.to_string(),
        "labels": map(&template.labels),
    });
    if !template.generate_name.is_empty() {
        metadata["generateName"] = template.generate_name.as_str().into();
    }
    if !template.annotations.is_empty() {
        metadata["annotations"] = map(&template.annotations).into();
    }
    if let Some(deleted) = pod.deleted {
        metadata["deletionTimestamp"] = deleted.to_string().into();
        metadata["deletionGracePeriodSeconds"] = GRACE.into();
    }
    if let Some(owner) = &template.owner {
        metadata["ownerReferences"] = json!([{
            "apiVersion": owner.api_version,
            "blockOwnerDeletion": true,
            "controller": true,
            "kind": owner.kind,
            "name": owner.name,
            "uid": uuid(owner.uid),
        }]);
    }
    metadata
}

fn spec(pod: &Pod) -> Value {
    let mut spec = json!({
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": true,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": GRACE,
    });
    if let Some(node) = &pod.node {
        spec["nodeName"] = (**node).into();
    }
    for Container { name, kind, image } in &pod.template.containers {
        let mut container = json!({
            "image": &**image,
            "imagePullPolicy": "IfNotPresent",
            "name": &**name,
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        });
        match kind {
            ContainerKind::App => append(&mut spec["containers"], container),
            ContainerKind::Init => append(&mut spec["initContainers"], container),
            ContainerKind::Sidecar => {
                container["restartPolicy"] = "Always".into();
                append(&mut spec["initContainers"], container);
            }
            ContainerKind::Ephemeral => append(&mut spec["ephemeralContainers"], container),
            ContainerKind::Volume => {
                let source = json!({ "reference": &**image, "pullPolicy": "IfNotPresent" });
                append(&mut spec["volumes"], json!({ "name": &**name, "image": source }));
            }
        }
    }
    spec
}

fn status_of(pod: &Pod) -> Value {
    let condition = |kind: &str, holds: bool| {
        let holds = if holds { "True" } else { "False" };
        json!({ "type": kind, "status": holds, "lastTransitionTime": pod.created.to_string() })
    };
    let mut told = json!({
        "phase": pod.phase.word(),
        "conditions": [
            condition("PodScheduled", pod.node.is_some()),
            condition("Initialized", pod.phase != Phase::Pending),
            condition("ContainersReady", pod.is_ready()),
            condition("Ready", pod.is_ready()),
        ],
        "qosClass": "BestEffort",
    });
    for (container, status) in pod.containers().filter(|_| pod.node.is_some()) {
        let list = match container.kind {
            ContainerKind::App => "containerStatuses",
            ContainerKind::Init | ContainerKind::Sidecar => "initContainerStatuses",
            ContainerKind::Ephemeral => "ephemeralContainerStatuses",
            ContainerKind::Volume => continue,
        };
        append(&mut told[list], container_status(pod, container, status));
    }
    told
}

fn container_status(pod: &Pod, container: &Container, status: &Status) -> Value {
    let state = match status.state {
        State::Waiting(reason) => json!({ "waiting": { "reason": reason } }),
        State::Running(since) => json!({ "running": { "startedAt": since.to_string() } }),
        State::Terminated(at) => {
            json!({ "terminated": { "exitCode": 0, "finishedAt": at.to_string(), "reason": "Completed" } })
        }
    };
    let mut told = json!({
        "image": &*status.image,
        "imageID": &*status.image_id,
        "lastState": {},
        "name": &*container.name,
        "ready": status.is_ready,
        "restartCount": status.restarts,
        "started": matches!(status.state, State::Running(_)),
        "state": state,
    });
    if status.container.is_some() {
        told["containerID"] = status.container_id().into();
    }
    for (volume, status) in pod.mounted_in(container) {
        let image = json!({ "imageRef": &*status.image_id });
        let mount =
            json!({ "name": &*volume.name, "mountPath": "/data", "volumeStatus": { "image": image } });
        append(&mut told["volumeMounts"], mount);
    }
    told
}

/// Adds an element to a list that may not be there yet.
fn append(list: &mut Value, element: Value) {
    match list {
        Value::Array(elements) => elements.push(element),
        absent => *absent = json!([element]),
    }
}

pub(super) fn bookmark(version: u64, ends_initial_list: bool) -> Value {
    let mut metadata = json!({ "resourceVersion": version.to_string(), "creationTimestamp": null });
    if ends_initial_list {
        metadata["annotations"] = json!({ INITIAL_EVENTS_END: "true" });
    }
    json!({
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": metadata,
        "spec": { "containers": null },
        "status": {},
    })
}

pub(super) fn list(page: &Page, version: u64, token: &str) -> Value {
    let mut metadata = json!({ "resourceVersion": version.to_string() });
    if !token.is_empty() {
        metadata["continue"] = token.into();
    }
    let items: Vec<Value> = page.pods.iter().map(|pod| item(pod)).collect();
    json!({ "kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items })
}

pub(super) fn status(refusal: &Refusal) -> Value {
    let mut details = Map::new();
    if let Some(cause) = &refusal.cause {
        let mut told = json!({ "reason": cause.reason, "message": cause.message });
        if !cause.field.is_empty() {
            told["field"] = cause.field.into();
        }
        details.insert("causes".into(), json!([told]));
    }
    if let Some(seconds) = refusal.retry_after_seconds() {
        details.insert("retryAfterSeconds".into(), seconds.into());
    }
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": refusal.message,
        "reason": refusal.reason,
        "details": details,
        "code": refusal.code,
    })
}
