//! What the scripted server sends, in either encoding.

use kimager::watch::wire::Encoding;
use kimager::watch::wire::encode::{body, watch_frame};
use kimager::watch::wire::schema::{
    Container, ListMeta, ObjectMeta, Pod, PodList, PodSpec, Status, StatusCause, StatusDetails, entry,
};
use serde_json::{Value, json};

pub(super) const ENCODINGS: [Encoding; 2] = [Encoding::Protobuf, Encoding::Json];

/// A pod `name` of the namespace `shop`, which uses one image.
fn pod(name: &str, version: &str, image: &str) -> Pod {
    let container = Container { name: "main".into(), image: image.into(), ..Container::default() };
    Pod {
        metadata: Some(ObjectMeta {
            name: name.into(),
            namespace: "shop".into(),
            uid: format!("uid-of-{name}"),
            resource_version: version.into(),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec { containers: vec![container], ..PodSpec::default() }),
        status: None,
    }
}

fn pod_json(name: &str, version: &str, image: &str) -> Value {
    let metadata = json!({
        "name": name, "namespace": "shop", "uid": format!("uid-of-{name}"), "resourceVersion": version,
    });
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": { "containers": [{ "name": "main", "image": image }] },
    })
}

fn line(kind: &str, object: &Value) -> Vec<u8> {
    format!("{}\n", json!({ "type": kind, "object": object })).into_bytes()
}

/// An event about a pod: `ADDED`, `MODIFIED` or `DELETED`.
pub(super) fn event(kind: &str, name: &str, version: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => watch_frame(kind, &pod(name, version, "nginx")),
        Encoding::Json => line(kind, &pod_json(name, version, "nginx")),
    }
}

pub(super) fn added(name: &str, version: &str, encoding: Encoding) -> Vec<u8> {
    event("ADDED", name, version, encoding)
}

/// A pod whose image is not a text.
pub(super) fn unreadable(name: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => {
            let mut frame = watch_frame("ADDED", &pod(name, "9", "n-g-i-n-x"));
            let at = frame.windows(9).position(|bytes| bytes == b"n-g-i-n-x").expect("its image");
            frame[at..at + 9].fill(0xff);
            frame
        }
        Encoding::Json => {
            let mut pod = pod_json(name, "9", "");
            pod["spec"]["containers"][0]["image"] = json!({ "not": "a text" });
            line("ADDED", &pod)
        }
    }
}

pub(super) fn bookmark(version: &str, encoding: Encoding) -> Vec<u8> {
    bookmark_with(version, None, encoding)
}

pub(super) fn end_of_list(version: &str, encoding: Encoding) -> Vec<u8> {
    bookmark_with(version, Some(("k8s.io/initial-events-end", "true")), encoding)
}

fn bookmark_with(version: &str, annotation: Option<(&str, &str)>, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => {
            let annotations = annotation.into_iter().map(|(key, value)| entry(key, value)).collect();
            let resource_version = version.to_owned();
            let metadata = ObjectMeta { resource_version, annotations, ..ObjectMeta::default() };
            watch_frame("BOOKMARK", &Pod { metadata: Some(metadata), ..Pod::default() })
        }
        Encoding::Json => {
            let annotations: serde_json::Map<_, _> =
                annotation.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
            let metadata = json!({ "resourceVersion": version, "annotations": annotations });
            line("BOOKMARK", &json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata }))
        }
    }
}

/// A list, or a page of it, of pods by their names.
pub(super) fn list(names: &[&str], version: &str, next: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => {
            let metadata = ListMeta { resource_version: version.into(), r#continue: next.into() };
            let items = names.iter().map(|name| pod(name, "5", "nginx")).collect();
            body(&PodList { metadata: Some(metadata), items })
        }
        Encoding::Json => {
            let items: Vec<_> = names.iter().map(|name| pod_json(name, "5", "nginx")).collect();
            let metadata = json!({ "resourceVersion": version, "continue": next });
            let list = json!({ "apiVersion": "v1", "kind": "PodList", "metadata": metadata, "items": items });
            list.to_string().into_bytes()
        }
    }
}

/// A refusal in the server's words.
#[derive(Clone, Copy, Default)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: &'static str,
    /// The reason and the field of its cause.
    pub(super) cause: (&'static str, &'static str),
    pub(super) retry_after: i32,
}

pub(super) const EXPIRED: Refusal = Refusal {
    code: 410,
    reason: "Expired",
    message: "too old resource version: 7 (900)",
    cause: ("", ""),
    retry_after: 0,
};

pub(super) const TOO_LARGE: Refusal = Refusal {
    code: 504,
    reason: "Timeout",
    message: "Too large resource version: 7, current: 3",
    cause: ("ResourceVersionTooLarge", ""),
    retry_after: 1,
};

/// What a server without watch lists says.
pub(super) const NO_WATCH_LIST: Refusal = Refusal {
    code: 422,
    reason: "Invalid",
    message: "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden",
    cause: ("FieldValueForbidden", "sendInitialEvents"),
    retry_after: 0,
};

impl Refusal {
    fn object(self) -> Status {
        let (reason, field) = self.cause;
        let cause = StatusCause { reason: reason.into(), message: String::new(), field: field.into() };
        Status {
            message: self.message.into(),
            reason: self.reason.into(),
            code: self.code.into(),
            details: Some(StatusDetails { causes: vec![cause], retry_after_seconds: self.retry_after }),
        }
    }

    fn json(self) -> Value {
        let (reason, field) = self.cause;
        json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": self.message,
            "reason": self.reason, "code": self.code,
            "details": {
                "causes": [{ "reason": reason, "field": field }], "retryAfterSeconds": self.retry_after,
            },
        })
    }

    pub(super) fn body(self, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Protobuf => body(&self.object()),
            Encoding::Json => self.json().to_string().into_bytes(),
        }
    }

    pub(super) fn frame(self, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Protobuf => watch_frame("ERROR", &self.object()),
            Encoding::Json => line("ERROR", &self.json()),
        }
    }
}
