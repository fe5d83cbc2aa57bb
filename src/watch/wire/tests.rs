//! What Kubernetes' own code wrote (`hack/wire-fixtures`), and what becomes of it on the way.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::inventory::{Container, ContainerKind, Pod, Uid};

const LIST: [(Encoding, &[u8]); 2] = [
    (Encoding::Protobuf, include_bytes!("../../../tests/fixtures/wire/list.pb")),
    (Encoding::Json, include_bytes!("../../../tests/fixtures/wire/list.json")),
];
const WATCH: [(Encoding, &[u8]); 2] = [
    (Encoding::Protobuf, include_bytes!("../../../tests/fixtures/wire/watch.pb")),
    (Encoding::Json, include_bytes!("../../../tests/fixtures/wire/watch.json")),
];

/// The frames of a watch's body that arrives in these chunks, then whether it ended between frames.
fn frames<'a>(
    encoding: Encoding,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<Frame>, bool), WireError> {
    let mut decoder = FrameDecoder::new(encoding, &PodReader::default());
    let mut frames = Vec::new();
    for chunk in chunks {
        decoder.push(Bytes::copy_from_slice(chunk));
        while let Some(frame) = decoder.next()? {
            frames.push(frame);
        }
    }
    Ok((frames, decoder.is_between_frames()))
}

/// The items of a list's body that arrives in these chunks, and its metadata.
fn list<'a>(
    encoding: Encoding,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<ListItem>, ListMeta), WireError> {
    let mut decoder = ListDecoder::new(encoding, &PodReader::default());
    let mut items = Vec::new();
    for chunk in chunks {
        decoder.push(Bytes::copy_from_slice(chunk));
        while let Some(item) = decoder.next()? {
            items.push(item);
        }
    }
    Ok((items, decoder.finish()?))
}

/// `body` in pieces of these lengths, over and over.
fn cut<'a>(mut body: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for &length in lengths.iter().cycle() {
        let (chunk, rest) = body.split_at(length.min(body.len()));
        chunks.push(chunk);
        body = rest;
        if body.is_empty() {
            break;
        }
    }
    chunks
}

/// The pod of the fixtures.
fn web() -> Pod {
    let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let container = |kind, name: &str, image: &str, image_id: String, container_id: &str| Container {
        name: name.into(),
        kind,
        image: image.into(),
        image_id: image_id.into(),
        container_id: container_id.into(),
    };
    let registry = "registry.example.com:5000";
    let own = format!("{registry}/shop/web:1.4");
    let own_id = format!("{registry}/shop/web@{}", digest("1"));
    let metrics_id = format!("docker-pullable://exporter@{}", digest("2"));
    let proxy_id = format!("proxy@{}", digest("4"));
    let model_id = format!("{registry}/models/small@{}", digest("5"));
    Pod {
        namespace: "shop".into(),
        name: "web-7d4b9c-x2x2x".into(),
        uid: Uid::parse("12345678-9abc-def0-1234-56789abcdef0"),
        active: true,
        workload: "Deployment/web".into(),
        containers: vec![
            container(ContainerKind::App, "web", &own, own_id, "containerd://aaaa"),
            container(ContainerKind::App, "metrics", "exporter", metrics_id, "containerd://bbbb"),
            container(ContainerKind::Init, "migrate", "shop/migrate:1.4", digest("3"), "containerd://cccc"),
            container(ContainerKind::Sidecar, "proxy", "proxy:3", proxy_id, "containerd://dddd"),
            container(ContainerKind::Ephemeral, "debugger", "busybox:1.37", String::new(), ""),
            container(ContainerKind::Volume, "model", &format!("{registry}/models/small:2"), model_id, ""),
            container(ContainerKind::Volume, "data", &format!("data@{}", digest("6")), String::new(), ""),
        ],
    }
}

fn expected_frames() -> Vec<Frame> {
    let pod = |change| Frame::Pod { change, pod: web(), resource_version: "4711".into() };
    vec![
        pod(Change::Added),
        Frame::Bookmark { resource_version: "4712".into(), ends_initial_list: true },
        pod(Change::Deleted),
        Frame::Error(Status {
            code: 410,
            reason: "Expired".into(),
            message: "too old resource version: 1 (4711)".into(),
            ..Status::default()
        }),
    ]
}

fn expected_list() -> (Vec<ListItem>, ListMeta) {
    let items = vec![ListItem::Pod(web()), ListItem::Pod(web())];
    (items, ListMeta { resource_version: "4711".into(), continue_token: Some("next".into()) })
}

