use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::inventory::change::Event;
use crate::lines::examples::{entries, examples};
use crate::lines::{Levels, Lines, Output};
use crate::record::Entry;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../../schema/event.schema.json")).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

fn line(entry: &Entry, cluster: &str) -> String {
    let mut out = Vec::new();
    Lines::new(Output::Json, &Levels::parse("debug").unwrap(), cluster.into()).write(entry, &mut out);
    String::from_utf8(out).unwrap()
}

fn object(entry: &Entry) -> Value {
    serde_json::from_str(&line(entry, "prod")).unwrap()
}

/// What the schema has against an object; empty if nothing.
fn complaints(object: &Value) -> Vec<String> {
    SCHEMA.iter_errors(object).map(|error| error.to_string()).collect()
}

#[test]
fn an_event_is_one_object_whose_fields_keep_their_order() {
    let expected = concat!(
        r#"{"id":"9f86d0818a4c.2.9","event":"removed","cluster":"prod \u00e9\u001b\u2028","scope":"all namespaces","#,
        r#""image":{"reference":"docker.io/rancher/klipper-lb:v0.1.2","spelling":"rancher/klipper-lb:v0.1.2","#,
        r#""registry":"docker.io","repository":"rancher/klipper-lb","tag":"v0.1.2"},"#,
        r#""pod":{"namespace":"kube-system","name":"svclb-traefik-cxr7s"},"workload":"DaemonSet/svclb-traefik","#,
        r#""container":{"name":"lb-port-80","kind":"app"},"cause":"start","observed":"2021-04-19T06:01:12.500000Z","#,
        r#""not_before":"2021-04-19T05:10:00.000000Z","not_after":"2021-04-19T06:01:12.500000Z"}"#,
        "\n",
    );
    assert_eq!(line(&examples()[1], "prod é\u{1b}\u{2028}"), expected);
}

#[test]
fn the_parts_of_a_reference_stand_beside_it_where_it_has_them() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let check = |spelling: &str, expected: Value| {
        let mut entry = examples().swap_remove(0);
        if let Event::Image(event) = &mut entry.event {
            event.image = crate::inventory::Reference::parse(spelling);
            event.spelling = spelling.into();
        }
        let object = object(&entry);
        assert_eq!(object["image"], expected);
        assert_eq!(complaints(&object), [""; 0]);
    };
    check(
        &format!("ghcr.io:443/a/b@{digest}"),
        json!({
            "reference": format!("ghcr.io:443/a/b@{digest}"), "spelling": format!("ghcr.io:443/a/b@{digest}"),
            "registry": "ghcr.io:443", "repository": "a/b", "pinned_digest": digest,
        }),
    );
    check("Not A\nReference", json!({ "reference": "Not A\nReference", "spelling": "Not A\nReference" }));
}

#[test]
fn the_schema_accepts_an_event_of_every_kind() {
    let mut words = Vec::new();
    for entry in examples() {
        let object = object(&entry);
        assert_eq!(complaints(&object), [""; 0], "{object}");
        words.push(object["event"].as_str().unwrap().to_owned());
    }
    let schema: Value = serde_json::from_str(include_str!("../../../schema/event.schema.json")).unwrap();
    let mut known: Vec<String> =
        serde_json::from_value(schema["properties"]["event"]["enum"].clone()).unwrap();
    words.sort();
    known.sort();
    assert_eq!(words, known);
}

#[test]
fn the_schema_refuses_what_no_event_is() {
    let [added, _, moved, _, _, resolved, pod, _] = examples().try_into().unwrap();
    let check = |entry: &Entry, change: fn(&mut Value), what: &str| {
        let mut object = object(entry);
        assert_eq!(complaints(&object), [""; 0]);
        change(&mut object);
        assert_ne!(complaints(&object), [""; 0], "{what}");
    };
    let remove = |key: &'static str| {
        move |object: &mut Value| {
            object.as_object_mut().unwrap().remove(key).unwrap();
        }
    };
    for key in
        ["id", "event", "cluster", "scope", "pod", "workload", "cause", "observed", "image", "container"]
    {
        let mut object = object(&added);
        remove(key)(&mut object);
        assert_ne!(complaints(&object), [""; 0], "without {key}");
    }
    for key in ["digest", "old_digest", "seen_before"] {
        let mut object = object(&moved);
        remove(key)(&mut object);
        assert_ne!(complaints(&object), [""; 0], "a move without {key}");
    }
    check(&added, |event| event["event"] = json!("gone"), "an unknown event");
    check(&added, |event| event["seen_before"] = json!(true), "an added with a part of a move");
    check(&added, |event| event["surprise"] = json!(1), "an unknown field");
    check(&added, |event| event["image"]["surprise"] = json!(1), "an unknown part of an image");
    check(&added, |event| event["container"]["kind"] = json!("main"), "an unknown kind of container");
    check(&added, |event| event["observed"] = json!("2021-04-19T04:54:28Z"), "a time without its fraction");
    check(&added, |event| event["observed"] = json!("2021-13-19T04:54:28.000000Z"), "a time that is none");
    check(&added, |event| event["not_after"] = Value::Null, "a null for what is absent");
    check(&added, |event| event["digest"] = json!("docker.io/nginx"), "a digest that is none");
    check(&resolved, |event| event["digest"] = Value::Null, "a resolved without a digest");
    check(
        &pod,
        |event| event["image"] = json!({"reference": "a", "spelling": "a"}),
        "a pod's event with an image",
    );
}

proptest! {
    #[test]
    fn any_event_is_one_ascii_line_that_fits_the_schema_and_tells_names_whole(entry in entries()) {
        let line = line(&entry, "prod");
        prop_assert!(line.ends_with('\n'));
        let text = line.trim_end_matches('\n');
        prop_assert!(text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()), "{text}");

        let object: Value = serde_json::from_str(text).unwrap();
        prop_assert_eq!(complaints(&object), [""; 0]);
        prop_assert_eq!(object["scope"].as_str(), Some(&**entry.event.scope()));
        let (namespace, name) = match &entry.event {
            Event::Image(event) => {
                prop_assert_eq!(object["image"]["spelling"].as_str(), Some(&*event.spelling));
                prop_assert_eq!(object["container"]["name"].as_str(), Some(&*event.user.container));
                prop_assert_eq!(object["digest"].as_str(), event.digest.as_deref());
                (&event.user.namespace, &event.user.pod)
            }
            Event::Pod(event) => (&event.namespace, &event.name),
        };
        prop_assert_eq!(object["pod"]["namespace"].as_str(), Some(&**namespace));
        prop_assert_eq!(object["pod"]["name"].as_str(), Some(&**name));
    }
}
