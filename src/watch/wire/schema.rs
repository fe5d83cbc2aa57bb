//! The parts of Kubernetes' objects that kimager reads, for protobuf and JSON alike.
//!
//! Tags and names are those of `k8s.io/api` v0.37.2, `core/v1/generated.proto`; [`meta`] has what
//! comes from `k8s.io/apimachinery`. In JSON a null is the same as a field that is not there.

pub mod meta;
mod null;

pub use meta::{
    Entry, ListMeta, MetadataOnly, Name, Named, ObjectMeta, OwnerReference, Status, StatusCause,
    StatusDetails, Time, entry, value_of,
};
use null::null_is_default;
use prost::Message;
use serde::Deserialize;

/// A pod.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// `metadata`
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// `spec`
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
    /// `status`
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodStatus>,
}

/// A list of pods. Written only: lists are read item by item.
#[derive(Clone, PartialEq, Message)]
pub struct PodList {
    /// `metadata`
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ListMeta>,
    /// `items`
    #[prost(message, repeated, tag = "2")]
    pub items: Vec<Pod>,
}

/// What a pod is to run.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// `spec.volumes`
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub volumes: Vec<Volume>,
    /// `spec.containers`
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_is_default")]
    pub containers: Vec<Container>,
    /// `spec.nodeName`
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "null_is_default")]
    pub node_name: String,
    /// `spec.initContainers`
    #[prost(message, repeated, tag = "20")]
    #[serde(deserialize_with = "null_is_default")]
    pub init_containers: Vec<Container>,
    /// `spec.ephemeralContainers`
    #[prost(message, repeated, tag = "34")]
    #[serde(deserialize_with = "null_is_default")]
    pub ephemeral_containers: Vec<EphemeralContainer>,
}

/// A container of a pod's spec.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// `name`
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub name: String,
    /// `image`
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "null_is_default")]
    pub image: String,
    /// `restartPolicy`: `Always` makes an init container a sidecar.
    #[prost(string, tag = "24")]
    #[serde(deserialize_with = "null_is_default")]
    pub restart_policy: String,
}

/// A container as `kubectl debug` adds it. Its common part has the tags of [`Container`]; in JSON it
/// is not nested.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(from = "Container")]
pub struct EphemeralContainer {
    /// The fields it shares with any container.
    #[prost(message, optional, tag = "1")]
    pub common: Option<Container>,
}

impl From<Container> for EphemeralContainer {
    fn from(common: Container) -> Self {
        Self { common: Some(common) }
    }
}

/// A volume of a pod's spec.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(from = "FlatVolume")]
pub struct Volume {
    /// `name`
    #[prost(string, tag = "1")]
    pub name: String,
    /// Where it comes from; in JSON its fields stand in the volume itself.
    #[prost(message, optional, tag = "2")]
    pub source: Option<VolumeSource>,
}

/// Where a volume comes from.
#[derive(Clone, PartialEq, Message)]
pub struct VolumeSource {
    /// `image`
    #[prost(message, optional, tag = "30")]
    pub image: Option<ImageVolumeSource>,
}

/// A volume that is an image.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct ImageVolumeSource {
    /// `reference`
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub reference: String,
}

/// A volume as JSON has it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct FlatVolume {
    #[serde(deserialize_with = "null_is_default")]
    name: String,
    image: Option<ImageVolumeSource>,
}

impl From<FlatVolume> for Volume {
    fn from(FlatVolume { name, image }: FlatVolume) -> Self {
        Self { name, source: Some(VolumeSource { image }) }
    }
}

/// How a pod fares.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// `status.phase`
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub phase: String,
    /// `status.containerStatuses`
    #[prost(message, repeated, tag = "8")]
    #[serde(deserialize_with = "null_is_default")]
    pub container_statuses: Vec<ContainerStatus>,
    /// `status.initContainerStatuses`
    #[prost(message, repeated, tag = "10")]
    #[serde(deserialize_with = "null_is_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
    /// `status.ephemeralContainerStatuses`
    #[prost(message, repeated, tag = "13")]
    #[serde(deserialize_with = "null_is_default")]
    pub ephemeral_container_statuses: Vec<ContainerStatus>,
}

/// How a container fares.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    /// `name`
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub name: String,
    /// `imageID`
    #[prost(string, tag = "7")]
    #[serde(rename = "imageID", deserialize_with = "null_is_default")]
    pub image_id: String,
    /// `containerID`
    #[prost(string, tag = "8")]
    #[serde(rename = "containerID", deserialize_with = "null_is_default")]
    pub container_id: String,
    /// `volumeMounts`
    #[prost(message, repeated, tag = "12")]
    #[serde(deserialize_with = "null_is_default")]
    pub volume_mounts: Vec<VolumeMountStatus>,
}

/// How a volume is mounted in a container.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeMountStatus {
    /// `name`: that of the volume.
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub name: String,
    /// `volumeStatus` (feature gate `ImageVolumeWithDigest`)
    #[prost(message, optional, tag = "5")]
    pub volume_status: Option<VolumeStatus>,
}

/// What is known of a mounted volume.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct VolumeStatus {
    /// `image`
    #[prost(message, optional, tag = "1")]
    pub image: Option<ImageVolumeStatus>,
}

/// What is known of a mounted image.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ImageVolumeStatus {
    /// `imageRef`: of the form of a container's `imageID`.
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub image_ref: String,
}
