//! Pods from JSON that did not come from a watch: files, and other commands' output.

use serde_json::{Error, Value};

use super::PodReader;
use crate::inventory::Pod;

/// The pod that `value` is. Namespace and name are empty, and the uid is that of an empty text, where
/// it has none.
///
/// # Errors
///
/// A field that kimager reads has a type other than the API's.
pub fn pod_from_value(_value: Value, _reader: &PodReader) -> Result<Pod, Error> {
    Err(serde::de::Error::custom("skeleton"))
}

/// The pod that would come of the `PodSpec` in `spec`, for the workload that holds it.
///
/// # Errors
///
/// A field that kimager reads has a type other than the API's.
pub fn pod_from_spec(_spec: Value, _namespace: &str, _name: &str, _workload: &str) -> Result<Pod, Error> {
    Err(serde::de::Error::custom("skeleton"))
}
