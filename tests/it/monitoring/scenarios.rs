//! What happens to a release, and which alerts fire then: those, and no others.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::alerts::{Alert, RULES, alerts};
use super::metrics::selected;
use super::promtool::promtool;
use crate::repository::{assert_none, root};

/// A series without the labels of its target, and its values, one a minute, as promtool writes them.
type Series = (&'static str, &'static str);

/// A release without trouble, for longer than a day: 60 events a minute, of which one adds an image.
const HEALTHY: [Series; 15] = [
    ("kimager_build_info{version='0.2.0'}", "1+0x1600"),
    ("process_start_time_seconds", "0+0x1600"),
    ("kimager_ready", "1+0x1600"),
    ("kimager_watch_last_event_timestamp_seconds{scope='all namespaces'}", "0+60x1600"),
    ("kimager_watch_last_bookmark_timestamp_seconds{scope='all namespaces'}", "0+60x1600"),
    ("kimager_watch_decode_failures_total", "0+0x1600"),
    ("kimager_watch_gaps_total{kind='bridged'}", "0+0x1600"),
    ("kimager_watch_gaps_total{kind='blind'}", "0+0x1600"),
    ("kimager_watch_gaps_total{kind='unwritable'}", "0+0x1600"),
    ("kimager_events_total{event='added'}", "0+1x1600"),
    ("kimager_events_total{event='removed'}", "0+1x1600"),
    ("kimager_event_lag_seconds_sum", "0+0.5x1600"),
    ("kimager_event_lag_seconds_count", "0+60x1600"),
    ("kimager_record_size_bytes", "400000000+0x1600"),
    ("kimager_record_writable", "1+0x1600"),
];

const EVENT: &str = "kimager_watch_last_event_timestamp_seconds{scope='all namespaces'}";
const BOOKMARK: &str = "kimager_watch_last_bookmark_timestamp_seconds{scope='all namespaces'}";
const BLIND: &str = "kimager_watch_gaps_total{kind='blind'}";
const ADDED: &str = "kimager_events_total{event='added'}";
const STARTED: &str = "process_start_time_seconds";

/// What is otherwise than with a healthy release, and what fires at some minutes: an alert, and what
/// it has for labels beside those of each.
struct Scenario {
    name: &'static str,
    changed: Vec<Series>,
    fires: Vec<(u32, Vec<(&'static str, &'static str)>)>,
}

fn scenario(
    name: &'static str,
    changed: &[Series],
    fires: &[(u32, &[(&'static str, &'static str)])],
) -> Scenario {
    let fires = fires.iter().map(|(minute, alerts)| (*minute, alerts.to_vec())).collect();
    Scenario { name, changed: changed.to_vec(), fires }
}

fn scenarios() -> Vec<Scenario> {
    [of_the_watch(), of_the_record(), of_a_day()].into_iter().flatten().collect()
}

fn of_the_watch() -> Vec<Scenario> {
    const SILENT: (&str, &str) = ("KimagerSilent", "scope='all namespaces'");
    const FAILURES: &str = "kimager_watch_decode_failures_total";
    vec![
        scenario("all is well", &[], &[(1, &[]), (20, &[]), (120, &[])]),
        scenario(
            "the target goes away",
            &[("kimager_build_info{version='0.2.0'}", "1+0x10 stale")],
            &[(15, &[]), (16, &[("KimagerAbsent", "")])],
        ),
        scenario(
            "an update replaces the pod within two minutes",
            &[("kimager_build_info{version='0.2.0'}", "1+0x10 stale _ 1+0x20")],
            &[(12, &[]), (20, &[])],
        ),
        scenario(
            "the network is dead",
            &[(EVENT, "0+60x10 600+0x60"), (BOOKMARK, "0+60x10 600+0x60")],
            &[(15, &[]), (16, &[SILENT]), (60, &[SILENT])],
        ),
        scenario("nothing happens, and bookmarks tell so", &[(EVENT, "0+60x10 600+0x60")], &[(60, &[])]),
        scenario(
            "the network is dead, and there has been no event as yet",
            &[(EVENT, "_x60"), (BOOKMARK, "0+60x10 600+0x60")],
            &[(15, &[]), (16, &[SILENT])],
        ),
        scenario("there has been no event as yet", &[(EVENT, "_x60")], &[(60, &[])]),
        scenario("so much happens that no bookmark comes", &[(BOOKMARK, "0+60x10 600+0x60")], &[(60, &[])]),
        scenario(
            "nothing was ever heard, and it is not ready",
            &[(EVENT, "_x60"), (BOOKMARK, "0+0x60"), ("kimager_ready", "0+0x60")],
            &[(4, &[]), (5, &[("KimagerNotReady", "")]), (60, &[("KimagerNotReady", "")])],
        ),
        scenario(
            "it is not ready for a moment",
            &[("kimager_ready", "1+0x10 0+0x3 1+0x20")],
            &[(14, &[]), (30, &[])],
        ),
        scenario(
            "a pod cannot be read",
            &[(FAILURES, "0+0x100 1+0x200")],
            &[(100, &[]), (101, &[("KimagerDecodeFailures", "")]), (170, &[])],
        ),
        scenario(
            "a pod cannot be read in the first list",
            &[(FAILURES, "_x100 1+0x200"), (STARTED, "_x100 6000+0x200")],
            &[(101, &[("KimagerDecodeFailures", "")]), (170, &[])],
        ),
    ]
}

