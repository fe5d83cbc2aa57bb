//! Prometheus' own judgement of what it is given.

use std::fs;
use std::process::Command;

use regex::Regex;
use serde_json::json;

use super::alerts::RULES;
use super::dashboard::expressions;
use crate::ran::Ran;
use crate::repository::{assets, read, root};

/// promtool in the repository's folder.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let program = assets("KIMAGER_PROMTOOL_ASSETS", "hack/promtool/build").join("promtool");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs it.
pub(super) fn promtool(arguments: &[&str]) -> Ran {
    Ran::of(&mut command(arguments))
}

/// Runs it on a text, which it wants in a file.
fn promtool_on(arguments: &[&str], text: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("text.yaml");
    fs::write(&path, text).expect("the text is written");
    promtool(&[arguments, &[&path.display().to_string()]].concat())
}

#[test]
fn the_alerts_are_rules_that_prometheus_takes() {
    let said = promtool(&["check", "rules", "--lint=all", "--lint-fatal", RULES]).done();
    assert!(said.contains("rules found"), "{said}");
}

/// Each as a rule that records it, since promtool asks a server for all else.
#[test]
fn prometheus_takes_each_expression_of_the_dashboard() {
    let rule = |(number, (panel, expression)): (usize, (String, String))| {
        let variables = [("$job", "kimager"), ("$namespace", "kimager-system"), ("$__rate_interval", "2m")];
        let expression = variables.iter().fold(expression, |text, (name, value)| text.replace(name, value));
        assert!(!expression.contains('$'), "{panel}: an unknown variable in {expression}");
        json!({ "record": format!("panel:{number}"), "expr": expression, "labels": { "panel": panel } })
    };
    let rules: Vec<_> = expressions().into_iter().enumerate().map(rule).collect();
    let groups = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    let said = promtool_on(&["check", "rules"], &groups.to_string()).done();
    assert!(said.contains(&format!("{} rules found", rules.len())), "{said}");
}

/// Whole files in the document are the blocks that begin with a section of Prometheus' own.
#[test]
fn prometheus_takes_the_configurations_of_the_document() {
    let block = Regex::new(r"(?ms)^```yaml\n((?:global|scrape_configs|rule_files):\n.*?)^```")
        .expect("an expression");
    let document = read("docs/monitoring.md");
    let mut count = 0;
    for hit in block.captures_iter(&document) {
        count += 1;
        // What it names lies where Prometheus runs, and Debian's promtool knows no Kubernetes.
        let rules = root().join(RULES).display().to_string();
        let text = hit[1].replace("/etc/prometheus/kimager.yaml", &rules);
        let text = text.replace("kubernetes_sd_configs:\n      - role: endpoints\n", "static_configs: []\n");
        let said = promtool_on(&["check", "config"], &text).done();
        assert!(said.contains("SUCCESS"), "{said}");
    }
    assert_eq!(count, 2, "configurations in the document");
}
