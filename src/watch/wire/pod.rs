//! From the API's pod to the inventory's.

use std::mem;
use std::sync::Arc;

use super::schema::{self, ContainerStatus, ObjectMeta, PodSpec, PodStatus, value_of};
use crate::inventory::workload::{Controller, Origin, workload_of};
use crate::inventory::{Container, ContainerKind, Pod, Uid};

/// Reads pods, with what the user chose about it.
#[derive(Clone, Debug, Default)]
pub struct PodReader {
    workload_labels: Arc<[Box<str>]>,
}

impl PodReader {
    /// A reader that takes a pod's workload from the first of these labels that it has, if any.
    #[must_use]
    pub fn new(workload_labels: impl IntoIterator<Item = Box<str>>) -> Self {
        Self { workload_labels: workload_labels.into_iter().collect() }
    }

    /// The pod as far as images go. What the object does not say is empty.
    #[must_use]
    pub fn read(&self, pod: schema::Pod) -> Pod {
        let metadata = pod.metadata.unwrap_or_default();
        let spec = pod.spec.unwrap_or_default();
        let status = pod.status.unwrap_or_default();
        Pod {
            workload: self.workload(&metadata, &spec.node_name).into(),
            namespace: metadata.namespace.into(),
            name: metadata.name.into(),
            uid: Uid::parse(&metadata.uid),
            active: !matches!(&*status.phase, "Succeeded" | "Failed"),
            containers: containers(spec, status),
        }
    }

    fn workload(&self, metadata: &ObjectMeta, node: &str) -> String {
        let label = |key: &str| value_of(&metadata.labels, key);
        let mut chosen = self.workload_labels.iter().filter_map(|key| label(key));
        let chosen = chosen.find(|name| !name.is_empty());
        let controller = metadata.owner_references.iter().find(|owner| owner.controller);
        workload_of(&Origin {
            name: &metadata.name,
            generate_name: &metadata.generate_name,
            node,
            created: metadata.creation_timestamp.map_or(0, |time| time.seconds),
            controller: controller.map(|owner| Controller {
                api_version: &owner.api_version,
                kind: &owner.kind,
                name: &owner.name,
            }),
            template_hash: label("pod-template-hash"),
            rollouts_hash: label("rollouts-pod-template-hash"),
            is_mirror: value_of(&metadata.annotations, "kubernetes.io/config.mirror").is_some(),
            chosen,
        })
    }
}

/// Containers of every kind that name an image, each kind in the order of the spec.
pub(super) fn containers(spec: PodSpec, mut status: PodStatus) -> Vec<Container> {
    let mut volume_images = volume_images(&mut status);
    let mut app_statuses = sorted(status.container_statuses);
    let mut init_statuses = sorted(status.init_container_statuses);
    let mut ephemeral_statuses = sorted(status.ephemeral_container_statuses);

    let app = spec.containers.into_iter().map(|own| container(own, ContainerKind::App, &mut app_statuses));
    let init = spec.init_containers.into_iter().map(|own| {
        let is_sidecar = own.restart_policy == "Always";
        let kind = if is_sidecar { ContainerKind::Sidecar } else { ContainerKind::Init };
        container(own, kind, &mut init_statuses)
    });
    let ephemeral = spec.ephemeral_containers.into_iter().filter_map(|own| own.common);
    let ephemeral = ephemeral.map(|own| container(own, ContainerKind::Ephemeral, &mut ephemeral_statuses));
    let volumes = spec.volumes.into_iter().filter_map(|own| {
        let image = own.source?.image?;
        let image_id = find(&mut volume_images, &own.name, |(name, _)| name).map(|(_, id)| mem::take(id));
        Some(Container {
            name: own.name.into(),
            kind: ContainerKind::Volume,
            image: image.reference.into(),
            image_id: image_id.unwrap_or_default().into(),
            container_id: Box::default(),
        })
    });
    app.chain(init).chain(ephemeral).chain(volumes).filter(|own| !own.image.is_empty()).collect()
}

fn container(own: schema::Container, kind: ContainerKind, statuses: &mut [ContainerStatus]) -> Container {
    let status = find(statuses, &own.name, |status| &status.name);
    let (image_id, container_id) = status
        .map(|status| (mem::take(&mut status.image_id), mem::take(&mut status.container_id)))
        .unwrap_or_default();
    Container {
        name: own.name.into(),
        kind,
        image: own.image.into(),
        image_id: image_id.into(),
        container_id: container_id.into(),
    }
}

/// The names of image volumes with what was mounted for them, sorted by name. Every container that
/// mounts a volume tells the same of it.
fn volume_images(status: &mut PodStatus) -> Vec<(String, String)> {
    let PodStatus { container_statuses, init_container_statuses, ephemeral_container_statuses, .. } = status;
    let statuses =
        container_statuses.iter_mut().chain(init_container_statuses).chain(ephemeral_container_statuses);
    let mounts = statuses.flat_map(|status| mem::take(&mut status.volume_mounts));
    let mut images: Vec<_> =
        mounts.filter_map(|mount| Some((mount.name, mount.volume_status?.image?.image_ref))).collect();
    images.sort_unstable();
    images.dedup_by(|later, first| later.0 == first.0);
    images
}

/// Sorted by name, so that a pod of thousands of containers is no more than that many searches.
fn sorted(mut statuses: Vec<ContainerStatus>) -> Vec<ContainerStatus> {
    statuses.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    statuses
}

fn find<'a, T>(sorted: &'a mut [T], name: &str, name_of: impl Fn(&T) -> &String) -> Option<&'a mut T> {
    let at = sorted.binary_search_by(|item| name_of(item).as_str().cmp(name)).ok()?;
    sorted.get_mut(at)
}

#[cfg(test)]
mod tests;
