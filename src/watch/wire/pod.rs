//! From the API's pod to the inventory's.

use std::sync::Arc;

/// Reads pods, with what the user chose about it.
#[derive(Clone, Debug, Default)]
pub struct PodReader {
    workload_labels: Arc<[Box<str>]>,
}

impl PodReader {
    /// A reader that takes a pod's workload from the first of these labels that it has.
    #[must_use]
    pub fn new(workload_labels: impl IntoIterator<Item = Box<str>>) -> Self {
        Self { workload_labels: workload_labels.into_iter().collect() }
    }
}
