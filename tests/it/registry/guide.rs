//! What the guide tells its reader to type, read out of it.

use regex::Regex;

use crate::repository::read;

const GUIDE: &str = "docs/registry-cleanup.md";

/// The one block for a shell that holds `words`, as a script.
#[track_caller]
pub(super) fn block(words: &str) -> String {
    let guide = read(GUIDE);
    let fenced = Regex::new(r"(?ms)^```(?:sh|console)\n(.*?)^```$").expect("a good expression");
    let mut blocks = fenced.captures_iter(&guide).map(|block| block[1].to_owned());
    let script = blocks.find(|block| block.contains(words));
    let script = script.unwrap_or_else(|| panic!("no block in {GUIDE} holds: {words}"));
    assert_eq!(blocks.find(|block| block.contains(words)), None, "more than one holds: {words}");
    let prompt = Regex::new(r"(?m)^\$ ").expect("a good expression");
    prompt.replace_all(&script, "").into_owned()
}

/// The script with what its reader is to put in place of something, or to drop.
#[track_caller]
pub(super) fn with(script: &str, from: &str, to: &str) -> String {
    assert_eq!(script.matches(from).count(), 1, "{from}: {script}");
    script.replace(from, to)
}
