//! What holds for the source as a whole, and no compiler checks.

use std::collections::BTreeSet;
use std::path::PathBuf;

use regex::Regex;

use crate::repository::{assert_none, files, manifest_dependencies, read, wrong_lines};

/// Source files, unit tests included, are short enough to be read in one go.
const LONGEST_SOURCE: usize = 400;
const MEDIAN_SOURCE: usize = 150;
const LONGEST_TEST: usize = 800;

fn lines(path: &PathBuf) -> usize {
    read(path).lines().count()
}

/// The files of the program, and those that only its unit tests compile: modules under
/// `#[cfg(test)]`, and what is below them.
fn sources_and_tests() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let module =
        Regex::new(r"#\[cfg\(test\)\]\s+(?:pub(?:\(\w+\))? )?mod (\w+);").expect("a good expression");
    let sources = files("src", ".rs");
    let mut for_tests = Vec::new();
    for path in &sources {
        let is_root = path.ends_with("lib.rs") || path.ends_with("main.rs");
        let folder = if is_root { PathBuf::from("src") } else { path.with_extension("") };
        for_tests.extend(module.captures_iter(&read(path)).map(|hit| folder.join(&hit[1])));
    }
    sources
        .into_iter()
        .partition(|path| !for_tests.iter().any(|module| path.with_extension("").starts_with(module)))
}

fn longer_than(limit: usize, files: &[PathBuf]) -> Vec<String> {
    let lengths = files.iter().map(|path| (path, lines(path)));
    lengths.filter(|(_, n)| *n > limit).map(|(path, n)| format!("{}: {n}", path.display())).collect()
}

#[test]
fn no_source_file_is_long() {
    let (sources, _) = sources_and_tests();
    assert_none("longer than 400 lines", &longer_than(LONGEST_SOURCE, &sources));

    let mut lengths: Vec<_> = sources.iter().map(lines).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN_SOURCE, "half of the source files are longer than {median} lines");
}

#[test]
fn no_test_file_is_long() {
    let (_, mut tests) = sources_and_tests();
    tests.extend(files("tests", ".rs"));
    assert_none("longer than 800 lines", &longer_than(LONGEST_TEST, &tests));
}

#[test]
fn files_are_named_after_what_they_hold() {
    let vague =
        ["mod.rs", "utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs", "manager.rs", "types.rs"];
    let is_vague = |path: &PathBuf| vague.iter().any(|name| path.ends_with(name));
    let found: Vec<_> =
        files("src", ".rs").into_iter().chain(files("tests", ".rs")).filter(is_vague).collect();
    assert_none(
        "names that say nothing",
        &found.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
    );
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TODO", "FIXME", "XXX", "HACK"];
    let files = files("src", "").into_iter().chain(files("tests", ".rs"));
    // This file has to name them.
    let found = wrong_lines(files.filter(|path| !path.ends_with("tidy.rs")), |text| {
        text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| marks.contains(&word))
    });
    assert_none("left for later", &found);
}

/// Each module of the program and what it may use of it: only modules of earlier rows, so that
/// data flows one way. Unit tests may look further.
const LAYERS: [(&str, &[&str]); 12] = [
    ("inventory", &[]),
    ("record", &["inventory"]),
    ("lines", &["inventory", "record"]),
    ("answers", &["inventory", "record", "lines"]),
    ("connect", &["lines"]),
    ("watch", &["inventory", "lines", "connect"]),
    ("recorder", &["inventory", "record", "lines", "watch"]),
    ("remote", &["inventory", "record", "lines", "connect"]),
    ("serve", &["inventory", "record", "lines", "recorder", "remote"]),
    ("simulation", &["inventory", "watch"]),
    ("cli", &["inventory", "record", "lines", "answers", "connect", "watch", "remote", "serve"]),
    (
        "commands",
        &[
            "inventory",
            "record",
            "lines",
            "answers",
            "connect",
            "watch",
            "recorder",
            "remote",
            "serve",
            "simulation",
            "cli",
        ],
    ),
];

/// The lines of the program below `module` whose code, without comments, `is_wrong`.
fn wrong_code(module: &str, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let module = PathBuf::from("src").join(module);
    let (sources, _) = sources_and_tests();
    let sources = sources.into_iter().filter(|path| path.with_extension("").starts_with(&module));
    wrong_lines(sources, |text| is_wrong(text.split("//").next().unwrap_or_default()))
}

#[test]
fn data_flows_one_way() {
    let mut earlier = BTreeSet::new();
    for (module, uses) in LAYERS {
        assert!(uses.iter().all(|used| earlier.contains(used)), "{module} uses a later row");
        earlier.insert(module);
    }
    let declared = Regex::new(r"pub mod (\w+);").expect("a good expression");
    let library = read("src/lib.rs");
    let modules: BTreeSet<&str> =
        declared.captures_iter(&library).map(|hit| hit.extract::<1>().1[0]).collect();
    assert_eq!(modules, earlier, "each module has its row");

    // A group, `crate::{…}`, would hide what it names.
    let own = Regex::new(r"\bcrate::(\w+|\{)").expect("a good expression");
    let is_later = |module: &str, uses: &[&str], code: &str| {
        own.captures_iter(code).any(|hit| &hit[1] != module && !uses.contains(&&hit[1]))
    };
    let found = LAYERS.map(|(module, uses)| wrong_code(module, |code| is_later(module, uses, code)));
    assert_none("against the flow", &found.concat());
}

/// The core gets all it needs as arguments: nothing of the world outside is named in it.
#[test]
fn the_core_is_pure() {
    let dependencies = manifest_dependencies().join("|").replace('-', "_");
    let outside = Regex::new(&format!(
        r"(?:^|[^\w:])(?:(?:{dependencies})::|std::(?:env|fs|io|net|process|thread|time)\b)"
    ))
    .expect("a good expression");
    assert_none("from outside the core", &wrong_code("inventory", |code| outside.is_match(code)));
}

/// `rust-toolchain.toml` is the one place where the version is set; what the package promises to
/// its users follows.
#[test]
fn one_toolchain_is_named() {
    let toolchain = value_of("rust-toolchain.toml", "channel");
    let promised = value_of("Cargo.toml", "rust-version");
    assert!(toolchain.starts_with(&format!("{promised}.")), "rust-version {promised}, toolchain {toolchain}");

    let elsewhere: Vec<_> = ["Makefile", ".ci/run", "hack/deny", "clippy.toml", "rustfmt.toml"]
        .into_iter()
        .chain(["README.md", "CONTRIBUTING.md", "DEVELOPING.md", "ARCHITECTURE.md"])
        .filter(|path| read(path).contains(&toolchain))
        .map(str::to_owned)
        .collect();
    assert_none("the toolchain's version stands also in", &elsewhere);
}

#[track_caller]
fn value_of(path: &str, key: &str) -> String {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(&format!("{key} = "))).expect(key);
    line.split('"').nth(1).expect(key).to_owned()
}

#[test]
fn every_dependency_is_used() {
    let sources: String =
        ["src", "tests", "benches"].into_iter().flat_map(|folder| files(folder, ".rs")).map(read).collect();
    let is_unused = |name: &String| {
        let path = Regex::new(&format!(r"\b{}::", name.replace('-', "_"))).expect("a good expression");
        !path.is_match(&sources)
    };
    // kube-client wants its features chosen here.
    let unused: Vec<_> =
        manifest_dependencies().into_iter().filter(|name| name != "k8s-openapi").filter(is_unused).collect();
    assert_none("dependencies that no code names", &unused);
}
