//! What the tests ask of etcd itself: its revision, and to forget the past.
//!
//! etcd serves its API as JSON beside gRPC, on the client port.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// Forgets every version before the present one, and returns that one.
pub(crate) fn compact(port: u16) -> i64 {
    // Any range answers with the revision of the whole store.
    let answer = post(port, "/v3/kv/range", &json!({ "key": "AA==" }));
    let revision = answer["header"]["revision"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("etcd answers without a revision: {answer}"));
    // `physical`: answered only once it is done.
    post(port, "/v3/kv/compaction", &json!({ "revision": revision, "physical": true }));
    revision
}

fn post(port: u16, path: &str, body: &Value) -> Value {
    let answer = exchange(port, path, &body.to_string())
        .unwrap_or_else(|error| panic!("POST {path} to etcd: {error}"));
    // HTTP/1.0 answers are neither kept open nor chunked: head, blank line, body.
    answer
        .split_once("\r\n\r\n")
        .filter(|(head, _)| head.contains(" 200 "))
        .and_then(|(_, body)| serde_json::from_str(body).ok())
        .unwrap_or_else(|| panic!("POST {path} to etcd answers: {answer}"))
}

fn exchange(port: u16, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    write!(stream, "POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