#[test]
fn what_kubernetes_writes_reads_the_same_in_both_encodings() {
    for (encoding, body) in WATCH {
        assert_eq!(frames(encoding, [body]).unwrap(), (expected_frames(), true), "{encoding:?}");
    }
    for (encoding, body) in LIST {
        assert_eq!(list(encoding, [body]).unwrap(), expected_list(), "{encoding:?}");
    }
}

#[test]
fn a_body_byte_by_byte_is_the_same_body() {
    for (encoding, body) in WATCH {
        assert_eq!(frames(encoding, body.chunks(1)).unwrap(), (expected_frames(), true), "{encoding:?}");
    }
    for (encoding, body) in LIST {
        assert_eq!(list(encoding, body.chunks(1)).unwrap(), expected_list(), "{encoding:?}");
    }
}

#[test]
fn a_watch_cut_off_anywhere_gives_the_events_before_the_cut_and_is_not_between_two() {
    for (encoding, body) in WATCH {
        let expected = expected_frames();
        let mut ends = 0;
        for length in 1..body.len() {
            let (frames, is_between) = frames(encoding, [&body[..length]]).unwrap();
            assert_eq!(frames, expected[..frames.len()], "{encoding:?} {length}");
            ends += usize::from(is_between);
        }
        assert_eq!(ends, expected.len() - 1, "{encoding:?}");
    }
}

#[test]
fn a_list_cut_off_anywhere_is_an_error() {
    for (encoding, body) in LIST {
        // The last byte of the JSON is the end of its line.
        let end = body.trim_ascii_end().len();
        for length in 0..end {
            let outcome = list(encoding, [&body[..length]]);
            let is_cut_off = matches!(outcome, Err(WireError::CutOff));
            // Behind the list, protobuf's envelope has two empty fields that say nothing.
            let is_whole = encoding == Encoding::Protobuf && length >= end - 4;
            assert!(is_cut_off || is_whole, "{encoding:?} {length}: {outcome:?}");
        }
    }
}

#[test]
fn a_content_type_names_an_encoding() {
    let check = |text, expected| assert_eq!(Encoding::of_content_type(text), expected, "{text}");
    check("application/vnd.kubernetes.protobuf", Some(Encoding::Protobuf));
    check("application/vnd.kubernetes.protobuf;stream=watch", Some(Encoding::Protobuf));
    check("application/json", Some(Encoding::Json));
    check("Application/JSON ; charset=utf-8", Some(Encoding::Json));
    check("text/html; charset=utf-8", None);
    check("application/cbor", None);
    check("", None);
}

proptest! {
    #[test]
    fn any_cut_into_chunks_gives_the_same(lengths in prop::collection::vec(1_usize..3000, 1..8)) {
        for (encoding, body) in WATCH {
            prop_assert_eq!(frames(encoding, cut(body, &lengths)).unwrap(), (expected_frames(), true));
        }
        for (encoding, body) in LIST {
            prop_assert_eq!(list(encoding, cut(body, &lengths)).unwrap(), expected_list());
        }
    }

    /// Whatever the damage, an outcome is reached, and it does not depend on the chunks.
    #[test]
    fn damage_is_an_error_or_an_object_and_never_a_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        lengths in prop::collection::vec(1_usize..3000, 1..8),
    ) {
        let damaged = |body: &[u8]| {
            let mut body = body.to_vec();
            for (at, byte) in &damage {
                let at = at.index(body.len());
                body[at] = *byte;
            }
            body
        };
        for (encoding, body) in WATCH {
            let body = damaged(body);
            let whole = frames(encoding, [&body[..]]).map_err(|error| error.to_string());
            let chunks = frames(encoding, cut(&body, &lengths)).map_err(|error| error.to_string());
            prop_assert_eq!(whole, chunks);
        }
        for (encoding, body) in LIST {
            let body = damaged(body);
            let whole = list(encoding, [&body[..]]).map_err(|error| error.to_string());
            let chunks = list(encoding, cut(&body, &lengths)).map_err(|error| error.to_string());
            prop_assert_eq!(whole, chunks);
        }
    }

    #[test]
    fn no_bytes_at_all_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let object = [b"k8s\0", &body[..]].concat();
        for encoding in [Encoding::Protobuf, Encoding::Json] {
            for body in [&body, &object] {
                let _ = (frames(encoding, [&body[..]]), list(encoding, [&body[..]]));
                prop_assert_eq!(Status::decode(500, body).code == 0, false);
            }
        }
    }
}
