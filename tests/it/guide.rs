//! What the guide to clean up a registry tells its reader to type, read out of it.

use std::fs;
use std::process::Command;

use regex::Regex;

use crate::repository::read;

const GUIDE: &str = "docs/registry-cleanup.md";

fn blocks(language: &str) -> Vec<String> {
    let fenced = Regex::new(&format!(r"(?ms)^```(?:{language})\n(.*?)^```$")).expect("a good expression");
    fenced.captures_iter(&read(GUIDE)).map(|block| block[1].to_owned()).collect()
}

/// The one block for a shell that holds `words`, as a script.
#[track_caller]
pub(crate) fn block(words: &str) -> String {
    let mut blocks = blocks("sh|console").into_iter();
    let script = blocks.find(|block| block.contains(words));
    let script = script.unwrap_or_else(|| panic!("no block in {GUIDE} holds: {words}"));
    assert_eq!(blocks.find(|block| block.contains(words)), None, "more than one holds: {words}");
    let prompt = Regex::new(r"(?m)^\$ ").expect("a good expression");
    prompt.replace_all(&script, "").into_owned()
}

/// The script with what its reader is to put in place of something, or to drop.
#[track_caller]
#[cfg(feature = "cluster-tests")]
pub(crate) fn with(script: &str, from: &str, to: &str) -> String {
    assert_eq!(script.matches(from).count(), 1, "{from}: {script}");
    script.replace(from, to)
}

#[test]
fn each_script_of_the_guide_is_one_for_bash_and_stops_at_the_first_failure() {
    let scripts = blocks("sh");
    assert!(scripts.len() > 25, "only {} scripts", scripts.len());
    for script in scripts {
        let checked = Command::new("bash").args(["-n", "-c", &script]).output().expect("`bash` runs");
        assert!(checked.status.success(), "{}\n{script}", String::from_utf8_lossy(&checked.stderr));
        let is_one_command = script.lines().count() == 1;
        assert!(is_one_command || script.starts_with("set -eu"), "goes on after a failure:\n{script}");
    }
}

/// Each registry that is listed is also deleted from, and no script deletes before it was looked at.
#[test]
fn each_script_of_the_guide_that_deletes_only_says_so_at_first() {
    let is_deletion = Regex::new(r"(?i)\bdelete\b|untag\b").expect("a good expression");
    let (mut lists, mut deletions) = (0, 0);
    for script in blocks("sh") {
        lists += usize::from(script.contains("> pushed.txt"));
        for line in script.lines().filter(|line| !line.contains("--delete-untagged")) {
            let Some((command, comment)) = line.split_once('#') else { continue };
            if is_deletion.is_match(command) {
                deletions += 1;
                assert!(command.contains("echo ") && comment.contains("drop the echo"), "{line}");
            }
        }
        let commands = script.lines().filter(|line| is_deletion.is_match(line) && !line.contains('#'));
        assert_eq!(commands.collect::<Vec<_>>(), [""; 0]);
    }
    assert_eq!((lists, deletions), (12, 12));
}

/// Lines of `pushed.txt`, and which of them are old enough.
#[test]
fn an_old_tag_of_an_image_stays_a_candidate_only_if_no_young_one_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = jiff::Timestamp::now();
    let ago = |days: i64| (now - jiff::SignedDuration::from_hours(24 * days)).to_string();
    let (old, young) = (ago(31), ago(29));
    let pushed = [
        (&*old, "r.io/a:1@sha256:a", true),
        (&young, "r.io/a:2@sha256:b", false),
        (&old, "r.io/a:3@sha256:c", false),
        (&young, "r.io/b:3@sha256:c", false),
        ("unknown", "r.io/a:4@sha256:d", false),
        ("null", "r.io/a:5@sha256:e", false),
        ("1970-01-01T00:00:00Z", "r.io/a:6@sha256:f", false),
        ("0001-01-01T00:00:00Z", "r.io/a:7@sha256:0", false),
        ("2020-01-01T00:00:00.123456789+00:00", "r.io/a:8@sha256:1", true),
        (&old, "r.io:5000/a:9", true),
        (&young, "r.io:5000/a:10", false),
    ];
    let lines: Vec<String> = pushed.iter().map(|(time, image, _)| format!("{time} {image}\n")).collect();
    fs::write(folder.path().join("pushed.txt"), lines.concat()).expect("a file");
    let script = block("awk -v before=");
    let ran = Command::new("bash").args(["-c", &script]).current_dir(&folder).status().expect("`bash` runs");
    assert!(ran.success());
    let candidates = fs::read_to_string(folder.path().join("candidates.txt")).expect("candidates");
    let expected: Vec<&str> = pushed.iter().filter(|(.., goes)| *goes).map(|(_, image, _)| *image).collect();
    assert_eq!(candidates.lines().collect::<Vec<_>>(), expected);
}
