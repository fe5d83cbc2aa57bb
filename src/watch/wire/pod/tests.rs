use serde_json::{Value, json};

use super::PodReader;
use crate::inventory::{Container, ContainerKind, Pod};
use crate::watch::wire::json::{pod_from_spec, pod_from_value};

fn read(pod: &Value) -> Pod {
    pod_from_value(pod, &PodReader::default()).unwrap()
}

/// Kind, name, image, imageID and containerID of every container.
fn containers(pod: &Pod) -> Vec<String> {
    let line = |container: &Container| {
        let Container { name, kind, image, image_id, container_id } = container;
        format!("{} {name} {image} {image_id} {container_id}", kind.word())
    };
    pod.containers.iter().map(line).collect()
}

#[test]
fn nulls_and_what_is_not_there_are_empty() {
    let nothing = read(&json!({}));
    assert_eq!((&*nothing.namespace, &*nothing.name, nothing.active), ("", "", true));
    let fields = ["name", "generateName", "namespace", "uid", "resourceVersion", "creationTimestamp"];
    let more = ["labels", "annotations", "ownerReferences"];
    let metadata: Value =
        fields.into_iter().chain(more).map(|field| (field.to_owned(), Value::Null)).collect();
    let lists = ["volumes", "containers", "initContainers", "ephemeralContainers", "nodeName"];
    let spec: Value = lists.into_iter().map(|field| (field.to_owned(), Value::Null)).collect();
    let statuses = ["phase", "containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let status: Value = statuses.into_iter().map(|field| (field.to_owned(), Value::Null)).collect();
    assert_eq!(read(&json!({"metadata": metadata, "spec": spec, "status": status})), nothing);
    assert_eq!(read(&json!({"metadata": null, "spec": null, "status": null})), nothing);
    let spec = json!({
        "containers": [{"name": null, "image": "a", "restartPolicy": null}],
        "volumes": [{"name": "v", "image": null}, {"name": "w", "image": {"reference": null}}],
    });
    let status = json!({"containerStatuses": [
        {"name": null, "imageID": null, "containerID": null, "volumeMounts": null},
        {"volumeMounts": [{"volumeStatus": null}, {"volumeStatus": {"image": null}}]},
    ]});
    assert_eq!(containers(&read(&json!({"spec": spec, "status": status}))), ["app  a  "]);
}

#[test]
fn a_phase_of_the_end_makes_a_pod_inactive() {
    for (phase, expected) in
        [("Pending", true), ("Running", true), ("Unknown", true), ("Succeeded", false), ("Failed", false)]
    {
        assert_eq!(read(&json!({"status": {"phase": phase}})).active, expected, "{phase}");
    }
}

#[test]
fn a_container_is_joined_with_its_status_by_name_within_its_kind() {
    let pod = read(&json!({
        "spec": {
            "containers": [{"name": "b", "image": "x"}, {"name": "a", "image": "y"}, {"name": "c", "image": "z"}],
            "initContainers": [{"name": "d", "image": "i"}, {"name": "e", "image": "s", "restartPolicy": "Always"}],
            "ephemeralContainers": [{"name": "f", "image": "d"}],
        },
        "status": {
            "containerStatuses": [
                {"name": "a", "imageID": "ya", "containerID": "1"}, {"name": "b", "imageID": "xb", "containerID": "2"},
                {"name": "d", "imageID": "no"},
            ],
            "initContainerStatuses": [{"name": "e", "imageID": "se"}, {"name": "d", "imageID": "id"}],
            "ephemeralContainerStatuses": [{"name": "f", "imageID": "df"}],
        },
    }));
    let expected =
        ["app b x xb 2", "app a y ya 1", "app c z  ", "init d i id ", "sidecar e s se ", "ephemeral f d df "];
    assert_eq!(containers(&pod), expected);
}

#[test]
fn the_digest_of_an_image_volume_is_that_of_any_mount_of_it() {
    let mount =
        |name: &str, image: &str| json!({"name": name, "volumeStatus": {"image": {"imageRef": image}}});
    let pod = read(&json!({
        "spec": {"volumes": [
            {"name": "w", "image": {"reference": "w:1"}},
            {"name": "v", "image": {"reference": "v:1"}},
            {"name": "u", "image": {"reference": "u:1"}},
            {"name": "t", "emptyDir": {}},
        ]},
        "status": {
            "containerStatuses": [{"name": "a", "volumeMounts": [{"name": "t"}, mount("v", "v@1")]}],
            "initContainerStatuses": [{"name": "b", "volumeMounts": [mount("w", "w@1"), mount("v", "v@1")]}],
        },
    }));
    assert_eq!(containers(&pod), ["volume w w:1 w@1 ", "volume v v:1 v@1 ", "volume u u:1  "]);
}

#[test]
fn a_pod_of_thousands_of_containers_is_no_burden() {
    let names = || (0..20_000).map(|number| format!("c{number}"));
    let own: Vec<Value> = names().map(|name| json!({"name": name, "image": "a"})).collect();
    let statuses: Vec<Value> = names().rev().map(|name| json!({"name": name, "imageID": name})).collect();
    let pod = read(&json!({"spec": {"containers": own}, "status": {"containerStatuses": statuses}}));
    assert!(pod.containers.iter().all(|container| container.name == container.image_id));
    assert_eq!(pod.containers.len(), 20_000);
}

#[test]
fn the_workload_is_told_by_owner_labels_and_annotations() {
    let check = |labels: &[&str], metadata: Value, expected: &str| {
        let reader = PodReader::new(labels.iter().map(|&label| label.into()));
        let pod = json!({"metadata": metadata, "spec": {"nodeName": "n1"}});
        assert_eq!(&*pod_from_value(&pod, &reader).unwrap().workload, expected);
    };
    let owner = |kind: &str, name: &str| {
        let (other, own) =
            (json!({"kind": "X", "name": "x"}), json!({"kind": kind, "name": name, "controller": true}));
        json!([other, own])
    };
    let of_deployment = json!({
        "name": "web-7d4b9c-x", "labels": {"pod-template-hash": "7d4b9c", "team": "red", "empty": ""},
        "ownerReferences": owner("ReplicaSet", "web-7d4b9c"),
    });
    check(&[], of_deployment.clone(), "Deployment/web");
    check(&["none", "empty", "team", "pod-template-hash"], of_deployment, "red");
    let of_rollout = json!({
        "labels": {"rollouts-pod-template-hash": "5f"}, "ownerReferences": owner("ReplicaSet", "web-5f"),
    });
    check(&[], of_rollout, "Rollout.argoproj.io/web");
    let created = "2026-11-22T20:00:00Z";
    let of_cron_job = json!({"creationTimestamp": created, "ownerReferences": owner("Job", "db-29922960")});
    check(&[], of_cron_job, "CronJob/db");
    let odd_time = json!({"creationTimestamp": "yesterday", "ownerReferences": owner("Job", "db-29922960")});
    check(&[], odd_time, "Job/db-29922960");
    check(
        &[],
        json!({"name": "etcd-n1", "annotations": {"kubernetes.io/config.mirror": ""}}),
        "StaticPod/etcd",
    );
    check(&[], json!({"name": "r-x", "generateName": "r-"}), "Pod/r-*");
}

#[test]
fn a_pod_spec_alone_makes_a_pod_of_its_workload() {
    let spec = json!({"containers": [{"name": "a", "image": "x"}, {"name": "b"}], "initContainers": null});
    let pod = pod_from_spec(&spec, "shop", "web", "Deployment/web").unwrap();
    assert_eq!((&*pod.namespace, &*pod.name, &*pod.workload), ("shop", "web", "Deployment/web"));
    assert_eq!(containers(&pod), ["app a x  "]);
    assert_eq!(pod.containers[0].kind, ContainerKind::App);
    assert!(pod_from_spec(&json!({"containers": 1}), "a", "b", "c").is_err());
    assert!(pod_from_value(&json!({"metadata": {"name": 1}}), &PodReader::default()).is_err());
}
