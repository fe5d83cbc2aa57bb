//! A pod of the simulated cluster: small enough for a million of them, rich enough that both
//! encodings of it look real.

use std::sync::Arc;

use jiff::Timestamp;

use super::names;
use crate::inventory::ContainerKind;

/// A pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// `metadata.namespace`
    pub namespace: Arc<str>,
    /// `metadata.name`
    pub name: Box<str>,
    /// `metadata.uid`, written as a UUID.
    pub uid: u128,
    /// `metadata.resourceVersion`; the store sets it.
    pub version: u64,
    /// `metadata.creationTimestamp`
    pub created: Timestamp,
    /// `metadata.deletionTimestamp`: the pod terminates.
    pub deleted: Option<Timestamp>,
    /// `spec.nodeName`; `None` while unscheduled.
    pub node: Option<Arc<str>>,
    /// What it shares with the other pods of its workload.
    pub template: Arc<Template>,
    /// `status.phase`
    pub phase: Phase,
    /// How each container of the template fares, in the template's order.
    pub statuses: Vec<Status>,
}

impl Pod {
    /// A pod as the API server has just accepted it: pending, on no node.
    #[must_use]
    pub fn new(
        namespace: &Arc<str>,
        name: impl Into<Box<str>>,
        uid: u128,
        created: Timestamp,
        template: &Arc<Template>,
    ) -> Self {
        Self {
            namespace: Arc::clone(namespace),
            name: name.into(),
            uid,
            version: 0,
            created,
            deleted: None,
            node: None,
            template: Arc::clone(template),
            phase: Phase::Pending,
            statuses: template.containers.iter().map(Status::waiting).collect(),
        }
    }

    /// Every container and image volume with its status.
    pub fn containers(&self) -> impl Iterator<Item = (&Container, &Status)> {
        self.template.containers.iter().zip(&self.statuses)
    }

    /// The image volumes that are mounted in a container, with what they turned out to be: each app
    /// container mounts all that were pulled.
    pub fn mounted_in(&self, container: &Container) -> impl Iterator<Item = (&Container, &Status)> {
        let is_app = container.kind == ContainerKind::App;
        self.containers().filter(move |(volume, status)| {
            is_app && volume.kind == ContainerKind::Volume && !status.image_id.is_empty()
        })
    }

    /// Whether all that must run does and serves.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Running
            && self
                .containers()
                .filter(|(container, _)| {
                    matches!(container.kind, ContainerKind::App | ContainerKind::Sidecar)
                })
                .all(|(_, status)| status.is_ready)
    }
}

/// What the pods of one workload share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// `metadata.generateName`; empty where the names are given.
    pub generate_name: String,
    /// `metadata.labels`
    pub labels: Vec<(String, String)>,
    /// `metadata.annotations`
    pub annotations: Vec<(String, String)>,
    /// The owner that controls the pods.
    pub owner: Option<Owner>,
    /// Containers and image volumes: init containers and sidecars first, in the order they start.
    pub containers: Vec<Container>,
}

impl Template {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }
}

/// The owner that controls a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// `apps/v1` and the like.
    pub api_version: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its uid, written as a UUID.
    pub uid: u128,
}

/// A container, or a volume that is an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: Arc<str>,
    /// Where in the pod it stands.
    pub kind: ContainerKind,
    /// The reference of its image.
    pub image: Arc<str>,
}

impl Container {
    /// A container of a pod's spec.
    #[must_use]
    pub fn new(name: &str, kind: ContainerKind, image: &str) -> Self {
        Self { name: name.into(), kind, image: image.into() }
    }
}

/// `status.phase`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not all images are there yet.
    Pending,
    /// At least one container runs.
    Running,
    /// All containers ended well.
    Succeeded,
}

impl Phase {
    /// The API's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
        }
    }
}

/// How a container fares; of an image volume, only which image is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The image that the runtime runs, which after a change of the spec is still the old one.
    pub image: Arc<str>,
    /// `imageID`; empty until the image was pulled.
    pub image_id: Arc<str>,
    /// A number for the `containerID`; `None` before the first start.
    pub container: Option<u64>,
    /// What it does.
    pub state: State,
    /// Whether it serves.
    pub is_ready: bool,
    /// How often it was started again.
    pub restarts: u32,
}

impl Status {
    /// The status of a container that has not started.
    #[must_use]
    pub fn waiting(container: &Container) -> Self {
        Self {
            image: Arc::clone(&container.image),
            image_id: "".into(),
            container: None,
            state: State::Waiting("ContainerCreating"),
            is_ready: false,
            restarts: 0,
        }
    }

    /// `containerID` as containerd writes it; empty before the first start.
    #[must_use]
    pub fn container_id(&self) -> String {
        self.container.map_or(String::new(), |number| format!("containerd://{}", names::hex(number)))
    }
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits, for the reason given.
    Waiting(&'static str),
    /// It runs since that moment.
    Running(Timestamp),
    /// It ended at that moment, and well.
    Terminated(Timestamp),
}
