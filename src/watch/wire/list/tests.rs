use bytes::Bytes;

use super::{ListDecoder, ListItem, ListMeta};
use crate::watch::wire::schema::{ListMeta as SentMeta, ObjectMeta, Pod, PodList};
use crate::watch::wire::{Encoding, PodReader, WireError, encode};

/// The names of a list's pods (`?` for one that does not decode), and its metadata.
fn decode(encoding: Encoding, body: impl Into<Bytes>) -> Result<(Vec<String>, ListMeta), WireError> {
    let mut decoder = ListDecoder::new(encoding, &PodReader::default());
    decoder.push(body.into());
    let mut names = Vec::new();
    while let Some(item) = decoder.next()? {
        names.push(match item {
            ListItem::Pod(pod) => pod.name.to_string(),
            ListItem::Unreadable { identity: Some(identity), .. } => format!("? {}", identity.name),
            ListItem::Unreadable { identity: None, .. } => "?".to_owned(),
        });
    }
    Ok((names, decoder.finish()?))
}

fn meta(resource_version: &str, continue_token: Option<&str>) -> ListMeta {
    ListMeta {
        resource_version: resource_version.into(),
        continue_token: continue_token.map(ToOwned::to_owned),
    }
}

fn pod(name: &str) -> Pod {
    let metadata = ObjectMeta { namespace: "a".into(), name: name.into(), ..ObjectMeta::default() };
    Pod { metadata: Some(metadata), ..Pod::default() }
}

#[test]
fn a_list_in_protobuf_is_its_pods_and_its_metadata() {
    let check = |names: &[&str], version: &str, token: &str, expected: ListMeta| {
        let metadata = SentMeta { resource_version: version.into(), r#continue: token.into() };
        let items = names.iter().map(|name| pod(name)).collect();
        let body = encode::body(&PodList { metadata: Some(metadata), items });
        let (listed, meta) = decode(Encoding::Protobuf, body).unwrap();
        assert_eq!((listed, meta), (names.iter().map(ToString::to_string).collect(), expected));
    };
    check(&[], "7", "", meta("7", None));
    check(&["b"], "7", "", meta("7", None));
    check(&["b", "c"], "7", "more", meta("7", Some("more")));
}

/// A number may have more bytes than it needs, up to ten, and the header of a field has two.
#[test]
fn the_header_of_a_field_may_be_long_and_come_in_pieces() {
    let long = |number: u8| [&[number | 0x80][..], &[0x80; 8], &[0]].concat();
    let field = |tag: u8, value: &[u8]| {
        let length = u8::try_from(value.len()).unwrap();
        [long(tag << 3 | 2), long(length), value.to_vec()].concat()
    };
    let list = field(1, b"\x12\x017");
    let body = [b"k8s\0".to_vec(), field(1, b"\x12\x07PodList"), field(2, &list)].concat();
    let mut decoder = ListDecoder::new(Encoding::Protobuf, &PodReader::default());
    for byte in body {
        decoder.push(vec![byte].into());
        assert!(decoder.next().unwrap().is_none());
    }
    assert_eq!(decoder.finish().unwrap(), meta("7", None));
}

#[test]
fn a_list_in_json_is_its_pods_and_its_metadata_in_any_order_and_layout() {
    let check = |items: &str, names: &[&str]| {
        let metadata = r#""metadata":{"resourceVersion":"7","continue":"","items":[1,2],"x":"\"items\":["}"#;
        for body in [
            format!(r#"{{"kind":"PodList","apiVersion":"v1",{metadata},"items":{items}}}"#),
            format!("{{ \"items\" :\n{items} ,\"kind\":\"PodList\",\"other\":[[1],\"]\"], {metadata} }}\n"),
        ] {
            let expected = (names.iter().map(ToString::to_string).collect(), meta("7", None));
            assert_eq!(decode(Encoding::Json, body.clone()).unwrap(), expected, "{body}");
        }
    };
    let b = r#"{"metadata":{"namespace":"a","name":"b"},"spec":{"containers":null}}"#;
    let c = r#"{"metadata":{"namespace":"a","name":"c","annotations":{"x":"\\\"]},{["}},"spec":{"containers":[],"x":[[1,2]]}}"#;
    check("null", &[]);
    check("[]", &[]);
    check("[ \n ]", &[]);
    check(&format!("[{b}]"), &["b"]);
    check(&format!("[ {b} ,\n{c} ]"), &["b", "c"]);
}

#[test]
fn an_item_that_does_not_decode_is_told_and_the_list_goes_on() {
    let items = r#"[{"metadata":{"namespace":"a","name":"b"},"spec":7}, 1 2, "x", {"metadata":{"namespace":"a","name":"c"}}]"#;
    let body = format!(r#"{{"kind":"PodList","metadata":{{"resourceVersion":"7"}},"items":{items}}}"#);
    let (names, _) = decode(Encoding::Json, body).unwrap();
    assert_eq!(names, ["? b", "?", "?", "c"]);
}

#[test]
fn what_is_no_list_of_pods_is_an_error() {
    // The envelope of a list of this length and these fields.
    let list_of = |fields: &[u8]| [b"k8s\0\x0a\x09\x12\x07PodList\x12", fields].concat();
    let check = |encoding, body: &[u8], expected: &str| {
        let error = decode(encoding, body.to_vec()).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(Encoding::Protobuf, b"<html>", "does not begin as protobuf");
    check(Encoding::Protobuf, &encode::body(&pod("b")), "it is of the kind `Pod`");
    check(Encoding::Protobuf, &list_of(b"\x02\x0a\x00"), "it has no resourceVersion");
    check(Encoding::Protobuf, &list_of(b"\x02\x12\x40"), "longer than the list");
    check(Encoding::Protobuf, &list_of(b"\xff\xff\xff\xff\x7f\x12\xff\xff\xff\x7f"), "longer than 16 MiB");
    check(Encoding::Protobuf, b"k8s\0\x0b", "longer than 16 MiB");
    check(Encoding::Protobuf, &[b"k8s\0", &[0xff; 20][..]].concat(), "invalid varint");
    check(Encoding::Protobuf, b"", "its end is missing");
    check(Encoding::Json, b"", "its end is missing");
    check(Encoding::Json, b"{}", "missing field");
    check(Encoding::Json, b"<html>", "reading a list");
    let json = |tail: &str| format!(r#"{{"kind":"PodList","metadata":{{"resourceVersion":"7"}}{tail}"#);
    check(Encoding::Json, json("}").as_bytes(), "missing field `items`");
    check(Encoding::Json, json(r#","items":{"a":1}}"#).as_bytes(), "reading a list");
    check(Encoding::Json, json(r#","items":[1,,2]}"#).as_bytes(), "an item is missing");
    check(Encoding::Json, json(r#","items":[]} {}"#).as_bytes(), "trailing");
    check(Encoding::Json, json(r#","items":[]"#).as_bytes(), "its end is missing");
    let other = br#"{"kind":"List","metadata":{"resourceVersion":"7"},"items":[]}"#;
    check(Encoding::Json, other, "it is of the kind `List`");
    let nameless = br#"{"kind":"PodList","metadata":{},"items":[]}"#;
    check(Encoding::Json, nameless, "it has no resourceVersion");
    let endless = [json(r#","items":["#).as_bytes(), &vec![b'1'; (16 << 20) + 1]].concat();
    check(Encoding::Json, &endless, "an item of a list: it is longer than 16 MiB");
}
