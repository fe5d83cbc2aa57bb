use bytes::Bytes;

use super::{Change, Frame, FrameDecoder, Identity};
use crate::inventory::Uid;
use crate::watch::wire::schema::{ObjectMeta, Pod, Status, entry};
use crate::watch::wire::{Encoding, PodReader, WireError, encode};

fn decode(encoding: Encoding, body: impl Into<Bytes>) -> Result<Vec<Frame>, WireError> {
    let mut decoder = FrameDecoder::new(encoding, &PodReader::default());
    decoder.push(body.into());
    std::iter::from_fn(|| decoder.next().transpose()).collect()
}

fn json(lines: &str) -> Result<Vec<Frame>, WireError> {
    decode(Encoding::Json, lines.to_owned())
}

fn error_of(outcome: Result<Vec<Frame>, WireError>) -> String {
    outcome.expect_err("a broken body").to_string()
}

fn identity() -> Identity {
    Identity { namespace: "a".into(), name: "b".into(), uid: Uid::parse("c") }
}

fn metadata() -> ObjectMeta {
    ObjectMeta {
        namespace: "a".into(),
        name: "b".into(),
        uid: "c".into(),
        resource_version: "1".into(),
        ..ObjectMeta::default()
    }
}

/// A protobuf event whose object holds `metadata` and whatever bytes for a `spec`.
fn with_spec(spec: &[u8]) -> Vec<u8> {
    #[derive(Clone, PartialEq, prost::Message)]
    struct OddPod {
        #[prost(message, optional, tag = "1")]
        metadata: Option<ObjectMeta>,
        #[prost(bytes = "vec", tag = "2")]
        spec: Vec<u8>,
    }
    impl encode::Object for OddPod {
        const KIND: &'static str = "Pod";
    }
    encode::watch_frame("ADDED", &OddPod { metadata: Some(metadata()), spec: spec.to_vec() })
}

