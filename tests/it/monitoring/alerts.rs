//! The rules of chart/alerts.yaml: what they name is there, and the documents tell of each.

use std::{env, fs};

use regex::Regex;

use super::metrics::assert_known;
use crate::docs::leads_somewhere;
use crate::repository::{assert_none, read, root};

pub(super) const RULES: &str = "chart/alerts.yaml";
const DOCUMENT: &str = "docs/monitoring.md";
const REPOSITORY: &str = "https://github.com/nickgerace/kimager/blob/main/";

/// One alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) expression: String,
    lasting: String,
    pub(super) severity: String,
    summary: String,
    pub(super) description: String,
    runbook: String,
}

/// All alerts, in the order of the file.
pub(super) fn alerts() -> Vec<Alert> {
    alerts_in(&read(RULES))
}

/// Reads as much of YAML as the file uses: a key and its value, in a line or in a block below it.
fn alerts_in(text: &str) -> Vec<Alert> {
    let pair = Regex::new(r"^( *(?:- )?)([a-z_]+): ?(.*)$").expect("a good expression");
    let mut alerts: Vec<Alert> = Vec::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).peekable();
    while let Some(line) = lines.next() {
        let Some(hit) = pair.captures(line) else { continue };
        let (indent, key) = (hit[1].len(), &hit[2]);
        let mut value = hit[3].to_owned();
        if ["|", ">-"].contains(&value.as_str()) {
            let is_below = |line: &&str| line.len() - line.trim_start().len() > indent;
            let block: Vec<_> = std::iter::from_fn(|| lines.next_if(is_below)).map(str::trim).collect();
            value = block.join(" ");
        }
        if key == "alert" {
            alerts.push(Alert { name: value, ..Alert::default() });
            continue;
        }
        let Some(alert) = alerts.last_mut() else { continue };
        match key {
            "expr" => alert.expression = value,
            "for" => alert.lasting = value,
            "severity" => alert.severity = value,
            "summary" => alert.summary = value,
            "description" => alert.description = value,
            "runbook_url" => alert.runbook = value,
            "labels" | "annotations" => {}
            other => panic!("{}: what is {other}?", alert.name),
        }
    }
    alerts
}

#[test]
fn alerts_are_read_as_they_are_written() {
    let text = "# Why.\ngroups:\n  - name: kimager\n    rules:\n      - alert: One\n        # Because.\n        expr: |\n          a\n            > 1\n        \
                labels:\n          severity: warning\n        annotations:\n          summary: It is: one\n          description: >-\n            At\n            length.\n\n      - alert: Two\n        expr: up == 0\n        for: 5m\n";
    let one = Alert {
        name: "One".into(),
        expression: "a > 1".into(),
        severity: "warning".into(),
        summary: "It is: one".into(),
        description: "At length.".into(),
        ..Alert::default()
    };
    let two =
        Alert { name: "Two".into(), expression: "up == 0".into(), lasting: "5m".into(), ..Alert::default() };
    assert_eq!(alerts_in(text), [one, two]);
}

#[test]
fn each_alert_says_how_grave_it_is_what_it_means_and_what_to_do() {
    let mut found = Vec::new();
    for alert in alerts() {
        let mut missing = |what: &str, is_there: bool| {
            if !is_there {
                found.push(format!("{}: {what}", alert.name));
            }
        };
        missing("a severity", ["critical", "warning"].contains(&alert.severity.as_str()));
        missing("a summary, without a full stop", !alert.summary.is_empty() && !alert.summary.ends_with('.'));
        missing("a description in sentences", alert.description.ends_with('.'));
        for label in ["{{ $labels.job }}", "{{ $labels.namespace }}"] {
            missing(label, alert.description.contains(label));
        }
        let runbook = alert.runbook.strip_prefix(REPOSITORY).filter(|path| path.contains('#'));
        missing("a runbook", runbook.is_some_and(|path| leads_somewhere("README.md".as_ref(), path)));
        let own = format!("#{}", alert.name.to_lowercase());
        missing("a runbook of its own", alert.runbook.ends_with(&own));
    }
    assert_none("missing", &found);
    assert!(alerts().len() >= 9, "only {} alerts were found", alerts().len());
}

#[test]
fn alerts_name_metrics_that_there_are_of_one_release() {
    let named: Vec<_> = alerts().into_iter().map(|alert| (alert.name, alert.expression)).collect();
    assert_known(&named);
}

#[test]
fn the_table_of_alerts_is_made_of_the_rules() {
    const BEGIN: &str = "<!-- made of chart/alerts.yaml by `make configuration` -->\n";
    let rows = alerts().into_iter().map(|Alert { name, lasting, severity, summary, runbook, .. }| {
        let runbook = runbook.replace(&format!("{REPOSITORY}docs/"), "");
        let lasting = if lasting.is_empty() { "at once".to_owned() } else { format!("after {lasting}") };
        format!("| [{name}]({runbook}) | {severity} | {lasting} | {summary} |\n")
    });
    let table =
        format!("| alert | severity | fires | says |\n|---|---|---|---|\n{}", rows.collect::<String>());
    let document = read(DOCUMENT);
    let (before, rest) = document.split_once(BEGIN).expect("the mark before the table");
    let (_, after) = rest.split_once("<!-- end -->\n").expect("the mark after the table");
    let expected = [before, BEGIN, &table, "<!-- end -->\n", after].concat();
    if env::var_os("KIMAGER_WRITE").is_some() {
        fs::write(root().join(DOCUMENT), &expected).expect("the document is written");
    } else {
        assert!(document == expected, "{DOCUMENT} is not what `make configuration` would write");
    }
}
