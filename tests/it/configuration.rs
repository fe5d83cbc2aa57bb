//! What can be set: flags and the chart's values, told in docs/configuration.md. Values are checked by the
//! schema, and used by the templates.

use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs};

use kimager::cli;
use regex::Regex;
use serde_json::{Value, json};

use crate::repository::{files, read, root};

const DOCUMENT: &str = "docs/configuration.md";

/// A value of chart/values.yaml: where it stands, what it is by default, and the comment above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChartValue {
    pub(crate) path: String,
    default: String,
    told: String,
}

/// All values of the chart. One that has a comment is a value, whatever stands below it; one that has
/// none, and something below it, is a group of values.
pub(crate) fn chart_values() -> Vec<ChartValue> {
    values_in(&read("chart/values.yaml"))
}

fn values_in(text: &str) -> Vec<ChartValue> {
    let mut values: Vec<ChartValue> = Vec::new();
    let mut groups: Vec<&str> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    // How far the value is indented whose default is being read.
    let mut open = None;
    for line in text.lines() {
        let (trimmed, indent) = (line.trim_start(), line.len() - line.trim_start().len());
        if open.is_some_and(|of| indent > of) {
            let default = &mut values.last_mut().expect("a value").default;
            *default = format!("{default}{}{trimmed}", if default.is_empty() { "" } else { ", " });
            continue;
        }
        open = None;
        if let Some(comment) = trimmed.strip_prefix("# ") {
            told.push(comment);
        } else if let Some((key, default)) = trimmed.split_once(':') {
            groups.truncate(indent / 2);
            let is_group = told.is_empty() && default.is_empty();
            if !is_group {
                let path = [&groups[..], &[key]].concat().join(".");
                values.push(ChartValue { path, default: default.trim().to_owned(), told: told.join(" ") });
                open = Some(indent);
            }
            groups.push(key);
            told.clear();
        } else {
            told.clear();
        }
    }
    values
}

#[test]
fn values_are_read_as_they_are_written() {
    let text = "# Of the file.\n\n# One.\none: 1\ngroup:\n  # Two.\n  two: \"\"\n# Three,\n# at length.\nthree:\n  a: 1\n  b: { c: 2 }\nfour: 4\n";
    let value = |path: &str, default: &str, told: &str| ChartValue {
        path: path.into(),
        default: default.into(),
        told: told.into(),
    };
    let expected = [
        value("one", "1", "One."),
        value("group.two", "\"\"", "Two."),
        value("three", "a: 1, b: { c: 2 }", "Three, at length."),
        value("four", "4", ""),
    ];
    assert_eq!(values_in(text), expected);
}

/// How a flag of the program is set by the chart: by which value, or always to which text.
fn flags_set_by_the_chart(template: &str) -> BTreeMap<String, String> {
    let group = Regex::new(r"\{\{- (?:with|range) \.Values\.([\w.]+) \}\}").expect("a good expression");
    let flag = Regex::new(r"- .*?--([a-z-]+)=(.*)$").expect("a good expression");
    let value = Regex::new(r"\.Values\.([\w.]+)").expect("a good expression");
    let mut at_hand = String::new();
    let mut set = BTreeMap::new();
    for line in template.lines() {
        if let Some(hit) = group.captures(line) {
            hit[1].clone_into(&mut at_hand);
        } else if let Some(hit) = flag.captures(line) {
            let by = match value.captures(&hit[2]) {
                Some(value) => format!("`{}`", &value[1]),
                None if hit[2].contains([' ', '}']) => format!("`{at_hand}`"),
                None => format!("always `{}`", &hit[2]),
            };
            set.insert(hit[1].to_owned(), by);
        }
    }
    set
}

