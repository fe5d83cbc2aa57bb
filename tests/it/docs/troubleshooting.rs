//! The guide to trouble knows every message that a user may meet, and none that there is not.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use crate::repository::{assert_none, files, read};

const GUIDE: &str = "docs/troubleshooting.md";

/// Files whose errors are told, each as a whole.
const ERRORS: [&str; 7] = [
    "src/commands/demo.rs",
    "src/commands/objects.rs",
    "src/connect/error.rs",
    "src/lines/levels.rs",
    "src/record/error.rs",
    "src/recorder.rs",
    "src/serve/listen.rs",
];

/// Parts of a message that are shorter say nothing about where it comes from.
const TELLING: usize = 10;

/// The messages in the first cells of tables whose heads begin with `message`.
fn told(guide: &str) -> BTreeSet<String> {
    let span = Regex::new(r"^\| (?:``(.+?)``|`([^`]+)`) \|").expect("a good expression");
    let mut is_in_table = false;
    let mut messages = BTreeSet::new();
    for line in guide.lines() {
        is_in_table = line.starts_with("| message |") || is_in_table && line.starts_with('|');
        let Some(hit) = span.captures(line).filter(|_| is_in_table) else { continue };
        let message = hit.get(1).or_else(|| hit.get(2)).expect("the expression has a group").as_str();
        messages.insert(message.trim().replace(r"\|", "|"));
    }
    messages
}

#[test]
fn a_message_is_what_stands_first_in_a_table_of_messages() {
    let guide = "| message | means |\n|---|---|\n| `one: …` | `two` |\n| `` try `three` \\| four `` | |\n\n\
                 | flag | |\n|---|---|\n| `five` | |\n";
    assert_eq!(told(guide), ["one: …", "try `three` | four"].map(str::to_owned).into());
}

/// The code of a source without comments and unit tests, its texts as they are at the end.
fn code(source: &str) -> String {
    let source = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    Regex::new(r"\\\n\s*").expect("a good expression").replace_all(&code, "").replace("\\\"", "\"")
}

/// A format string with `…` in place of what varies.
fn with_gaps(text: &str) -> String {
    let text = Regex::new(r"\{[^{}]*\}").expect("a good expression").replace_all(text, "…").into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The texts that follow `start` in the code, as people see them. They hold no quotes.
fn texts_after(start: &str, code: &str) -> Vec<String> {
    let text = Regex::new(&format!(r#"{start}\(\s*(?:(?:target: "[^"]*"|f),\s*)?"([^"]*)""#));
    let text = text.expect("a good expression");
    text.captures_iter(code).map(|hit| with_gaps(&hit[1])).collect()
}

#[test]
fn the_texts_of_errors_and_warnings_are_found_as_people_see_them() {
    let source = "#[error(\n    \"no {thing:?}: \\\n     {}; see\", path.display())]\nlog::warn!(target: \"a\", \"late {x:.0} s\");\n\
                  // log::warn!(\"never\")\n\n#[cfg(test)]\nmod tests {\n log::warn!(\"no\") }";
    let code = code(source);
    assert_eq!(texts_after(r"#\[error", &code), ["no …: …; see"]);
    assert_eq!(texts_after("log::warn!", &code), ["late … s"]);
}

fn is_a_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

#[test]
fn each_message_of_the_guide_is_one_of_the_program_or_its_chart() {
    let sources = files("src", ".rs").into_iter().filter(|path| !is_a_test(path));
    let mut known: Vec<String> = sources.map(|path| code(&read(path))).collect();
    known.extend(files("chart", "").into_iter().map(read));
    let messages = told(&read(GUIDE));
    assert!(messages.len() > 60, "only {} messages were found", messages.len());
    let mut unknown = Vec::new();
    for message in &messages {
        let mut parts = message.split('…').map(|part| part.trim_matches(|c: char| " ;:.".contains(c)));
        let is_unknown = |part: &str| part.len() >= TELLING && !known.iter().any(|text| text.contains(part));
        unknown
            .extend(parts.clone().filter(|part| is_unknown(part)).map(|part| format!("{message}: {part}")));
        if !parts.any(|part| part.len() >= TELLING) {
            unknown.push(format!("{message}: too little to tell"));
        }
    }
    assert_none("in the guide, and not in the source", &unknown);
}

#[test]
fn each_error_and_each_warning_of_a_watch_is_in_the_guide() {
    let messages = told(&read(GUIDE));
    let errors = ERRORS.map(|path| texts_after(r"#\[error", &code(&read(path)))).concat();
    let sources = files("src", ".rs").into_iter().filter(|path| !is_a_test(path));
    let warnings = sources.flat_map(|path| texts_after(r"log::(?:warn|error)!", &code(&read(path))));
    let notices = code(&read("src/watch/notice.rs"));
    let notices = ["write!", r"f\.write_str"].map(|start| texts_after(start, &notices)).concat();
    assert!(notices.len() > 10, "only {} notices were found", notices.len());
    let said: BTreeSet<String> = errors.into_iter().chain(notices).chain(warnings).collect();
    assert!(said.len() > 50, "only {} errors and warnings were found", said.len());
    // What is made of other messages alone says nothing of its own.
    let is_of_its_own = |text: &&String| text.trim_matches(|c: char| !c.is_alphabetic()).len() >= TELLING;
    let missing: Vec<String> =
        said.iter().filter(is_of_its_own).filter(|text| !messages.contains(*text)).cloned().collect();
    assert_none("said, and not in the guide", &missing);
}

/// What may help ends a message of the watch, and is what tells one such message from another.
#[test]
fn each_remedy_of_the_watch_is_in_the_guide() {
    let notices = code(&read("src/watch/notice.rs"));
    let (_, body) = notices.split_once("fn remedy(").expect("a function that tells remedies");
    let (body, _) = body.split_once("impl Notice").expect("what follows it");
    let remedy = Regex::new(r#""([^"]+)""#).expect("a good expression");
    let remedies: Vec<&str> = remedy.captures_iter(body).map(|hit| hit.extract::<1>().1[0]).collect();
    assert!(remedies.len() > 6, "only {} remedies were found", remedies.len());
    let messages = told(&read(GUIDE));
    let is_missing = |remedy: &&str| !messages.iter().any(|message| message.contains(*remedy));
    let missing: Vec<_> = remedies.into_iter().filter(is_missing).map(str::to_owned).collect();
    assert_none("remedies that the guide does not name", &missing);
}