#[test]
fn a_pod_that_does_not_decode_is_told_by_name_and_the_stream_goes_on() {
    let good = encode::watch_frame("MODIFIED", &Pod { metadata: Some(metadata()), ..Pod::default() });
    // A container whose image is the byte 0xff, and one that is longer than the spec.
    for spec in [b"\x12\x03\x12\x01\xff".as_slice(), b"\x12\x40"] {
        let frames = decode(Encoding::Protobuf, [with_spec(spec), good.clone()].concat()).unwrap();
        assert!(
            matches!(&frames[..], [
                Frame::Unreadable { change: Some(Change::Added), identity: Some(told), .. },
                Frame::Pod { change: Change::Modified, .. },
            ] if *told == identity()),
            "{frames:?}"
        );
    }
    let good =
        r#"{"type":"MODIFIED","object":{"metadata":{"namespace":"a","name":"b","resourceVersion":"2"}}}"#;
    for spec in [r#""text""#, "[1]", r#"{"containers":{}}"#, r#"{"containers":[{"image":1}]}"#] {
        let name = r#"{"namespace":"a","name":"b","uid":"c","labels":7}"#;
        let bad = format!(r#"{{"type":"DELETED","object":{{"metadata":{name},"spec":{spec}}}}}"#);
        let frames = json(&format!("{bad}\n{good}\n")).unwrap();
        assert!(
            matches!(&frames[..], [
                Frame::Unreadable { change: Some(Change::Deleted), identity: Some(told), .. },
                Frame::Pod { change: Change::Modified, .. },
            ] if *told == identity()),
            "{frames:?}"
        );
    }
}

#[test]
fn a_pod_without_a_name_or_a_version_is_unreadable() {
    let check = |metadata: &str, told: Option<Identity>| {
        let frames =
            json(&format!("{{\"type\":\"ADDED\",\"object\":{{\"metadata\":{metadata}}}}}\n")).unwrap();
        assert!(
            matches!(&frames[..], [Frame::Unreadable { identity, .. }] if *identity == told),
            "{frames:?}"
        );
    };
    check("null", None);
    check("{}", None);
    check(r#"{"namespace":"a","resourceVersion":"1"}"#, None);
    check(r#"{"name":"b","resourceVersion":"1"}"#, None);
    check(r#"{"namespace":"a","name":"b","uid":"c"}"#, Some(identity()));
    let frames = json("{\"type\":\"ADDED\"}\n").unwrap();
    assert!(matches!(&frames[..], [Frame::Unreadable { identity: None, .. }]), "{frames:?}");
}

#[test]
fn a_pod_that_is_unreadable_says_what_was_expected() {
    let frames = json("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"annotations\":7}}}\n").unwrap();
    assert!(
        matches!(&frames[..], [Frame::Unreadable { reason, .. }] if reason.contains("a map of texts")),
        "{frames:?}"
    );
}

#[test]
fn text_that_is_not_utf8_spoils_its_pod_alone() {
    let mut line = br#"{"type":"ADDED","object":{"metadata":{"namespace":"a","name":"b","uid":"c"},"status":{"phase":"X"}}}"#
        .to_vec();
    let at = line.iter().position(|&byte| byte == b'X').unwrap();
    line[at] = 0xff;
    line.push(b'\n');
    let frames = decode(Encoding::Json, line).unwrap();
    assert!(
        matches!(&frames[..], [Frame::Unreadable { identity: Some(told), .. }] if *told == identity()),
        "{frames:?}"
    );
}

#[test]
fn a_bookmark_ends_the_initial_list_only_where_it_says_so() {
    let check = |annotations: &[(&str, &str)], expected: bool| {
        let annotations = annotations.iter().map(|&(key, value)| entry(key, value)).collect();
        let metadata = ObjectMeta { resource_version: "7".into(), annotations, ..ObjectMeta::default() };
        let body = encode::watch_frame("BOOKMARK", &Pod { metadata: Some(metadata), ..Pod::default() });
        let bookmark = Frame::Bookmark { resource_version: "7".into(), ends_initial_list: expected };
        assert_eq!(decode(Encoding::Protobuf, body).unwrap(), [bookmark]);
    };
    check(&[], false);
    check(&[("k8s.io/initial-events-end", "true")], true);
    check(&[("other", "true"), ("k8s.io/initial-events-end", "true")], true);
    check(&[("k8s.io/initial-events-end", "false")], false);
}

#[test]
fn a_bookmark_that_marks_nothing_ends_the_stream() {
    for object in ["null", "{}", r#"{"metadata":{"resourceVersion":""}}"#, r#"{"metadata":[1]}"#] {
        let error = error_of(json(&format!("{{\"type\":\"BOOKMARK\",\"object\":{object}}}\n")));
        assert!(error.starts_with("reading a bookmark: "), "{error}");
    }
}

#[test]
fn an_error_is_told_even_if_it_does_not_decode() {
    let sent = Status { message: "gone".into(), reason: "Expired".into(), code: 410, details: None };
    let frames = decode(Encoding::Protobuf, encode::watch_frame("ERROR", &sent)).unwrap();
    assert!(matches!(&frames[..], [Frame::Error(status)] if status.to_string() == "410 Expired: gone"));
    let frames = json("{\"type\":\"ERROR\",\"object\":7}\n").unwrap();
    assert!(matches!(&frames[..], [Frame::Error(status)] if status.code == 500), "{frames:?}");
}

#[test]
fn an_event_of_an_unknown_type_is_told_and_passed_over() {
    let frames = json(
        "{\"type\":\"NEW\\n\",\"object\":{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\",\"uid\":\"c\"}}}\n",
    );
    let reason = "an event of the unknown type `NEW`".to_owned();
    assert_eq!(frames.unwrap(), [Frame::Unreadable { change: None, identity: Some(identity()), reason }]);
}

#[test]
fn blank_lines_between_events_are_nothing() {
    assert_eq!(json("\n \r\n\n").unwrap(), []);
}

#[test]
fn a_body_that_is_no_watch_is_an_error() {
    let check = |encoding, body: &[u8], expected: &str| {
        let error = error_of(decode(encoding, body.to_vec()));
        assert!(error.contains(expected), "{error}");
    };
    check(Encoding::Protobuf, b"<html><body>502 Bad Gateway", "longer than 16 MiB");
    check(Encoding::Protobuf, &[0, 0, 0, 0], "it has no object");
    check(Encoding::Protobuf, &[0, 0, 0, 1, 0xff], "reading a watch event");
    check(Encoding::Protobuf, &[0, 0, 0, 2, 0x12, 0], "it does not begin as protobuf of Kubernetes does");
    check(Encoding::Json, b"<html>\n", "reading a watch event");
    check(Encoding::Json, b"{\"type\":\"ADDED\",\"object\":{\n", "reading a watch event");
    check(Encoding::Json, b"{}\n", "missing field `type`");
    check(Encoding::Json, &vec![b' '; (16 << 20) + 1], "longer than 16 MiB");
}

#[test]
fn a_frame_of_metadata_alone_is_a_pod_without_containers() {
    let frame = encode::watch_frame("ADDED", &Pod { metadata: Some(metadata()), ..Pod::default() });
    let [Frame::Pod { pod, .. }] = &decode(Encoding::Protobuf, frame).unwrap()[..] else { panic!("no pod") };
    assert_eq!((&*pod.name, &*pod.workload, pod.containers.len(), pod.active), ("b", "Pod/b", 0, true));
}

#[test]
fn a_body_is_between_frames_only_where_a_whole_one_has_ended() {
    let bodies = [
        (
            Encoding::Protobuf,
            encode::watch_frame("ADDED", &Pod { metadata: Some(metadata()), ..Pod::default() }),
        ),
        (Encoding::Json, b"{\"type\":\"ODD\",\"object\":{}}\n".to_vec()),
    ];
    for (encoding, body) in bodies {
        let mut decoder = FrameDecoder::new(encoding, &PodReader::default());
        assert!(decoder.is_between_frames());
        let (last, rest) = body.split_last().unwrap();
        for byte in rest {
            decoder.push(vec![*byte].into());
            assert!(decoder.next().unwrap().is_none());
            assert!(!decoder.is_between_frames());
        }
        decoder.push(vec![*last].into());
        assert!(decoder.next().unwrap().is_some());
        assert!(decoder.is_between_frames());
    }
}
