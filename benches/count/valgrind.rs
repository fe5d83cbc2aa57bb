//! Counting instructions.

use std::path::Path;
use std::process::Command;

/// How many instructions a program executes.
pub(crate) fn count(program: &Path, arguments: &[&str]) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .output()
        .expect("valgrind is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", program.display());
    let count =
        said.lines().find_map(|line| line.split_once("I   refs:").or_else(|| line.split_once("I refs:")));
    let (_, count) = count.expect("valgrind says how many");
    count.trim().replace(',', "").parse().expect("a number")
}
