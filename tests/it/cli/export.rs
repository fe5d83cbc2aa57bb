//! `export` of records in files.

use std::path::Path;

use serde_json::{Value, json};

use super::past::{DAY, PastOf};
use super::{Ran, program, ran};

/// The official schema, as <https://cyclonedx.org> publishes it under Apache-2.0.
const SCHEMA: &str = include_str!("../../fixtures/cyclonedx/bom-1.6.schema.json");

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn export(folder: &Path, words: &str) -> Ran {
    ran(program(std::iter::once("export").chain(words.split_whitespace())).current_dir(folder))
}

fn record(folder: &Path) {
    let digest = format!("sha256:{HEX}");
    PastOf::cluster(folder, "a", 90 * DAY)
        .seen(90 * DAY, 9 * DAY)
        .seen(8 * DAY, 0)
        .used("docker.io/library/nginx:1", Some(&digest), 80 * DAY, None)
        .used(&format!("quay.io/pinned@{digest}"), None, 80 * DAY, Some(20 * DAY))
        .used("=NOT A \"NAME\"\n", None, 7 * DAY, Some(DAY))
        .made();
}

/// Holds a bill of materials to the schema. What it refers to beyond itself are licences and
/// signatures, of which an export has none: they are refused.
#[track_caller]
fn valid(text: &str) -> Value {
    let mut schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    for elsewhere in ["/definitions/license/properties/id", "/definitions/signature"] {
        *schema.pointer_mut(elsewhere).expect("the schema refers to another") = json!({ "not": {} });
    }
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    let bom: Value = serde_json::from_str(text).expect("it is JSON");
    let errors: Vec<String> =
        validator.iter_errors(&bom).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    bom
}

#[test]
fn a_bill_of_materials_is_what_the_official_schema_wants() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let now = export(folder.path(), "--record a.db");
    assert_eq!((now.code, now.err.as_str()), (Some(0), ""));
    let bom = valid(&now.out);
    assert_eq!(bom["compositions"][0]["aggregate"], "complete");
    let nginx = &bom["components"][0];
    assert_eq!(nginx["name"], "docker.io/library/nginx");
    assert_eq!(nginx["hashes"][0]["content"], HEX);
    let purl = format!("pkg:oci/nginx@sha256%3A{HEX}?repository_url=docker.io/library/nginx&tag=1");
    assert_eq!(nginx["purl"], purl.as_str());
    assert_eq!(bom["components"].as_array().map(Vec::len), Some(1));
    assert_eq!(export(folder.path(), "--record a.db").out, now.out, "the same question, the same answer");
}

#[test]
fn each_form_tells_since_and_until_when_digests_active_pulled_scope_and_completeness() {
    let folder = tempfile::tempdir().expect("a folder");
    let scope = "namespace shop";
    let digest = format!("sha256:{HEX}");
    PastOf::scope(folder.path(), "a", scope, 90 * DAY)
        .seen_of(scope, 90 * DAY, 0)
        .used_in(scope, "docker.io/library/nginx:1", Some(&digest), 90 * DAY, None)
        .made();
    let ask = |form: &str| export(folder.path(), &format!("--record a.db --since 40d -o {form}"));
    assert_eq!((ask("json").code, ask("json").err.lines().count()), (Some(0), 1), "{}", ask("json").err);

    let bom = valid(&ask("cyclonedx").out);
    let of = |place: &str, name: &str| -> String {
        let properties = bom.pointer(place).and_then(Value::as_array).expect("properties");
        let named = properties.iter().find(|property| property["name"] == name);
        named
            .and_then(|property| property["value"].as_str())
            .unwrap_or_else(|| panic!("no {name}"))
            .to_owned()
    };
    let image = "/components/0/properties";
    // The record began with it.
    assert_eq!(of(image, "kimager:first-seen-exact"), "false");
    assert_eq!(of(image, "kimager:state"), "used");
    assert_eq!((of(image, "kimager:active"), of(image, "kimager:pulled")), ("false".into(), "true".into()));
    assert_eq!(of("/metadata/properties", "kimager:scope"), scope);
    assert_eq!(of("/metadata/properties", "kimager:complete"), "true");

    let answer: Value = serde_json::from_str(&ask("json").out).expect("it is JSON");
    let (cluster, image) = (&answer["clusters"][0], &answer["images"][0]);
    assert_eq!((&cluster["scopes"], &cluster["complete"]), (&json!([scope]), &true.into()));
    assert_eq!((&image["first_used_exact"], &image["last_used"]), (&false.into(), &Value::Null));
    assert_eq!((&image["active"], &image["pulled"]), (&false.into(), &true.into()));
    assert_eq!(image["record"], cluster["record"]);

    let values = ask("csv").out;
    let rows: Vec<Vec<&str>> = values.lines().map(|row| row.split(',').collect()).collect();
    let value = |title: &str| {
        let column = rows[0].iter().position(|known| *known == title).unwrap_or_else(|| panic!("no {title}"));
        rows[1][column]
    };
    assert_eq!((value("digest"), value("pulled"), value("active")), (&*digest, "true", "false"));
    assert_eq!((value("first_used_exact"), value("state")), ("false", "used"));
    assert_eq!(value("last_used"), value("until"), "as of then");
    assert_eq!((value("scopes"), value("complete"), value("coarse")), (scope, "true", "false"));
    assert_eq!(value("until"), cluster["until"]);
    assert!(value("from") < value("until"), "{values}");
    assert_eq!(value("record"), cluster["record"]);
}

