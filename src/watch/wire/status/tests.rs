use std::time::Duration;

use super::{Status, StatusCause};
use crate::watch::wire::{encode, schema};

const REFUSALS: [&[u8]; 2] = [
    include_bytes!("../../../../tests/fixtures/wire/refusal.pb"),
    include_bytes!("../../../../tests/fixtures/wire/refusal.json"),
];

fn status(code: u16, reason: &str, message: &str) -> Status {
    Status { code, reason: reason.into(), message: message.into(), ..Status::default() }
}

fn caused(status: Status, reason: &str, message: &str, field: &str) -> Status {
    let cause = StatusCause { reason: reason.into(), message: message.into(), field: field.into() };
    Status { causes: vec![cause], ..status }
}

#[test]
fn what_kubernetes_writes_reads_the_same_in_both_encodings() {
    let said = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    let message = format!("ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: {said}");
    let expected = caused(
        status(422, "Invalid", &message),
        "FieldValueForbidden",
        &format!("Forbidden: {said}"),
        "sendInitialEvents",
    );
    for body in REFUSALS {
        assert_eq!(Status::decode(500, body), expected);
        assert!(expected.refuses_watch_list());
    }
}

#[test]
fn a_status_tells_how_long_to_wait() {
    let check = |seconds, expected| {
        let details = schema::StatusDetails { retry_after_seconds: seconds, causes: Vec::new() };
        let sent = schema::Status { code: 429, details: Some(details), ..schema::Status::default() };
        assert_eq!(Status::decode(429, &encode::body(&sent)).retry_after, expected);
        let json = format!(r#"{{"code":429,"details":{{"causes":null,"retryAfterSeconds":{seconds}}}}}"#);
        assert_eq!(Status::decode(429, json.as_bytes()).retry_after, expected);
    };
    check(7, Some(Duration::from_secs(7)));
    check(0, None);
    check(-1, None);
}

#[test]
fn whatever_else_a_body_holds_is_the_message() {
    let check =
        |body: &[u8], expected: &str| assert_eq!(Status::decode(502, body), status(502, "", expected));
    check(b"<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway");
    check(b"upstream connect error\r\nor disconnect", "upstream connect error or disconnect");
    check(br#"{"error": "no"}"#, r#"{"error": "no"}"#);
    check(b"[]", "[]");
    check(b"null", "null");
    check(b"", "");
    check(b"\xff\xfe", "\u{fffd}\u{fffd}");
    check(b"k8s\0\xff", "k8s \u{fffd}");
    check(&b"x".repeat(5000), &format!("{}…", "x".repeat(200)));
}

#[test]
fn a_code_the_status_lacks_is_that_of_the_answer() {
    let check = |json: &str, code: u16| assert_eq!(Status::decode(503, json.as_bytes()).code, code, "{json}");
    check(r#"{"reason":"Gone","code":410}"#, 410);
    check(r#"{"reason":"Gone","code":0}"#, 503);
    check(r#"{"reason":"Gone","code":-1}"#, 503);
    check(r#"{"reason":"Gone","code":null}"#, 503);
    check(r#"{"reason":"Gone","code":70000}"#, 503);
}

#[test]
fn what_a_status_says_fits_a_line() {
    let check = |status: &Status, expected: &str| assert_eq!(status.to_string(), expected);
    check(&status(403, "Forbidden", "pods is forbidden"), "403 Forbidden: pods is forbidden");
    check(&status(502, "", "Bad Gateway"), "502: Bad Gateway");
    check(&status(504, "Timeout", ""), "504 Timeout");
    check(&status(500, "", ""), "500");
    let forged = br#"{"message":"a\n[2021-04-19T04:54:28Z INFO ] \u202eb\u0000","code":500}"#;
    check(&Status::decode(500, forged), "500: a [2021-04-19T04:54:28Z INFO ] b");
}

#[test]
fn only_an_old_version_is_expired() {
    for (status, expected) in [
        (status(410, "", ""), true),
        (status(200, "Expired", ""), true),
        (status(200, "Gone", ""), true),
        (status(504, "Timeout", "Too large resource version: 9, current: 2"), false),
        (status(500, "InternalError", "Gone"), false),
    ] {
        assert_eq!(status.is_expired(), expected, "{status}");
    }
}

#[test]
fn a_version_from_the_future_is_told_by_its_cause_or_as_servers_once_did() {
    let timeout = status(504, "Timeout", "Timeout: try again");
    for (status, expected) in [
        (caused(timeout.clone(), "ResourceVersionTooLarge", "", ""), true),
        (caused(timeout.clone(), "", "Too large resource version", ""), true),
        (status(504, "Timeout", "Timeout: Too large resource version: 9, current: 2"), true),
        (timeout, false),
    ] {
        assert_eq!(status.is_version_too_large(), expected, "{status}");
    }
}

#[test]
fn only_a_complaint_about_its_parameters_refuses_watch_list() {
    for (status, expected) in [
        (caused(status(422, "Invalid", ""), "", "", "sendInitialEvents"), true),
        (caused(status(403, "Forbidden", ""), "", "", "resourceVersionMatch"), true),
        (status(400, "BadRequest", "unknown parameter sendInitialEvents"), true),
        (status(422, "", "sendInitialEvents"), true),
        (status(500, "Invalid", "sendInitialEvents"), true),
        (status(422, "Invalid", "fieldSelector: Invalid value"), false),
        (status(403, "Forbidden", "pods is forbidden: User \"x\" cannot watch resource \"pods\""), false),
        (status(504, "Timeout", "sendInitialEvents"), false),
    ] {
        assert_eq!(status.refuses_watch_list(), expected, "{status}");
    }
}
