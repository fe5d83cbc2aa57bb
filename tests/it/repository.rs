//! The files of this repository, for the tests that read them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The repository's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A text file, by its path from the root.
#[track_caller]
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below a folder whose names end so, by their paths from the root, sorted. What is
/// built, and folders of tools (`.git`), are left out.
#[track_caller]
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&root().join(folder), ending, &mut files);
    files.sort_unstable();
    assert!(!files.is_empty(), "no file in '{folder}' ends in {ending}");
    files
}

fn collect(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in Unicode");
        if path.is_dir() {
            let is_ours = !name.starts_with('.') && path != root().join("target");
            if is_ours {
                collect(&path, ending, files);
            }
        } else if name.ends_with(ending) {
            files.push(path.strip_prefix(root()).expect("a path below the root").to_owned());
        }
    }
}

/// The targets of the Makefile.
pub(crate) fn make_targets() -> BTreeSet<String> {
    let target = Regex::new(r"(?m)^([a-z0-9-]+):").expect("a good expression");
    target.captures_iter(&read("Makefile")).map(|hit| hit[1].to_owned()).collect()
}

/// The names of all dependencies, those of the tests included, sorted.
pub(crate) fn manifest_dependencies() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let mut is_dependencies = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_dependencies = line.ends_with("dependencies]");
        } else if let Some((name, _)) =
            line.split_once(" = ").filter(|_| is_dependencies && !line.starts_with('#'))
        {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Fails where anything was found, and names it.
#[track_caller]
pub(crate) fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// The lines of files that are wrong, with where they stand.
pub(crate) fn wrong_lines(
    files: impl IntoIterator<Item = PathBuf>,
    mut is_wrong: impl FnMut(&str) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for path in files {
        for (line, text) in (1..).zip(read(&path).lines()) {
            if is_wrong(text) {
                found.push(format!("{}:{line}: {}", path.display(), text.trim()));
            }
        }
    }
    found
}

/// The folder of programs that a script has built, and that `make test` names by a variable.
#[cfg(feature = "cluster-tests")]
#[track_caller]
pub(crate) fn assets(variable: &str, script: &str) -> PathBuf {
    let unset = || panic!("{variable} names the folder that {script} prints; `make test` sets it");
    std::env::var_os(variable).map_or_else(unset, PathBuf::from)
}

/// Bytes in hexadecimal digits, as digests are written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).expect("it is less than 16")).collect()
}
