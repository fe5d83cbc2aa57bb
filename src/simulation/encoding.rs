//! What the simulated server sends, in either encoding.

mod json;
mod protobuf;

use std::sync::OnceLock;

use bytes::Bytes;

use super::pod::Pod;
use super::status::Refusal;
use super::store::{Change, Event, Page};
use crate::watch::wire::Encoding;

/// An event as it is sent, made at the first need of each encoding.
#[derive(Debug, Default)]
pub(super) struct Frames {
    json: OnceLock<Bytes>,
    protobuf: OnceLock<Bytes>,
}

/// The event as a frame of a watch, shared between all who watch.
pub(super) fn shared_frame(event: &Event, encoding: Encoding) -> Bytes {
    let frame = match encoding {
        Encoding::Json => &event.frames.json,
        Encoding::Protobuf => &event.frames.protobuf,
    };
    frame.get_or_init(|| pod_frame(event.change, &event.pod, encoding)).clone()
}

/// A frame of a watch about a pod.
pub(super) fn pod_frame(change: Change, pod: &Pod, encoding: Encoding) -> Bytes {
    match encoding {
        Encoding::Json => json::frame(change.word(), &json::pod(pod)),
        Encoding::Protobuf => protobuf::frame(change.word(), &protobuf::pod(pod)),
    }
}

/// A frame that says that nothing happened up to `version`.
pub(super) fn bookmark(version: u64, ends_initial_list: bool, encoding: Encoding) -> Bytes {
    match encoding {
        Encoding::Json => json::frame("BOOKMARK", &json::bookmark(version, ends_initial_list)),
        Encoding::Protobuf => protobuf::frame("BOOKMARK", &protobuf::bookmark(version, ends_initial_list)),
    }
}

/// The frame that ends a watch with a refusal.
pub(super) fn error_frame(refusal: &Refusal, encoding: Encoding) -> Bytes {
    match encoding {
        Encoding::Json => json::frame("ERROR", &json::status(refusal)),
        Encoding::Protobuf => protobuf::frame("ERROR", &protobuf::status(refusal)),
    }
}

/// A refusal as a body.
pub(super) fn refusal_body(refusal: &Refusal, encoding: Encoding) -> Bytes {
    match encoding {
        Encoding::Json => json::body(&json::status(refusal)),
        Encoding::Protobuf => protobuf::body(&protobuf::status(refusal)),
    }
}

/// A pod as a body.
pub(super) fn pod_body(pod: &Pod, encoding: Encoding) -> Bytes {
    match encoding {
        Encoding::Json => json::body(&json::pod(pod)),
        Encoding::Protobuf => protobuf::body(&protobuf::pod(pod)),
    }
}

/// A page of a list, at a version, as a body.
pub(super) fn list_body(page: &Page, version: u64, token: &str, encoding: Encoding) -> Bytes {
    match encoding {
        Encoding::Json => json::body(&json::list(page, version, token)),
        Encoding::Protobuf => protobuf::body(&protobuf::list(page, version, token)),
    }
}

/// The annotation on the bookmark that ends an initial list.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

#[cfg(test)]
mod tests;
