//! Pods from JSON that no watch sent: files, and other commands' output.

use serde::Deserialize;
use serde_json::{Error, Value};

use super::PodReader;
use super::pod::containers;
use super::schema::{self, PodSpec, PodStatus};
use crate::inventory::{Pod, Uid};

/// The pod that `value` is. Namespace and name are empty, and the uid is that of an empty text, where
/// it has none.
///
/// # Errors
///
/// A field that kimager reads is not of the API's type.
pub fn pod_from_value(value: &Value, reader: &PodReader) -> Result<Pod, Error> {
    schema::Pod::deserialize(value).map(|pod| reader.read(pod))
}

/// The pod that would come of the `PodSpec` `spec` within the object `name`, for `workload`. Its uid
/// is made of these three texts.
///
/// # Errors
///
/// A field that kimager reads is not of the API's type.
pub fn pod_from_spec(spec: &Value, namespace: &str, name: &str, workload: &str) -> Result<Pod, Error> {
    let spec = PodSpec::deserialize(spec)?;
    Ok(Pod {
        namespace: namespace.into(),
        name: name.into(),
        uid: Uid::parse(&format!("{namespace}/{name}/{workload}")),
        active: true,
        workload: workload.into(),
        containers: containers(spec, PodStatus::default()),
    })
}
