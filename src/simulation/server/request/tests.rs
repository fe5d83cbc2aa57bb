use axum::http::{HeaderMap, HeaderValue, header};

use super::{Parameters, Request, Start, Version, encoding_for, token};
use crate::watch::wire::Encoding;

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    let map: serde_json::Map<String, serde_json::Value> =
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.into())).collect();
    serde_json::from_value(map.into()).expect("all parameters are texts")
}

#[test]
fn a_watch_begins_where_its_parameters_say() {
    let check = |pairs: &[(&str, &str)], expected: Result<Start, u16>| {
        let pairs = [&[("watch", "1")], pairs].concat();
        let start = match parameters(&pairs).request(true) {
            Ok(Request::Watch(watch)) => Ok(watch.start),
            Ok(Request::List(_)) => panic!("{pairs:?} is no list"),
            Err(refusal) => Err(refusal.code),
        };
        assert_eq!(start, expected, "{pairs:?}");
    };
    let initial = ("sendInitialEvents", "true");
    let matching = ("resourceVersionMatch", "NotOlderThan");
    let pods = |at_least, marks_end| Ok(Start::Pods { at_least, marks_end });
    check(&[], pods(0, false));
    check(&[("resourceVersion", "0")], pods(0, false));
    check(&[("resourceVersion", "12")], Ok(Start::After(12)));
    check(&[initial, matching], pods(0, true));
    check(&[initial, matching, ("resourceVersion", "")], pods(0, true));
    check(&[initial, matching, ("resourceVersion", "12")], pods(12, true));
    check(&[("sendInitialEvents", "false"), matching], Ok(Start::Now));
    check(&[initial], Err(422));
    check(&[initial, ("resourceVersionMatch", "Exact")], Err(422));
    check(&[matching], Err(422));
    check(&[("resourceVersion", "x")], Err(500));
    check(&[("timeoutSeconds", "soon")], Err(400));
    check(&[("labelSelector", "a in (b)")], Err(400));
}

#[test]
fn a_list_is_of_the_version_its_parameters_say() {
    let check = |pairs: &[(&str, &str)], expected: Result<(Version, usize), u16>| {
        let list = match parameters(pairs).request(true) {
            Ok(Request::List(list)) => Ok((list.version, list.limit)),
            Ok(Request::Watch(_)) => panic!("{pairs:?} is no watch"),
            Err(refusal) => Err(refusal.code),
        };
        assert_eq!(list, expected, "{pairs:?}");
    };
    let version = ("resourceVersion", "12");
    let limit = ("limit", "5");
    check(&[], Ok((Version::Current, usize::MAX)));
    check(&[limit], Ok((Version::Current, 5)));
    check(&[limit, ("resourceVersion", "0")], Ok((Version::Current, usize::MAX)));
    check(&[version], Ok((Version::NotOlderThan(12), usize::MAX)));
    check(&[version, limit, ("resourceVersionMatch", "NotOlderThan")], Ok((Version::NotOlderThan(12), 5)));
    check(&[version, ("resourceVersionMatch", "Exact")], Ok((Version::Exact(12), usize::MAX)));
    check(
        &[limit, ("continue", &token(12, "shop/web:1"))],
        Ok((Version::Continue { version: 12, key: "shop/web:1".into() }, 5)),
    );
    check(&[("continue", "12")], Err(400));
    check(&[("continue", "x:y")], Err(400));
    check(&[("continue", "12:y"), version, ("resourceVersionMatch", "NotOlderThan")], Err(422));
    check(&[("resourceVersionMatch", "NotOlderThan")], Err(422));
    check(&[version, ("resourceVersionMatch", "Newest")], Err(422));
    check(&[("resourceVersion", "0"), ("resourceVersionMatch", "Exact")], Err(422));
    check(&[("sendInitialEvents", "true")], Err(422));
    check(&[("limit", "-1")], Err(400));
}

#[test]
fn the_first_encoding_that_is_spoken_is_taken() {
    let check = |accept: &[&'static str], json_only: bool, expected: Result<Encoding, u16>| {
        let headers: HeaderMap =
            accept.iter().map(|value| (header::ACCEPT, HeaderValue::from_static(value))).collect();
        let encoding = encoding_for(&headers, json_only).map_err(|refusal| refusal.code);
        assert_eq!(encoding, expected, "{accept:?}");
    };
    let (json, protobuf) = (Ok(Encoding::Json), Ok(Encoding::Protobuf));
    check(&[], false, json);
    check(&["*/*"], false, json);
    check(&["application/json"], false, json);
    check(&["application/vnd.kubernetes.protobuf"], false, protobuf);
    check(&["application/vnd.kubernetes.protobuf;stream=watch, application/json"], false, protobuf);
    check(&["application/vnd.kubernetes.protobuf, application/json"], true, json);
    check(&["application/json;as=Table;v=v1;g=meta.k8s.io,application/json"], false, json);
    check(&["application/cbor", "application/json"], false, json);
    check(&["application/cbor"], false, Err(406));
    check(&["application/json;as=Table;v=v1;g=meta.k8s.io"], false, Err(406));
    check(&["application/vnd.kubernetes.protobuf"], true, Err(406));
}