fn of_the_record() -> Vec<Scenario> {
    const GAP: (&str, &str) = ("KimagerGap", "kind='blind'");
    const SIZE: &str = "kimager_record_size_bytes";
    const WRITABLE: &str = "kimager_record_writable";
    vec![
        scenario("a gap was blind", &[(BLIND, "0+0x60 1+0x60")], &[(60, &[]), (61, &[GAP]), (80, &[])]),
        scenario(
            "it begins with a blind gap behind it",
            &[(BLIND, "_x60 1+0x60"), (STARTED, "_x60 3600+0x60")],
            &[(61, &[GAP]), (80, &[])],
        ),
        scenario(
            "a gap was bridged",
            &[("kimager_watch_gaps_total{kind='bridged'}", "0+0x60 1+0x60")],
            &[(61, &[])],
        ),
        scenario(
            "the record missed what memory could not hold",
            &[("kimager_watch_gaps_total{kind='unwritable'}", "0+0x60 1+0x60")],
            &[(61, &[("KimagerGap", "kind='unwritable'")])],
        ),
        scenario(
            "the disk is full",
            &[(WRITABLE, "1+0x10 0+0x60")],
            &[(12, &[]), (13, &[("KimagerRecordUnwritable", "")])],
        ),
        scenario(
            "the disk is slow for a minute",
            &[(WRITABLE, "1+0x10 0+0x1 1+0x60")],
            &[(12, &[]), (30, &[])],
        ),
        scenario(
            "the record has almost the size of its volume",
            &[(SIZE, "970000000+0x60")],
            &[(14, &[]), (15, &[("KimagerRecordLarge", "")])],
        ),
        scenario("the record is as large as maxSize lets it be", &[(SIZE, "810000000+0x60")], &[(60, &[])]),
        scenario(
            "events take two seconds",
            &[("kimager_event_lag_seconds_sum", "0+0.5x60 30+120x60")],
            &[(70, &[]), (80, &[("KimagerSlow", "")])],
        ),
        scenario(
            "events take two seconds for five minutes",
            &[("kimager_event_lag_seconds_sum", "0+0.5x60 30+120x5 630.5+0.5x60")],
            &[(66, &[]), (70, &[]), (80, &[])],
        ),
        scenario(
            "no event comes at all",
            &[("kimager_event_lag_seconds_sum", "30+0x60"), ("kimager_event_lag_seconds_count", "60+0x60")],
            &[(60, &[])],
        ),
    ]
}

/// These are looked at each quarter of an hour.
fn of_a_day() -> Vec<Scenario> {
    const FLOOD: (&str, &str) = ("KimagerImageFlood", "");
    vec![
        scenario(
            "twenty images a minute where one is usual",
            &[(ADDED, "0+1x1500 1500+20x30")],
            &[(1500, &[]), (1515, &[FLOOD])],
        ),
        scenario(
            "twenty images a minute where ten are usual",
            &[(ADDED, "0+10x1500 15000+20x30")],
            &[(1515, &[])],
        ),
        scenario(
            "six images a minute where almost none are usual",
            &[(ADDED, "0+0.01x1500 15+6x30")],
            &[(1515, &[])],
        ),
        scenario(
            "a thousand images in the first list of a new process",
            &[(ADDED, "0+1x1499 0+100x10 1000+1x90"), (STARTED, "0+0x1499 90000+0x100")],
            &[(1515, &[]), (1530, &[]), (1545, &[])],
        ),
        scenario(
            "a thousand images in the first list of all",
            &[(ADDED, "0+100x10 1000+1x1500")],
            &[(15, &[]), (30, &[]), (105, &[])],
        ),
    ]
}

