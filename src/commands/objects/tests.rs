use serde_json::Value;

use super::{ObjectsError, read};

/// The objects of a text, each as its name and the kind of the list that it stood in.
fn objects(text: &[u8]) -> Result<Vec<String>, ObjectsError> {
    let mut found = Vec::new();
    read(text, "FILE", |object: Value, list| {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("-").to_owned();
        found.push(format!("{name} {}", list.unwrap_or("-")));
    })?;
    Ok(found)
}

fn object(name: &str) -> String {
    format!(r#"{{"kind":"Pod","metadata":{{"name":"{name}"}}}}"#)
}

#[test]
fn objects_come_one_by_one_out_of_whatever_holds_them() {
    let check =
        |text: &str, expected: &[&str]| assert_eq!(objects(text.as_bytes()).unwrap(), expected, "{text}");
    let (a, b) = (object("a"), object("b"));
    check(&a, &["a -"]);
    check(&format!("\u{feff} {a}\n"), &["a -"]);
    check(&format!("{a}{b}\n\n{a}"), &["a -", "b -", "a -"]);
    check(&format!("[{a},{b}]"), &["a -", "b -"]);
    check(&format!(r#"{{"kind":"PodList","items":[{a},{b}]}}"#), &["a PodList", "b PodList", "- -"]);
    check(&format!(r#"{{"items":[{a}],"kind":"List"}}"#), &["a -", "- -"]);
    check(r#"{"kind":"PodList","items":null}"#, &["- -"]);
}

#[test]
fn what_is_no_json_is_named_with_a_remedy() {
    let check = |text: &[u8], says: &str| {
        let error = objects(text).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
        assert!(error.contains("FILE"), "{error}");
    };
    check(b"", "empty");
    check(b" \n", "empty");
    check(b"apiVersion: v1\nitems:\n", "it begins with \"apiVersion: v1\"");
    check(b"NAME   READY   STATUS\n", "kubectl get pods -A -o json");
    check(b"\xff\xfe{\x00", "UTF-16");
    check(br#"{"items":[{"kind""#, "cut off");
    check(br#"{"kind":"Pod"} garbage"#, "not JSON");
    check(br#"{"kind" "Pod"}"#, "broken JSON");
    check(br#"{"items": 5}"#, "broken JSON");
}

#[test]
fn a_long_line_of_no_json_is_not_quoted_whole() {
    let error = objects("x".repeat(10_000).as_bytes()).expect_err("no JSON").to_string();
    assert!(error.len() < 300, "{error}");
}