#[test]
fn a_flag_is_set_by_the_value_that_its_line_or_its_group_names() {
    let template = "- watch\n- --listen=:8080\n- --linger={{ .Values.linger }}\n{{- with .Values.a.b }}\n\
                    - {{ printf \"--name=%s\" . | quote }}\n{{- end }}\n{{- range .Values.names }}\n- --one={{ . }}\n";
    let expected =
        [("linger", "`linger`"), ("listen", "always `:8080`"), ("name", "`a.b`"), ("one", "`names`")];
    let expected = expected.map(|(flag, by)| (flag.to_owned(), by.to_owned()));
    assert_eq!(flags_set_by_the_chart(template), expected.into());
}

/// A row for each flag of `kimager watch`, in the order of its help.
fn table_of_flags() -> String {
    let command = cli::command();
    let watch = command.find_subcommand("watch").expect("there is `kimager watch`");
    let set = flags_set_by_the_chart(&read("chart/templates/deployment.yaml"));
    let rows = watch.get_arguments().filter(|flag| flag.get_id() != "help").map(|flag| {
        assert_eq!(flag.get_env(), None, "{DOCUMENT} says that no variable stands for a flag");
        let name = flag.get_long().expect("each flag has a long name");
        let short = flag.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
        let names = flag.get_value_names().filter(|_| flag.get_action().takes_values());
        let value = names.map(|names| format!(" {}", names[0])).unwrap_or_default();
        let default = flag.get_default_values().first();
        let default = default.map(|default| format!("`{}`", default.display())).unwrap_or_default();
        let by = set.get(name).map_or("`extraArgs`", String::as_str);
        let told = flag.get_help().expect("each flag has its help");
        format!("| `{short}--{name}{value}` | {default} | {told}. | {by} |\n")
    });
    format!(
        "| flag | default | what it does | set by the chart |\n|---|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// A row for each value of the chart, in the order of its file.
fn table_of_values() -> String {
    let rows = chart_values().into_iter().map(|ChartValue { path, default, told }| {
        let default = if default.contains(": ") && !default.starts_with('{') {
            format!("{{ {default} }}")
        } else {
            default
        };
        format!("| `{path}` | `{default}` | {told} |\n")
    });
    format!("| value | default | what it is |\n|---|---|---|\n{}", rows.collect::<String>())
}

#[test]
fn the_tables_are_made_of_the_program_and_the_chart() {
    const END: &str = "<!-- end -->\n";
    let document = read(DOCUMENT);
    let mut expected = document.clone();
    for (source, table) in [("src/cli", table_of_flags()), ("chart/values.yaml", table_of_values())] {
        let mark = format!("<!-- made of {source} by `make configuration` -->\n");
        let (before, rest) = expected.split_once(&mark).expect("the mark before the table");
        let (_, after) = rest.split_once(END).expect("the mark after the table");
        expected = [before, &mark, &table, END, after].concat();
    }
    if env::var_os("KIMAGER_WRITE").is_some() {
        fs::write(root().join(DOCUMENT), &expected).expect("the document is written");
    } else {
        assert!(document == expected, "{DOCUMENT} is not what `make configuration` would write");
    }
}

/// No value is there in part only: without a comment, without a rule, or without a use.
#[test]
fn every_value_is_told_checked_and_used() {
    let known: BTreeSet<String> = chart_values().into_iter().map(|value| value.path).collect();
    for ChartValue { path, told, .. } in chart_values() {
        assert!(told.ends_with('.'), "the comment on {path} is no sentence: {told:?}");
    }

    let mut ruled = BTreeSet::new();
    collect_ruled("", &schema(), &mut ruled);
    // Helm itself sets it, in a chart that has this one as a part.
    assert!(ruled.remove("global"));
    assert_eq!(ruled, known, "the schema's values and those of values.yaml");

    // What stands in `with .Values.GROUP` is used without the group's name.
    let of_a_group = Regex::new(r"with \.Values\.(\w+) \}").expect("a good expression");
    let by_itself = Regex::new(r"\.Values\.([\w.]+)").expect("a good expression");
    let of_the_group_at_hand = Regex::new(r"[ (]\.(\w+)").expect("a good expression");
    let (mut named, mut used) = (BTreeSet::new(), BTreeSet::new());
    for template in files("chart/templates", "") {
        let text = read(&template);
        named.extend(by_itself.captures_iter(&text).map(|hit| hit[1].to_owned()));
        for group in of_a_group.captures_iter(&text) {
            let members = of_the_group_at_hand.captures_iter(&text);
            used.extend(members.map(|hit| format!("{}.{}", &group[1], &hit[1])));
        }
    }
    let is_group = |name: &String| known.iter().any(|path| path.starts_with(&format!("{name}.")));
    let unknown: Vec<_> = named.iter().filter(|name| !known.contains(*name) && !is_group(name)).collect();
    assert!(unknown.is_empty(), "templates use what is no value: {unknown:?}");
    used.extend(named);
    let unused: Vec<_> = known.difference(&used).collect();
    assert!(unused.is_empty(), "no template uses {unused:?}");
}

fn schema() -> Value {
    serde_json::from_str(&read("chart/values.schema.json")).expect("a schema in JSON")
}

/// The paths that a schema rules: objects that name their members are groups.
fn collect_ruled(path: &str, schema: &Value, ruled: &mut BTreeSet<String>) {
    match schema["properties"].as_object() {
        Some(members) => {
            assert_eq!(schema["additionalProperties"], false, "{path}: a slip of the pen would be taken");
            for (name, rule) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect_ruled(&path, rule, ruled);
            }
        }
        None => {
            ruled.insert(path.to_owned());
        }
    }
}

#[test]
fn the_chart_is_of_the_programs_version() {
    let chart = read("chart/Chart.yaml");
    for key in ["version", "appVersion"] {
        let line = format!("\n{key}: {}\n", env!("CARGO_PKG_VERSION"));
        assert!(chart.contains(&line), "Chart.yaml has no line{line}");
    }
}

/// What Helm installs must not end in a pod that refuses its arguments.
#[test]
fn a_value_that_the_schema_takes_is_one_that_the_program_takes() {
    let schema = jsonschema::validator_for(&schema()).expect("a good schema");
    let check = |path: &str, flag: &str, value: Value, is_taken: bool| {
        let nested = path.rsplit('.').fold(value.clone(), |inner, key| json!({ key: inner }));
        assert_eq!(schema.is_valid(&nested), is_taken, "the schema on {nested}");
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let parsed = cli::parse(["kimager".into(), "watch".into(), format!("{flag}={text}").into()]);
        let is_left_out = text.is_empty();
        assert_eq!(is_left_out || parsed.is_ok(), is_taken, "the program on {flag}={text}");
    };
    for good in ["0", "90m", "1h30m", "1h 30m", "1.5h", "3mo", "26 hours", "1y"] {
        check("linger", "--linger", json!(good), true);
    }
    check("linger", "--linger", json!(0), true);
    for bad in [json!("soon"), json!("5"), json!("5 bananas"), json!("-5m"), json!(5)] {
        check("linger", "--linger", bad, false);
    }
    for good in ["400d", "1y", "36h", "2 weeks"] {
        check("keepFor", "--keep-for", json!(good), true);
    }
    for bad in ["0", "0d", "soon", "400"] {
        check("keepFor", "--keep-for", json!(bad), false);
    }
    for good in ["", "800MB", "2GiB", "1 GB"] {
        check("maxSize", "--max-size", json!(good), true);
    }
    for bad in [json!("5"), json!(5), json!("0MB"), json!("1TB"), json!("-1GB"), json!("1.5GB")] {
        check("maxSize", "--max-size", bad, false);
    }
    for good in ["", "prod", "eu west: 1", "ünïcode"] {
        check("cluster.name", "--cluster-name", json!(good), true);
    }
    for bad in [" ", "a\nb", &"a".repeat(254)] {
        check("cluster.name", "--cluster-name", json!(bad), false);
    }
    for good in ["text", "json"] {
        check("output", "--output", json!(good), true);
    }
    for bad in ["yaml", "TEXT"] {
        check("output", "--output", json!(bad), false);
    }
}
