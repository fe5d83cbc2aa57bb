//! The metrics that there are, and those that an expression names.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::metrics::documented;
use crate::repository::assert_none;

/// The labels of each series that Prometheus has of what the document tells.
fn series() -> BTreeMap<String, BTreeSet<String>> {
    let mut series = BTreeMap::new();
    for (name, (kind, mut labels)) in documented() {
        // The target's own label has the name already.
        if labels.remove("namespace") {
            labels.insert("exported_namespace".to_owned());
        }
        if kind == "histogram" {
            let with_bound: BTreeSet<_> = labels.iter().cloned().chain(["le".to_owned()]).collect();
            series.insert(format!("{name}_bucket"), with_bound);
            series.extend(["sum", "count"].map(|part| (format!("{name}_{part}"), labels.clone())));
        } else {
            series.insert(name, labels);
        }
    }
    series
}

/// What an expression selects: each metric with its matchers.
pub(super) fn selected(expression: &str) -> Vec<(String, String)> {
    let selector = Regex::new(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}").expect("a good expression");
    selector.captures_iter(expression).map(|hit| (hit[1].to_owned(), hit[2].to_owned())).collect()
}

/// What is wrong with the selectors of an expression: a metric or a label that there is not, or
/// series of whatever release.
fn faults(expression: &str) -> Vec<String> {
    let series = series();
    let label = Regex::new(r#"(\w+)(?:=~|!~|!=|=)""#).expect("a good expression");
    let name = Regex::new(r"\b(?:kimager|process)_\w+(\{)?").expect("a good expression");
    let bare = name.captures_iter(expression).filter(|hit| hit.get(1).is_none());
    let mut faults: Vec<_> = bare.map(|hit| format!("{} has no selector", &hit[0])).collect();
    let mut is_grouped = expression.to_owned();
    for (name, matchers) in selected(expression) {
        let Some(labels) = series.get(&name) else {
            faults.push(format!("there is no metric {name}"));
            continue;
        };
        let used: Vec<_> = label.captures_iter(&matchers).map(|hit| hit.extract::<1>().1[0]).collect();
        let is_unknown = |label: &&&str| !labels.contains(**label) && !["job", "namespace"].contains(*label);
        faults.extend(used.iter().filter(is_unknown).map(|label| format!("{name} has no label {label}")));
        let missing = ["job", "namespace"].into_iter().filter(|needed| !used.contains(needed));
        faults.extend(missing.map(|label| format!("{name} is not of one {label}")));
        is_grouped = is_grouped.replace(&matchers, "");
    }
    let by = Regex::new(r"\b(?:by|on) ?\(([^)]*)\)").expect("a good expression");
    for hit in by.captures_iter(&is_grouped) {
        let groups = hit[1].split(',').map(str::trim).map(str::to_owned);
        let is_known = |label: &String| {
            ["job", "namespace", "instance"].contains(&label.as_str())
                || series.values().any(|labels| labels.contains(label))
        };
        faults.extend(groups.filter(|label| !is_known(label)).map(|label| format!("nothing has {label}")));
    }
    faults
}

/// Holds expressions, each with its name, to the metrics that there are.
#[track_caller]
pub(super) fn assert_known(expressions: &[(String, String)]) {
    let of_one = |(name, expression): &(String, String)| {
        faults(expression).into_iter().map(|fault| format!("{name}: {fault}")).collect::<Vec<_>>()
    };
    assert_none("wrong in expressions", &expressions.iter().flat_map(of_one).collect::<Vec<_>>());
    assert!(expressions.iter().all(|(_, expression)| !selected(expression).is_empty()), "{expressions:?}");
}

#[test]
fn what_an_expression_gets_wrong_is_told() {
    let check =
        |expression: &str, expected: &[&str]| assert_eq!(faults(expression), expected, "{expression}");
    let of = r#"job="a",namespace="b""#;
    check(&format!("sum by (le) (rate(kimager_event_lag_seconds_bucket{{{of}}}[5m]))"), &[]);
    check(&format!(r#"kimager_events_total{{{of},event=~"added|moved"}} > 1"#), &[]);
    check("kimager_ready == 0", &["kimager_ready has no selector"]);
    check(&format!("kimager_redy{{{of}}}"), &["there is no metric kimager_redy"]);
    check(&format!("kimager_event_lag_seconds{{{of}}}"), &["there is no metric kimager_event_lag_seconds"]);
    check(&format!("kimager_pods_count{{{of}}}"), &["there is no metric kimager_pods_count"]);
    check(&format!(r#"kimager_pods{{{of},node="c"}}"#), &["kimager_pods has no label node"]);
    check(r#"kimager_pods{job="a"}"#, &["kimager_pods is not of one namespace"]);
    check(&format!("sum by (registri) (kimager_pods{{{of}}})"), &["nothing has registri"]);
}
