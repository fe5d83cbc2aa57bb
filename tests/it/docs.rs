//! The documents tell what the program does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kimager::cli;
use regex::Regex;

use crate::repository::{assert_none, files, manifest_dependencies, read, root};

mod instructions;
mod troubleshooting;

/// Where each command and each of its flags is told.
const REFERENCE: &str = "docs/commands.md";

fn documents() -> Vec<PathBuf> {
    files("", ".md")
}

#[test]
fn commands_in_the_documents_parse() {
    let mut count = 0;
    let mut refused = Vec::new();
    for path in documents() {
        for typed in commands_in(&read(&path)) {
            count += 1;
            if let Err(error) = cli::parse(words(&typed).into_iter().map(Into::into))
                && error.use_stderr()
            {
                refused.push(format!("{}: {typed}: {error}", path.display()));
            }
        }
    }
    assert_none("refused by the program", &refused);
    assert!(count > 20, "only {count} commands were found");
}

/// Each row of a table of faults, and of that of times, ends with the names of its tests.
#[test]
fn the_tests_that_are_promised_exist() {
    let sources = ["src", "tests"].iter().flat_map(|folder| files(folder, ".rs"));
    let sources: Vec<String> = sources.map(|path| read(&path)).collect();
    let known: BTreeSet<&str> = sources.iter().flat_map(|text| tests_in(text)).collect();
    let mut promised = 0;
    let mut missing = Vec::new();
    let mut is_in_table = false;
    for line in read("docs/reliability.md").lines() {
        if line.ends_with(" | test |") || line.is_empty() {
            is_in_table = !line.is_empty();
        } else if is_in_table && line.starts_with("| ") {
            let names = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
            let names: Vec<&str> = names.split(", ").map(|name| name.trim_matches('`')).collect();
            promised += names.len();
            missing.extend(names.into_iter().filter(|name| !known.contains(name)).map(str::to_owned));
        }
    }
    assert_none("promised, and not there", &missing);
    assert!(promised > 80, "only {promised} tests were found");
}

/// The functions of a source that `cargo test` runs: what is called a test, and not ignored.
fn tests_in(source: &str) -> Vec<&str> {
    let function = Regex::new(r"^(?:async )?fn ([a-z0-9_]+)").expect("an expression");
    let mut tests = Vec::new();
    let mut attributes: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim) {
        let is_in_attribute = attributes.last().is_some_and(|last| !last.ends_with(']'));
        if line.starts_with("#[") || is_in_attribute {
            attributes.push(line);
        } else if !line.starts_with("//") {
            let is_test =
                attributes.iter().any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"));
            let is_ignored = attributes.iter().any(|line| line.starts_with("#[ignore"));
            let name = function.captures(line).map(|found| found.extract::<1>().1[0]);
            tests.extend(name.filter(|_| is_test && !is_ignored));
            attributes.clear();
        }
    }
    tests
}

#[test]
fn a_test_is_what_is_called_one_and_is_run() {
    let source = "
        #[test]
        fn is_one() {}
        #[tokio::test(start_paused = true)]
        /// Why.
        async fn is_another() {}
        proptest! {
            #[test]
            #[expect(
                clippy::unwrap_used,
                reason = \"none\"
            )]
            fn is_a_property(number: u8) {}
        }
        fn helps() {}
        #[test]
        #[ignore = \"it is slow\"]
        fn is_ignored() {}
        // #[test]
        // fn was_one() {}
        #[test]
        const NONE: u8 = 0;
        fn follows() {}";
    assert_eq!(tests_in(source), ["is_one", "is_another", "is_a_property"]);
}

#[test]
fn examples_of_the_help_parse() {
    let mut refused = Vec::new();
    for command in std::iter::once(&cli::command()).chain(cli::command().get_subcommands()) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines().filter(|line| line.starts_with("  ")) {
            // Two blanks are between an example and what it does.
            let example = line.trim().split("  ").next().unwrap_or_default();
            for typed in shell_commands(example) {
                if let Err(error) = cli::parse(words(&typed).into_iter().map(Into::into)) {
                    refused.push(format!("{typed}: {error}"));
                }
            }
        }
    }
    assert_none("refused by the program", &refused);
}