const TARGET: &str = "job='kimager',namespace='kimager-system'";

/// A series with the labels of its target.
fn of_the_target(series: &str) -> String {
    let target = format!("{TARGET},instance='10.0.0.7:8080',pod='kimager-0'");
    match series.strip_suffix('}') {
        Some(rest) => format!("{rest},{target}}}").replace('\'', "\""),
        None => format!("{series}{{{target}}}").replace('\'', "\""),
    }
}

fn alert_named<'a>(alerts: &'a [Alert], name: &str) -> &'a Alert {
    alerts.iter().find(|alert| alert.name == name).unwrap_or_else(|| panic!("there is no alert {name}"))
}

/// The test as promtool takes one.
fn test_of(scenario: &Scenario, alerts: &[Alert]) -> Value {
    let mut series = HEALTHY.to_vec();
    for (name, values) in &scenario.changed {
        let place = series.iter_mut().find(|(known, _)| known == name);
        *place.unwrap_or_else(|| panic!("{}: no series {name}", scenario.name)) = (name, values);
    }
    let series: Vec<_> = series
        .iter()
        .map(|(name, values)| json!({ "series": of_the_target(name), "values": values }))
        .collect();
    // The labels that texts of alerts name are compared, and the severity.
    let firing =
        "count by (alertname, severity, job, namespace, scope, kind) (ALERTS{alertstate=\"firing\"})";
    let tests = scenario.fires.iter().map(|(minute, expected)| {
        let samples = expected.iter().map(|(name, further)| {
            let severity = &alert_named(alerts, name).severity;
            let further = if further.is_empty() { String::new() } else { format!(",{further}") };
            let labels = format!("{{alertname='{name}',severity='{severity}',{TARGET}{further}}}");
            json!({ "labels": labels.replace('\'', "\""), "value": 1 })
        });
        json!({ "expr": firing, "eval_time": format!("{minute}m"), "exp_samples": samples.collect::<Vec<_>>() })
    });
    json!({
        "name": scenario.name,
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": tests.collect::<Vec<_>>(),
    })
}

/// Runs scenarios, whose alerts are looked at so many minutes apart.
#[track_caller]
fn run(scenarios: &[Scenario], minutes: u32) {
    let alerts = alerts();
    let tests: Vec<_> = scenarios.iter().map(|scenario| test_of(scenario, &alerts)).collect();
    let test = json!({
        "rule_files": [root().join(RULES)],
        "evaluation_interval": format!("{minutes}m"),
        "tests": tests,
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("alerts.json");
    fs::write(&path, test.to_string()).expect("the test is written");
    let said = promtool(&["test", "rules", &path.display().to_string()]).done();
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
fn each_alert_fires_when_it_should_and_no_other_does() {
    run(&[of_the_watch(), of_the_record()].into_iter().flatten().collect::<Vec<_>>(), 1);
}

#[test]
fn a_flood_of_images_is_told_from_what_is_usual_and_from_a_first_list() {
    run(&of_a_day(), 15);
}

/// Of each alert one scenario shows that it fires, and another that it does not, though it looks at
/// what is otherwise there.
#[test]
fn each_alert_is_seen_firing_and_seen_silent() {
    let scenarios = scenarios();
    let fires = |scenario: &Scenario, alert: &Alert| {
        scenario.fires.iter().flat_map(|(_, alerts)| alerts).any(|(name, _)| *name == alert.name)
    };
    let concerns = |scenario: &Scenario, alert: &Alert| {
        let metrics: BTreeSet<_> = selected(&alert.expression).into_iter().map(|(name, _)| name).collect();
        scenario
            .changed
            .iter()
            .any(|(series, _)| metrics.contains(series.split('{').next().unwrap_or_default()))
    };
    let mut missing = Vec::new();
    for alert in alerts() {
        if !scenarios.iter().any(|scenario| fires(scenario, &alert)) {
            missing.push(format!("{} fires", alert.name));
        }
        if !scenarios.iter().any(|scenario| concerns(scenario, &alert) && !fires(scenario, &alert)) {
            missing.push(format!("{} does not fire", alert.name));
        }
    }
    assert_none("no scenario in which", &missing);
    let mut labels = BTreeSet::new();
    for alert in alerts() {
        let named = alert.description.split("$labels.").skip(1);
        labels.extend(named.filter_map(|rest| rest.split([' ', '}']).next()).map(str::to_owned));
    }
    let compared = ["job", "kind", "namespace", "scope"].map(str::to_owned).into();
    assert_eq!(labels, compared, "the labels that texts name");
}
