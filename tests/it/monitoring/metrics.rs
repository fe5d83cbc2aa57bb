//! The metrics that there are, and those that an expression names.

use regex::Regex;

use crate::repository::assert_none;

/// Each metric, with its labels. This is the one place that knows them.
const METRICS: [(&str, &[&str]); 28] = [
    ("kimager_build_info", &["version"]),
    ("kimager_ready", &[]),
    ("kimager_watch_in_sight", &["scope"]),
    ("kimager_watch_events_total", &["type"]),
    ("kimager_watch_last_event_timestamp_seconds", &["scope"]),
    ("kimager_watch_last_bookmark_timestamp_seconds", &["scope"]),
    ("kimager_watch_lists_total", &["reason"]),
    ("kimager_watch_decode_failures_total", &[]),
    ("kimager_watch_gaps_total", &["kind"]),
    ("kimager_event_lag_seconds", &["le"]),
    ("kimager_events_total", &["event"]),
    ("kimager_images_in_use", &[]),
    ("kimager_registry_images_in_use", &["registry"]),
    // Prometheus calls this label `exported_namespace`: the target's own has the name already.
    ("kimager_namespace_images_in_use", &["exported_namespace"]),
    ("kimager_pods", &[]),
    ("kimager_image_pods", &["image"]),
    ("kimager_record_commit_duration_seconds", &["le"]),
    ("kimager_record_size_bytes", &[]),
    ("kimager_record_queue_rows", &[]),
    ("kimager_record_writable", &[]),
    ("process_cpu_seconds_total", &[]),
    ("process_max_fds", &[]),
    ("process_open_fds", &[]),
    ("process_resident_memory_bytes", &[]),
    ("process_start_time_seconds", &[]),
    ("process_threads", &[]),
    ("process_virtual_memory_bytes", &[]),
    ("process_virtual_memory_max_bytes", &[]),
];

/// The labels of a metric, also of a part of a histogram.
fn labels_of(name: &str) -> Option<&'static [&'static str]> {
    let find = |name: &str| METRICS.iter().find(|(known, _)| *known == name).map(|(_, labels)| *labels);
    let part = || ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
    match find(name) {
        // A histogram has no series of its own name.
        Some(labels) => Some(labels).filter(|labels| !labels.contains(&"le")),
        None => find(part()?).filter(|labels| labels.contains(&"le")),
    }
}

/// What an expression selects: each metric with its matchers.
pub(super) fn selected(expression: &str) -> Vec<(String, String)> {
    let selector = Regex::new(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}").expect("a good expression");
    selector.captures_iter(expression).map(|hit| (hit[1].to_owned(), hit[2].to_owned())).collect()
}

/// What is wrong with the selectors of an expression: a metric or a label that there is not, or
/// series of whatever release.
fn faults(expression: &str) -> Vec<String> {
    let label = Regex::new(r#"(\w+)(?:=~|!~|!=|=)""#).expect("a good expression");
    let name = Regex::new(r"\b(?:kimager|process)_\w+(\{)?").expect("a good expression");
    let bare = name.captures_iter(expression).filter(|hit| hit.get(1).is_none());
    let mut faults: Vec<_> = bare.map(|hit| format!("{} has no selector", &hit[0])).collect();
    let mut is_grouped = expression.to_owned();
    for (name, matchers) in selected(expression) {
        let Some(labels) = labels_of(&name) else {
            faults.push(format!("there is no metric {name}"));
            continue;
        };
        let used: Vec<_> = label.captures_iter(&matchers).map(|hit| hit.extract::<1>().1[0]).collect();
        let is_unknown = |label: &&&str| !labels.contains(*label) && !["job", "namespace"].contains(*label);
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
                || METRICS.iter().any(|(_, labels)| labels.contains(&label.as_str()))
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
