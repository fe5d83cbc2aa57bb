//! The workflows of GitHub do what the Makefile does, with few rights and nothing that moves.

use std::collections::BTreeSet;
use std::path::PathBuf;

use regex::Regex;

use crate::repository::{assert_none, files, make_targets, read, wrong_lines};

const FOLDER: &str = ".github/workflows";

fn paths() -> Vec<PathBuf> {
    let paths = files(FOLDER, ".yml");
    assert!(paths.len() >= 4, "only {} workflows", paths.len());
    paths
}

fn workflows() -> Vec<(PathBuf, String)> {
    paths().into_iter().map(|path| (path.clone(), read(path))).collect()
}

/// A job: its name, and its lines.
fn jobs(workflow: &str) -> Vec<(&str, Vec<&str>)> {
    let (_, jobs) = workflow.split_once("\njobs:\n").expect("jobs");
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in jobs.lines() {
        let name = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
        match name.filter(|name| !name.starts_with([' ', '#'])) {
            Some(name) => found.push((name, Vec::new())),
            None => found.last_mut().expect("a job begins with its name").1.push(line),
        }
    }
    found
}

#[test]
fn each_action_is_pinned_by_a_hash_beside_its_version() {
    let pinned =
        Regex::new(r"uses: (?:\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$").expect("an expression");
    let is_wrong = |line: &str| line.contains("uses:") && !pinned.is_match(line);
    assert_none("not pinned", &wrong_lines(paths(), is_wrong));
}

#[test]
fn one_action_has_one_version() {
    let action = Regex::new(r"uses: ([\w./-]+)@(\S+)").expect("an expression");
    let text: String = workflows().into_iter().map(|(_, text)| text).collect();
    let used: BTreeSet<_> = action.captures_iter(&text).map(|hit| hit.extract::<2>().1).collect();
    let names: BTreeSet<_> = used.iter().map(|[name, _]| name).collect();
    assert_eq!(names.len(), used.len(), "{used:?}");
}

#[test]
fn each_job_has_its_own_rights_and_comes_to_an_end() {
    let mut found = Vec::new();
    for (path, text) in workflows() {
        if !text.contains("\npermissions: {}\n") {
            found.push(format!("{}: permissions: {{}}", path.display()));
        }
        for (name, lines) in jobs(&text) {
            let has = |key: &str| lines.iter().any(|line| line.starts_with(&format!("    {key}:")));
            // A workflow that is called has its own time.
            for key in ["permissions", "timeout-minutes"] {
                if !(has(key) || key == "timeout-minutes" && has("uses")) {
                    found.push(format!("{}: {name}: {key}", path.display()));
                }
            }
        }
    }
    assert_none("missing", &found);
}

#[test]
fn no_checkout_leaves_credentials_behind() {
    let mut found = Vec::new();
    for (path, text) in workflows() {
        let checkouts = text.matches("uses: actions/checkout@").count();
        let without = text.matches("persist-credentials: false").count();
        if checkouts != without {
            found.push(format!("{}: {without} of {checkouts}", path.display()));
        }
    }
    assert_none("checkouts without credentials", &found);
}

/// What a pull request or a tag says could be a command. It comes by the environment, as text.
#[test]
fn no_script_holds_what_somebody_else_has_written() {
    let is_script = Regex::new(r"^ {6}(?:- | {2})run:").expect("an expression");
    // A script is what is indented below its key: none goes on in another file.
    let mut is_in_script = false;
    let found = wrong_lines(paths(), |text| {
        is_in_script =
            is_script.is_match(text) || is_in_script && (text.is_empty() || text.starts_with("          "));
        is_in_script && text.contains("${{")
    });
    assert_none("interpolated into a script", &found);
}

#[test]
fn workflows_do_what_the_makefile_does() {
    let targets = make_targets();
    let call = Regex::new(r"\bmake(?: --silent)?((?: [a-z0-9-]+)+)").expect("an expression");
    let mut called = BTreeSet::new();
    for (_, text) in workflows() {
        for line in text.lines().filter_map(|line| line.split("# ").next()) {
            for hit in call.captures_iter(line) {
                called.extend(hit[1].split_whitespace().map(str::to_owned));
            }
        }
    }
    let unknown: Vec<_> = called.difference(&targets).cloned().collect();
    assert_none("no targets of the Makefile", &unknown);
    for name in ["lint", "doc", "test", "deny", "package", "advisories", "image", "archive", "publish"] {
        assert!(called.contains(name), "no workflow calls `make {name}`");
    }
}

/// By actionlint, which knows what GitHub does not say before a workflow runs.
#[cfg(feature = "cluster-tests")]
#[test]
fn actionlint_finds_nothing() {
    use std::process::Command;

    use crate::repository::assets;

    // Whether shellcheck and pyflakes are installed makes no difference.
    let output = Command::new(assets("KIMAGER_WORKFLOW_ASSETS", "hack/workflows/build").join("actionlint"))
        .args(["-no-color", "-shellcheck=", "-pyflakes="])
        .args(paths())
        .current_dir(crate::repository::root())
        .output()
        .expect("actionlint starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
