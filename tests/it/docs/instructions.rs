//! What the documents tell their reader to type beside kimager itself: for Helm, make and kubectl.

use std::path::PathBuf;

use regex::Regex;

use super::documents;
use crate::configuration::chart_values;
use crate::repository::{assert_none, make_targets, read};

/// All documents, and the notes that Helm shows.
fn documents_and_notes() -> impl Iterator<Item = PathBuf> {
    documents().into_iter().chain(["chart/templates/NOTES.txt".into()])
}

#[test]
fn what_the_documents_give_to_helm_are_values_of_the_chart() {
    let known = chart_values();
    // A value may hold what only its user knows: labels, annotations.
    let is_value = |key: &str| {
        known.iter().any(|value| key == value.path || key.starts_with(&format!("{}.", value.path)))
    };
    let (mut count, mut unknown) = (0, Vec::new());
    for path in documents_and_notes() {
        for key in keys_given_to_helm(&read(&path)) {
            count += 1;
            if !is_value(&key) {
                unknown.push(format!("{}: {key}", path.display()));
            }
        }
    }
    assert_none("no values of the chart", &unknown);
    assert!(count > 8, "only {count} values were found");
}

/// What stands before the `=` in each `--set NAME=VALUE,NAME=VALUE`.
fn keys_given_to_helm(text: &str) -> Vec<String> {
    let set =
        Regex::new(r#"--set(?:-string)?[ =](?:'([^']+)'|"([^"]+)"|([^\s`]+))"#).expect("a good expression");
    let list = Regex::new(r"\{[^}]*\}").expect("a good expression");
    let mut keys = Vec::new();
    for hit in set.captures_iter(text) {
        let pairs = hit.iter().skip(1).flatten().next().expect("the expression has a group").as_str();
        let pairs = list.replace_all(pairs, "");
        keys.extend(pairs.split(',').map(|pair| pair.split('=').next().unwrap_or_default().to_owned()));
    }
    // A placeholder is none.
    keys.retain(|key| key != "NAME");
    keys
}

#[test]
fn keys_that_are_given_to_helm_are_read_out_of_a_command() {
    let check = |text: &str, expected: &[&str]| assert_eq!(keys_given_to_helm(text), expected, "{text}");
    check("helm install kimager ./chart --set logLevel=DEBUG --set a.b=c", &["logLevel", "a.b"]);
    check("`--set namespaces={shop,media},output=json`", &["namespaces", "output"]);
    check("--set 'extraArgs={--a=b,--c=d}' --set=\"x=1 h\"", &["extraArgs", "x"]);
    check("with `--set NAME=VALUE` or `-f`", &[]);
}

#[test]
fn what_the_documents_tell_to_make_are_targets_of_the_makefile() {
    let targets = make_targets();
    // In the text in a code span, in a block at a prompt.
    let call = Regex::new(r"(?m)(?:`|^\$ )make((?: [a-z0-9-]+)+)").expect("a good expression");
    let (mut count, mut unknown) = (0, Vec::new());
    for path in documents() {
        for hit in call.captures_iter(&read(&path)) {
            for name in hit[1].split_whitespace() {
                count += 1;
                if !targets.contains(name) {
                    unknown.push(format!("{}: make {name}", path.display()));
                }
            }
        }
    }
    assert_none("no targets of the Makefile", &unknown);
    assert!(count > 20, "only {count} calls of make were found");
}
