//! `images` and `graph`, asked of a live cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

use kimager::inventory::Reference;
use serde_json::{Value, json};

use super::crowd::{SELECTOR, shared_crowd};
use super::kimager::command;
use super::planes::shared;
use super::ports::free_port;
use super::recount::spellings;

fn ask(kubeconfig: &Path, arguments: &[&str]) -> Output {
    command(kubeconfig, arguments).output().expect("kimager runs")
}

#[track_caller]
fn answer(arguments: &[&str]) -> String {
    let output = ask(&shared().admin_kubeconfig(), arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {} {errors}", output.status);
    String::from_utf8(output.stdout).expect("an answer in UTF-8")
}

/// How many pods of the crowd use each image, by its normalised reference.
fn users() -> BTreeMap<String, u64> {
    let mut users = BTreeMap::new();
    for pod in shared_crowd() {
        let images: BTreeSet<_> = spellings(pod)
            .into_iter()
            .map(|spelling| Reference::parse(spelling).text().to_string())
            .collect();
        for image in images {
            *users.entry(image).or_insert(0) += 1;
        }
    }
    users
}

/// The crowd has no pods but these: the fences of other tests have images of their own.
fn without_fences<T>(images: impl Iterator<Item = (String, T)>) -> BTreeMap<String, T> {
    images.filter(|(image, _)| !image.contains("fence-")).collect()
}

#[test]
fn names_are_the_normalised_references_of_the_cluster() {
    let users = users();
    let answer = answer(&["images", "-l", SELECTOR, "-o", "name"]);
    let names: Vec<_> = answer.lines().filter(|name| !name.contains("fence-")).collect();
    assert_eq!(names, users.keys().collect::<Vec<_>>());
}

#[test]
fn json_and_csv_count_the_pods_of_each_image() {
    let users = users();
    let json: Value =
        serde_json::from_str(&answer(&["images", "-l", SELECTOR, "-o", "json"])).expect("an answer in JSON");
    let images = json["images"].as_array().expect("a list of images").iter();
    let counted = images.map(|image| {
        (
            image["reference"].as_str().expect("a reference").to_owned(),
            image["pods"].as_u64().expect("a count"),
        )
    });
    assert_eq!(without_fences(counted), users);
    assert_eq!(json["complete"], true);

    let csv = answer(&["images", "-l", SELECTOR, "-o", "csv"]);
    let rows = csv.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    let counted = rows.map(|row| (row[0].to_owned(), row[6].parse().expect("a count")));
    assert_eq!(without_fences(counted), users);
}

#[test]
fn tables_have_a_row_an_image() {
    let users = users();
    for form in ["table", "wide"] {
        let answer = answer(&["images", "-l", SELECTOR, "-o", form]);
        let rows: Vec<_> = answer.lines().filter(|row| !row.contains("fence-")).collect();
        assert!(rows[0].starts_with("IMAGE "), "{}", rows[0]);
        assert_eq!(rows.len(), users.len() + 1);
        let row = rows.iter().find(|row| row.starts_with("proxy:3 ")).expect("a row for proxy:3");
        let words: Vec<_> = row.split_whitespace().collect();
        assert_eq!(words[2], users["docker.io/library/proxy:3"].to_string(), "{row}");
        let workloads = "crowd-a/DaemonSet/crowd,crowd-b/DaemonSet/crowd";
        assert_eq!(words.last() == Some(&workloads), form == "wide", "{row}");
    }
}

#[test]
fn a_question_of_one_namespace_and_image_is_answered_for_these() {
    shared_crowd();
    let answer = answer(&["images", "proxy:*", "-n", "crowd-b", "--kind", "sidecar", "-o", "name"]);
    let expected = (0..7).map(|tag| format!("docker.io/library/proxy:{tag}\n"));
    assert_eq!(answer, expected.collect::<String>());
}

#[test]
fn the_graph_ties_each_pod_to_its_images() {
    let users = users();
    let json: Value =
        serde_json::from_str(&answer(&["graph", "-l", SELECTOR, "-o", "json"])).expect("a graph in JSON");
    let list = |key: &str| json[key].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let images = list("images")
        .into_iter()
        .map(|image| (text(&image["reference"]), image["weight"].as_u64().expect("a count")));
    assert_eq!(without_fences(images), users);
    let edges = list("edges").into_iter().filter(|edge| !text(&edge["image"]).contains("fence-")).count();
    assert_eq!(u64::try_from(edges).ok(), Some(users.values().sum()));

    let dot = answer(&["graph", "-n", "crowd-a", "-o", "dot"]);
    assert!(dot.starts_with("graph kimager {\n") && dot.ends_with("}\n"));
    assert!(dot.contains(" -- "));
}

#[test]
fn a_question_that_cannot_be_asked_fails_with_the_reason_and_a_remedy() {
    let nobody = format!("https://127.0.0.1:{}", free_port());
    let unreachable = shared().kubeconfig_at(&nobody, &json!({ "token": "any" }));
    let unknown = shared().kubeconfig("no-such-token");
    let api = shared().api();
    api.create_namespace("asks");
    let powerless = shared().kubeconfig(&api.token(&api.create_account("asks", "powerless")));
    for (kubeconfig, reason, remedy) in [
        (unreachable, "refused", "check the server's address"),
        (unknown, "401", "check the credentials"),
        (powerless, "forbidden", "grant the account"),
    ] {
        for command in ["images", "graph"] {
            let output = ask(&kubeconfig, &[command]);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{errors}");
            assert!(output.stdout.is_empty());
            assert!(errors.contains(reason) && errors.contains(remedy), "{reason}, {remedy}: {errors}");
            assert_eq!(errors.lines().count(), 1, "{errors}");
        }
    }
}