#[test]
fn a_schema_that_is_not_met_is_found_out() {
    let result =
        std::panic::catch_unwind(|| valid(r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": 1}"#));
    assert!(result.is_err());
}

#[test]
fn a_time_that_was_not_seen_makes_an_export_incomplete() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let since = export(folder.path(), "--record a.db --since 40d");
    assert_eq!(since.code, Some(3), "{}", since.err);
    assert!(since.err.contains("a: all namespaces was not seen from"), "{}", since.err);
    let bom = valid(&since.out);
    assert_eq!(bom["compositions"][0]["aggregate"], "incomplete");
    let names: Vec<&str> =
        bom["components"].as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["=NOT A \"NAME\"\n", "docker.io/library/nginx", "quay.io/pinned"]);
    assert_eq!(export(folder.path(), "--record a.db --since 40d --until 10d").code, Some(0));
    assert_eq!(export(folder.path(), "--record a.db --at 30d").code, Some(0));
    assert_eq!(export(folder.path(), "--record a.db --at 100d").code, Some(3));
}

/// A record that is not written any more knows nothing of now.
#[test]
fn what_is_in_use_is_so_as_of_when_it_was_seen_last() {
    let folder = tempfile::tempdir().expect("a folder");
    PastOf::cluster(folder.path(), "dead", 90 * DAY)
        .seen(90 * DAY, 30 * DAY)
        .used("quay.io/web:1", None, 60 * DAY, None)
        .made();
    let ask = |words: &str| export(folder.path(), &format!("--record dead.db {words}"));
    let of = |words: &str| {
        let ran = ask(&format!("{words} -o json"));
        let answer: Value = serde_json::from_str(&ran.out).expect("it is JSON");
        let (cluster, image) = (&answer["clusters"][0], &answer["images"][0]);
        let same = cluster["as_of"] == cluster["until"];
        (ran.code, image["in_use"] == true, image["state"].to_string(), same)
    };
    assert_eq!(of(""), (Some(0), true, "\"used\"".into(), true));
    assert!(ask("").err.contains("note: dead: as of "), "{}", ask("").err);
    assert_eq!(of("--at 40d"), (Some(0), true, "\"used\"".into(), true));
    assert_eq!(of("--at now"), (Some(3), false, "\"last-seen\"".into(), false));
    assert_eq!(of("--since 40d --until now"), (Some(3), false, "\"last-seen\"".into(), false));
    assert!(!ask("-o csv").out.contains("now"), "{}", ask("-o csv").out);
}

#[test]
fn json_and_values_tell_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let json = export(folder.path(), "--record a.db --since 40d -o json quay.io/pinned");
    let answer: Value = serde_json::from_str(&json.out).expect("it is JSON");
    assert_eq!((&answer["complete"], &answer["clusters"][0]["cluster"]), (&false.into(), &"a".into()));
    let image = &answer["images"][0];
    assert_eq!((&image["digest"], &image["in_use"]), (&Value::Null, &false.into()));
    assert_eq!(image["namespaces"], json!([{ "namespace": "shop", "workloads": ["Deployment/web"] }]));
    assert_eq!((&image["pulled"], &image["active"]), (&false.into(), &false.into()));
    assert_eq!((&image["state"], &image["last_used_exact"]), (&"ended".into(), &true.into()));
    let values = export(folder.path(), "--record a.db --since 40d -o csv").out;
    let rows: Vec<&str> = values.lines().collect();
    assert_eq!(rows.len(), 4, "{values}");
    assert!(rows[0].starts_with("cluster,reference,registry"));
    assert!(rows[1].starts_with(r#"a,"'=NOT\u{20}A\u{20}""NAME""#), "{}", rows[1]);
}