/// Each command has its chapter, `` ## `kimager NAME` ``, and there a row for each flag: no more and
/// no fewer.
#[test]
fn the_reference_has_every_flag() {
    let reference = read(REFERENCE);
    let chapter = |name: &str| {
        let heading = format!("## `kimager {name}`\n");
        let (_, after) = reference.split_once(&heading).unwrap_or_else(|| panic!("no chapter {heading}"));
        after.split("\n## ").next().unwrap_or_default().to_owned()
    };
    let row = Regex::new(r"(?m)^\| `(?:-\w, )?--([a-z-]+)").expect("a good expression");
    for command in cli::command().get_subcommands() {
        let flags: BTreeSet<_> = command
            .get_arguments()
            .filter_map(|flag| flag.get_long())
            .filter(|name| *name != "help")
            .collect();
        let chapter = chapter(command.get_name());
        let rows: BTreeSet<_> = row
            .captures_iter(&chapter)
            .map(|row| row.get(1).expect("the expression has a group").as_str())
            .collect();
        assert_eq!(rows, flags, "the rows and the flags of {}", command.get_name());
    }
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r#"\]\(([^)\s]+)\)|(?:src|href)="([^"]+)""#).expect("a good expression");
    let mut broken = Vec::new();
    for path in documents() {
        let text = without_code(&read(&path));
        for hit in link.captures_iter(&text) {
            let target = hit.get(1).or_else(|| hit.get(2)).expect("the expression has a group").as_str();
            if !target.contains("://") && !leads_somewhere(&path, target) {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert_none("broken links", &broken);
}

pub(crate) fn leads_somewhere(document: &Path, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = match file {
        "" => document.to_owned(),
        file => document.parent().unwrap_or(Path::new("")).join(file),
    };
    if !root().join(&file).exists() {
        return false;
    }
    anchor.is_empty() || headings(&read(&file)).any(|heading| anchor_of(&heading) == anchor)
}

fn headings(text: &str) -> impl Iterator<Item = String> {
    let headings: Vec<_> =
        without_code(text).lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect();
    headings.into_iter()
}

/// As GitHub makes them.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// Each is told of in the README, so that nobody has to guess what there is.
#[test]
fn the_readme_leads_to_every_document() {
    let readme = read("README.md");
    let is_missing = |path: &PathBuf| !readme.contains(&format!("]({})", path.display()));
    let missing = documents().into_iter().filter(|path| !path.ends_with("README.md")).filter(is_missing);
    assert_none("not in the README", &missing.map(|path| path.display().to_string()).collect::<Vec<_>>());
}

/// What the badges say of the program, and that the workflow is there whose outcome one shows.
#[test]
fn the_badges_of_the_readme_are_true() {
    let readme = read("README.md");
    let licence = env!("CARGO_PKG_LICENSE").replace('-', "--");
    for badge in
        [format!("/badge/licence-{licence}-"), format!("/badge/rust-{}%2B-", env!("CARGO_PKG_RUST_VERSION"))]
    {
        assert!(readme.contains(&badge), "no badge has {badge}");
    }
    let workflow = Regex::new(r"/actions/workflows/([\w.-]+)/badge\.svg").expect("a good expression");
    let shown: Vec<&str> = workflow.captures_iter(&readme).map(|hit| hit.extract::<1>().1[0]).collect();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(root().join(".github/workflows").join(shown[0]).exists(), "there is no workflow {}", shown[0]);
}

/// Each variable that the program itself reads.
#[test]
fn every_environment_variable_is_told() {
    let reference = read(REFERENCE);
    let (_, told) = reference.split_once("\n## Environment\n").expect("a chapter on the environment");
    let read_by = Regex::new(r#"env::var(?:_os)?\("([A-Z_]+)"\)"#).expect("a good expression");
    let is_of_tests = |path: &PathBuf| path.ends_with("fuzz.rs");
    let sources = files("src", ".rs").into_iter().filter(|path| !is_of_tests(path)).map(read);
    let names: BTreeSet<String> = sources
        .flat_map(|text| read_by.captures_iter(&text).map(|hit| hit[1].to_owned()).collect::<Vec<_>>())
        .collect();
    assert!(names.len() > 4, "only {names:?} were found");
    let missing: Vec<_> = names.into_iter().filter(|name| !told.contains(&format!("`{name}`"))).collect();
    assert_none("read, and not told", &missing);
}

/// Each dependency has a row in ARCHITECTURE.md, that says what for, and no row is left of one that
/// is gone.
#[test]
fn every_dependency_has_its_reason() {
    let text = read("ARCHITECTURE.md");
    let (_, chapter) = text.split_once("\n## Dependencies\n").expect("a chapter on dependencies");
    let chapter = chapter.split("\n## ").next().unwrap_or_default();
    let names = Regex::new("`([a-z0-9_-]+)`").expect("a good expression");
    let first_cells =
        chapter.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    let mut told: Vec<String> = first_cells
        .flat_map(|cell| names.captures_iter(cell).map(|name| name[1].to_owned()).collect::<Vec<_>>())
        .collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, manifest_dependencies());
}

#[test]
fn the_changelog_begins_with_this_version() {
    let changelog = read("CHANGELOG.md");
    let version = env!("CARGO_PKG_VERSION");
    let first = changelog.lines().find(|line| line.starts_with("## [")).expect("a version");
    assert!(first.starts_with(&format!("## [{version}]")), "{first} is not {version}");
}

/// What a document tells its reader to type: `kimager …` in fenced blocks, and in the text.
fn commands_in(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut is_fenced = false;
    let inline = Regex::new("`(kimager(?: [^`]+)?)`").expect("a good expression");
    for line in text.replace("\\\n", " ").lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced {
            commands.extend(shell_commands(line));
        } else {
            // A command's name alone is no command line.
            let is_name = |typed: &str| {
                typed.split_once(' ').is_some_and(|(_, name)| cli::command().find_subcommand(name).is_some())
            };
            let spans =
                inline.captures_iter(line).map(|hit| hit[1].to_owned()).filter(|typed| !is_name(typed));
            commands.extend(spans.flat_map(|typed| shell_commands(&typed)));
        }
    }
    commands
}

/// The invocations of kimager in a line for a shell, without what is piped in or out.
fn shell_commands(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches("$ ");
    let line = line.split(" # ").next().unwrap_or_default();
    let separators = Regex::new(r"\||&&|;|<\(|\)| >.*").expect("a good expression");
    let start = Regex::new(
        r"^(?:[A-Z_]+=\S+ )*(?:cargo run --release -- |(?:kubectl exec .* -- |kubectl[ -])?kimager(?: |$))",
    )
    .expect("a good expression");
    separators
        .split(line)
        .map(str::trim)
        .filter(|part| start.is_match(part))
        .map(|part| {
            let typed = start.replace(part, "");
            format!("kimager {typed}").trim().to_owned()
        })
        .collect()
}

/// A command's words, as a shell splits them; quotes hold no quotes here.
fn words(typed: &str) -> Vec<String> {
    let word = Regex::new(r#"'([^']*)'|"([^"]*)"|(\S+)"#).expect("a good expression");
    word.captures_iter(typed)
        .map(|hit| {
            hit.iter().skip(1).flatten().next().expect("the expression has a group").as_str().to_owned()
        })
        .collect()
}

/// The text with its fenced blocks and code spans emptied: brackets there are no links.
fn without_code(text: &str) -> String {
    let fenced = Regex::new(r"(?ms)^```.*?^```").expect("a good expression");
    let spans = Regex::new("`[^`\n]*`").expect("a good expression");
    let text = fenced.replace_all(text, "");
    // Headings keep their words: anchors are made of them.
    text.lines()
        .map(
            |line| {
                if line.starts_with('#') { line.to_owned() } else { spans.replace_all(line, "").into_owned() }
            },
        )
        .collect::<Vec<_>>()
        .join("\n")
}
