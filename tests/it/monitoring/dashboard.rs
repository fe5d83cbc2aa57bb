//! The dashboard for Grafana: whole, and of metrics that there are.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::metrics::assert_known;
use crate::repository::{assert_none, read};

const DASHBOARD: &str = "chart/dashboards/kimager.json";

fn dashboard() -> Value {
    serde_json::from_str(&read(DASHBOARD)).expect("a dashboard in JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is no list in {value}"))
}

/// A panel's title and one of its expressions, for each of both.
pub(super) fn expressions() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let of_panel = |panel: &Value| {
        let title = panel["title"].as_str().expect("a title").to_owned();
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        let expression = |target: Value| target["expr"].as_str().expect("an expression").to_owned();
        targets.into_iter().map(|target| (title.clone(), expression(target))).collect::<Vec<_>>()
    };
    list(&dashboard, "panels").iter().flat_map(of_panel).collect()
}

#[test]
fn each_panel_has_an_id_a_title_a_place_and_what_it_shows() {
    let dashboard = dashboard();
    let panels = list(&dashboard, "panels");
    let (mut ids, mut titles, mut fields, mut found) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), Vec::new());
    for panel in panels {
        let title = panel["title"].as_str().unwrap_or_default();
        let mut wrong = |what: &str, is_wrong: bool| {
            if is_wrong {
                found.push(format!("{title}: {what}"));
            }
        };
        wrong("an id that another one has", !ids.insert(panel["id"].as_u64().expect("an id")));
        wrong("a title that another one has", title.is_empty() || !titles.insert(title));
        let side = |key: &str| panel["gridPos"][key].as_u64().expect("a place in the grid");
        wrong("wider than the grid", side("x") + side("w") > 24);
        for x in side("x")..side("x") + side("w") {
            for y in side("y")..side("y") + side("h") {
                wrong("in the place of another", !fields.insert((x, y)));
            }
        }
        let is_row = panel["type"] == "row";
        wrong("no target", !is_row && list(panel, "targets").is_empty());
        let described = panel["description"].as_str().is_some_and(|text| text.ends_with('.'));
        wrong("no description in sentences", !is_row && !described);
    }
    assert_none("wrong in panels", &found);
    let rows = panels.iter().filter(|panel| panel["type"] == "row").count();
    assert_eq!((rows, panels.len()), (3, 22), "rows, and all panels with them");
}

/// Grafana knows a variable by `$NAME`, and some by itself.
#[test]
fn each_variable_of_the_dashboard_is_declared_and_used() {
    let dashboard = dashboard();
    let declared: BTreeSet<_> = list(&dashboard["templating"], "list")
        .iter()
        .map(|variable| variable["name"].as_str().expect("a name").to_owned())
        .collect();
    let variable = Regex::new(r"\$\{?(\w+)").expect("a good expression");
    let text = read(DASHBOARD);
    let mut used: BTreeSet<_> = variable.captures_iter(&text).map(|hit| hit[1].to_owned()).collect();
    used.retain(|name| !name.starts_with("__"));
    assert_eq!(declared, used);
    assert_eq!(declared, ["datasource", "job", "namespace"].map(str::to_owned).into());
    let sources: BTreeSet<_> =
        text.split("\"datasource\": {").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    assert_eq!(sources, [r#""type": "prometheus", "uid": "${datasource"#].into(), "one source for all");
}

#[test]
fn the_dashboard_shows_metrics_that_there_are_of_one_release() {
    let expressions = expressions();
    assert!(expressions.len() > 15, "only {} expressions were found", expressions.len());
    assert_known(&expressions);
}
