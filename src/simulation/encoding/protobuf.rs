//! Pods in protobuf, as far as kimager reads them.

use bytes::Bytes;

use super::INITIAL_EVENTS_END;
use crate::inventory::ContainerKind;
use crate::simulation::names::uuid;
use crate::simulation::pod::{Container, Pod, Status};
use crate::simulation::status::Refusal;
use crate::simulation::store::Page;
use crate::watch::wire::{encode, schema};

pub(super) fn frame(kind: &str, object: &impl encode::Object) -> Bytes {
    encode::watch_frame(kind, object).into()
}

pub(super) fn body(object: &impl encode::Object) -> Bytes {
    encode::body(object).into()
}

pub(super) fn pod(pod: &Pod) -> schema::Pod {
    schema::Pod { metadata: Some(metadata(pod)), spec: Some(spec(pod)), status: Some(status_of(pod)) }
}

fn metadata(pod: &Pod) -> schema::ObjectMeta {
    let template = &pod.template;
    let entries =
        |pairs: &[(String, String)]| pairs.iter().map(|(key, value)| schema::entry(key, value)).collect();
    let owner = template.owner.iter().map(|owner| schema::OwnerReference {
        kind: owner.kind.into(),
        name: owner.name.clone(),
        api_version: owner.api_version.into(),
        controller: true,
    });
    schema::ObjectMeta {
        name: pod.name.to_string(),
        generate_name: template.generate_name.clone(),
        namespace: pod.namespace.to_string(),
        uid: uuid(pod.uid),
        resource_version: pod.version.to_string(),
        creation_timestamp: Some(schema::Time { seconds: pod.created.as_second() }),
        labels: entries(&template.labels),
        annotations: entries(&template.annotations),
        owner_references: owner.collect(),
    }
}

fn spec(pod: &Pod) -> schema::PodSpec {
    let mut spec = schema::PodSpec {
        node_name: pod.node.as_deref().unwrap_or_default().to_owned(),
        ..schema::PodSpec::default()
    };
    for Container { name, kind, image } in &pod.template.containers {
        let container = |restart_policy: &str| schema::Container {
            name: name.to_string(),
            image: image.to_string(),
            restart_policy: restart_policy.to_owned(),
        };
        match kind {
            ContainerKind::App => spec.containers.push(container("")),
            ContainerKind::Init => spec.init_containers.push(container("")),
            ContainerKind::Sidecar => spec.init_containers.push(container("Always")),
            ContainerKind::Ephemeral => spec.ephemeral_containers.push(container("").into()),
            ContainerKind::Volume => {
                let image = Some(schema::ImageVolumeSource { reference: image.to_string() });
                let source = Some(schema::VolumeSource { image });
                spec.volumes.push(schema::Volume { name: name.to_string(), source });
            }
        }
    }
    spec
}

fn status_of(pod: &Pod) -> schema::PodStatus {
    let mut told = schema::PodStatus { phase: pod.phase.word().into(), ..schema::PodStatus::default() };
    for (container, status) in pod.containers().filter(|_| pod.node.is_some()) {
        let list = match container.kind {
            ContainerKind::App => &mut told.container_statuses,
            ContainerKind::Init | ContainerKind::Sidecar => &mut told.init_container_statuses,
            ContainerKind::Ephemeral => &mut told.ephemeral_container_statuses,
            ContainerKind::Volume => continue,
        };
        list.push(container_status(pod, container, status));
    }
    told
}

fn container_status(pod: &Pod, container: &Container, status: &Status) -> schema::ContainerStatus {
    let mounts = pod.mounted_in(container).map(|(volume, status)| {
        let image = Some(schema::ImageVolumeStatus { image_ref: status.image_id.to_string() });
        let volume_status = Some(schema::VolumeStatus { image });
        schema::VolumeMountStatus { name: volume.name.to_string(), volume_status }
    });
    schema::ContainerStatus {
        name: container.name.to_string(),
        image_id: status.image_id.to_string(),
        container_id: status.container_id(),
        volume_mounts: mounts.collect(),
    }
}

/// A bookmark has no more than a version; all else is there but empty.
pub(super) fn bookmark(version: u64, ends_initial_list: bool) -> schema::Pod {
    let annotations = ends_initial_list.then(|| schema::entry(INITIAL_EVENTS_END, "true"));
    let metadata = schema::ObjectMeta {
        resource_version: version.to_string(),
        annotations: annotations.into_iter().collect(),
        ..schema::ObjectMeta::default()
    };
    schema::Pod {
        metadata: Some(metadata),
        spec: Some(schema::PodSpec::default()),
        status: Some(schema::PodStatus::default()),
    }
}

pub(super) fn list(page: &Page, version: u64, token: &str) -> schema::PodList {
    let metadata = schema::ListMeta { resource_version: version.to_string(), r#continue: token.to_owned() };
    schema::PodList { metadata: Some(metadata), items: page.pods.iter().map(|listed| pod(listed)).collect() }
}

pub(super) fn status(refusal: &Refusal) -> schema::Status {
    let cause = refusal.cause.iter().map(|cause| schema::StatusCause {
        reason: cause.reason.into(),
        message: cause.message.clone(),
        field: cause.field.into(),
    });
    let details = schema::StatusDetails {
        causes: cause.collect(),
        retry_after_seconds: refusal.retry_after_seconds().unwrap_or_default(),
    };
    schema::Status {
        message: refusal.message.clone(),
        reason: refusal.reason.into(),
        details: Some(details),
        code: i32::from(refusal.code),
    }
}
