use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;

use super::escape::tests::unescape;
use super::examples::{entries, examples};
use super::{Levels, Lines, Output};
use crate::inventory::change::{Event, Happening};
use crate::record::Entry;

const DOCUMENT: &str = include_str!("../../docs/lines.md");

fn line(output: Output, spec: &str, entry: &Entry) -> String {
    let mut out = b"before\n".to_vec();
    Lines::new(output, &Levels::parse(spec).unwrap(), "prod".into()).write(entry, &mut out);
    String::from_utf8(out).unwrap().strip_prefix("before\n").unwrap().to_owned()
}

#[test]
fn each_event_has_its_line() {
    const OLD: &str = "sha256:50c5b1b0b1e6c1e7b8b5a8d7a0d2c8b1c3a7d9f0e4b6c8d2e5f7a9b1c3d5e7f9";
    const NEW: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let klipper = "rancher/klipper-lb:v0.1.2";
    let expected = [
        format!("[2021-04-19T04:54:28Z INFO ] [+|image]  {klipper}  [kube-system|svclb-traefik-cxr7s]\n"),
        format!("[2021-04-19T06:01:12Z INFO ] [-|image]  {klipper}  [kube-system|svclb-traefik-cxr7s]\n"),
        format!("[2021-04-19T05:02:09Z INFO ] [~|image]  nginx  {OLD} -> {NEW}  [shop|web-7d4b9c-x2x2x]\n"),
        format!("[2021-04-19T04:54:31Z DEBUG] [+=|image]  {klipper}  [kube-system|svclb-traefik-p4m8t]\n"),
        format!("[2021-04-19T05:09:44Z DEBUG] [-=|image]  {klipper}  [kube-system|svclb-traefik-p4m8t]\n"),
        format!(
            "[2021-04-19T04:54:33Z DEBUG] [=|image]  {klipper}  {NEW}  [kube-system|svclb-traefik-cxr7s]\n"
        ),
        "[2021-04-19T04:54:28Z DEBUG] [+|pod]  svclb-traefik-cxr7s  [kube-system]\n".to_owned(),
        "[2021-04-19T05:09:44Z DEBUG] [-|pod]  svclb-traefik-p4m8t  [kube-system]\n".to_owned(),
    ];
    let lines: Vec<String> = examples().iter().map(|entry| line(Output::Text, "debug", entry)).collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_line_is_said_at_its_level_and_target_in_either_form() {
    let check = |spec: &str, expected: [bool; 8]| {
        for output in [Output::Text, Output::Json] {
            let said: Vec<bool> =
                examples().iter().map(|entry| !line(output, spec, entry).is_empty()).collect();
            assert_eq!(said, expected, "{spec}");
        }
    };
    let (yes, no) = (true, false);
    check("", [yes, yes, yes, no, no, no, no, no]);
    check("warn", [no; 8]);
    check("DEBUG", [yes; 8]);
    check("kimager::image=debug", [yes, yes, yes, yes, yes, yes, no, no]);
    check("kimager::pod=debug,info", [yes, yes, yes, no, no, no, yes, yes]);
    check("kimager::pod", [no, no, no, no, no, no, yes, yes]);
    check(r"debug/\[shop\|", [no, no, yes, no, no, no, no, no]);
}

/// The fenced blocks of the document in a language, without their fences.
fn blocks(language: &str) -> Vec<&'static str> {
    DOCUMENT.split("\n```").filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn the_document_shows_what_is_printed() {
    let printed = |output| -> Vec<String> {
        examples().iter().map(|entry| line(output, "debug", entry).trim_end().to_owned()).collect()
    };
    let shown: Vec<&str> = blocks("text").into_iter().filter(|block| block.contains("Z ")).collect();
    assert_eq!(shown, printed(Output::Text));
    assert_eq!(blocks("json"), printed(Output::Json));
}

/// What the document gives to programs that read the text.
static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(blocks("regex")[0]).unwrap());

/// What the fields of a line must be, before they were escaped and cut.
fn fields(event: &Event) -> Vec<(&'static str, &str)> {
    match event {
        Event::Image(event) => {
            let digest = event.digest.as_deref().unwrap_or_default();
            let mut fields = match &event.happening {
                Happening::Added => vec![("symbol", "+")],
                Happening::Removed => vec![("symbol", "-")],
                Happening::Joined => vec![("symbol", "+=")],
                Happening::Left => vec![("symbol", "-=")],
                Happening::Resolved => vec![("symbol", "="), ("digest", digest)],
                Happening::Moved { old, .. } => vec![("symbol", "~"), ("old", old), ("digest", digest)],
            };
            let (spelling, user) = (&*event.spelling, &event.user);
            fields.extend([("type", "image"), ("name", spelling)]);
            fields.extend([("namespace", &*user.namespace), ("pod", &*user.pod)]);
            fields
        }
        Event::Pod(event) => {
            let symbol = if event.added { "+" } else { "-" };
            vec![("symbol", symbol), ("type", "pod"), ("name", &event.name), ("namespace", &event.namespace)]
        }
    }
}

proptest! {
    #[test]
    fn any_event_is_one_line_whose_fields_can_be_read_back(entry in entries()) {
        let line = line(Output::Text, "debug", &entry);
        let text = line.strip_suffix('\n').unwrap();
        prop_assert!(!text.contains(|c: char| c.is_control() || (c.is_whitespace() && c != ' ')), "{text:?}");

        let found = LINE.captures(text).unwrap();
        let expected = fields(&entry.event);
        for name in LINE.capture_names().flatten().filter(|name| !["time", "level"].contains(name)) {
            let field = found.name(name).map(|field| unescape(field.as_str()));
            let expected = expected.iter().find(|(other, _)| *other == name).map(|(_, field)| {
                let kept: String = field.chars().take(1024).collect();
                let cut = field.chars().count() - kept.chars().count();
                (kept, cut)
            });
            prop_assert_eq!(field, expected, "{}", name);
        }
    }
}
