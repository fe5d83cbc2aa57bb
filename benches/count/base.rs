//! Another revision of the program, built with the benchmark of this one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The profile that both are built with: what is shipped.
const PROFILE: &str = "dist";

pub(crate) struct Base {
    /// The short hash of the revision.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
}

/// Builds a revision in a work tree under the target folder in which `this` program lies. The folder is
/// the same for both, so the dependencies that both have are built once.
pub(crate) fn build(revision: &str, this: &Path) -> Base {
    let target = this.ancestors().nth(3).expect("TARGET/PROFILE/deps/PROGRAM");
    let tree = target.join("bench-count");
    let tree_text = tree.to_str().expect("a path in Unicode");
    remove(&tree);
    git(&["worktree", "add", "--quiet", "--force", "--detach", tree_text, revision]);
    let name = git(&["-C", tree_text, "rev-parse", "--short", "HEAD"]);

    // As an example it needs no entry in the base's manifest.
    let example = tree.join("examples/count");
    fs::create_dir_all(&example).expect("a folder");
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/count")).expect("this benchmark") {
        let file = file.expect("a file");
        fs::copy(file.path(), example.join(file.file_name())).expect("a copy");
    }
    eprintln!("building {revision} ({name})");
    let mut cargo = Command::new(env!("CARGO"));
    // What Cargo tells this program of its package would make build scripts run anew.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            cargo.env_remove(name);
        }
    }
    let status = cargo
        .args(["build", "--quiet", "--profile", PROFILE, "--example", "count"])
        .current_dir(&tree)
        .env("CARGO_TARGET_DIR", target)
        .status()
        .expect("cargo starts");
    remove(&tree);
    assert!(status.success(), "{revision} does not build with this benchmark; choose a later one");
    Base { name, program: target.join(PROFILE).join("examples/count") }
}

/// Removes the work tree, also one that an earlier run left behind.
fn remove(tree: &Path) {
    let _ = fs::remove_dir_all(tree);
    git(&["worktree", "prune"]);
}

fn git(arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
