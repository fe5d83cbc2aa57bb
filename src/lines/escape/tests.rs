use proptest::prelude::*;
use regex::Regex;

use super::{LONGEST, escape, escape_prose, escape_whole, is_plain_in_a_name, is_plain_in_prose};
use crate::lines::examples::texts;

#[test]
fn a_name_of_the_usual_kind_stays_as_it_is() {
    for name in
        ["", "rancher/klipper-lb:v0.1.2", "[::1]:5000/App@sha256:00", "it's\"quoted\"", "größe", "画像", "🚢"]
    {
        assert_eq!(escape(name).to_string(), name);
    }
}

#[test]
fn what_does_not_show_or_could_forge_a_line_is_escaped_in_a_name() {
    let check = |name: &str, expected: &str| assert_eq!(escape(name).to_string(), expected, "{name:?}");
    check("a\nb", r"a\u{a}b");
    check("\r\t\0", r"\u{d}\u{9}\u{0}");
    check("\u{1b}[31m\u{9b}31m\u{7f}", r"\u{1b}[31m\u{9b}31m\u{7f}");
    check("a  [b|c]", r"a\u{20}\u{20}[b\u{7c}c]");
    check("\u{a0}\u{2003}\u{3000}\u{2028}\u{2029}", r"\u{a0}\u{2003}\u{3000}\u{2028}\u{2029}");
    check("\u{61c}\u{200e}\u{202e}\u{2066}", r"\u{61c}\u{200e}\u{202e}\u{2066}");
    check("\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}", r"\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}");
    check("\u{3164}\u{2800}\u{e0041}\u{fe0f}", r"\u{3164}\u{2800}\u{e0041}\u{fe0f}");
    check("e\u{301}", r"e\u{301}");
    check(r"a\u{a}b", r"a\u{5c}u{a}b");
    check("a…(+5)", r"a\u{2026}(+5)");
}

#[test]
fn prose_keeps_its_blanks_and_backslashes() {
    let check = |text: &str, expected: &str| assert_eq!(escape_prose(text).to_string(), expected);
    check(r#"Get "a|b": it's C:\… "#, r#"Get "a|b": it's C:\… "#);
    check("two\nlines\u{2028}and\u{a0}more", r"two\u{a}lines\u{2028}and\u{a0}more");
}

#[test]
fn a_long_name_is_cut_and_says_by_how_much() {
    let check = |length: usize, expected: &str| {
        let (plain, odd) = ("x".repeat(length), "é".repeat(length));
        assert_eq!(escape(&plain).to_string(), format!("{}{expected}", "x".repeat(length.min(1024))));
        assert_eq!(escape(&odd).to_string(), format!("{}{expected}", "é".repeat(length.min(1024))));
        assert_eq!(escape_prose(&plain).to_string(), escape(&plain).to_string());
        assert_eq!(escape_whole(&plain).to_string(), plain);
    };
    check(1023, "");
    check(1024, "");
    check(1025, "…(+1)");
    check(120_000, "…(+118976)");
    assert_eq!(escape(&"\n".repeat(1025)).to_string(), format!("{}…(+1)", r"\u{a}".repeat(1024)));
}

#[test]
fn no_character_that_unicode_calls_invisible_is_plain() {
    let invisible =
        Regex::new(r"[\p{Cc}\p{Cf}\p{Co}\p{Z}\p{Mn}\p{Me}\p{White_Space}\p{Default_Ignorable_Code_Point}]")
            .unwrap();
    let plain =
        |is_plain: fn(char) -> bool| -> String { ('\0'..=char::MAX).filter(|&c| is_plain(c)).collect() };
    assert_eq!(invisible.find(&plain(is_plain_in_a_name)), None);
    assert_eq!(invisible.find(plain(is_plain_in_prose).trim_start_matches(' ')), None);
    let graphic: String = ('!'..='~').filter(|c| !"|\\".contains(*c)).collect();
    assert!(plain(is_plain_in_a_name).starts_with(&graphic));
}

/// The name that `escaped` stands for, as far as it is not cut, and the number of characters cut.
pub(in crate::lines) fn unescape(escaped: &str) -> (String, usize) {
    let (escaped, cut) = match escaped.split_once('…') {
        Some((kept, mark)) => (kept, mark[2..mark.len() - 1].parse().unwrap()),
        None => (escaped, 0),
    };
    let form = Regex::new(r"\\u\{([0-9a-f]+)\}").unwrap();
    let name = form.replace_all(escaped, |found: &regex::Captures<'_>| {
        let code = u32::from_str_radix(&found[1], 16).unwrap();
        char::from_u32(code).unwrap().to_string()
    });
    (name.into_owned(), cut)
}

proptest! {
    #[test]
    fn a_name_can_be_read_back_from_its_escaped_form(name in texts()) {
        let escaped = escape(&name).to_string();
        prop_assert!(escaped.chars().all(|c| is_plain_in_a_name(c) || "\\…".contains(c)), "{escaped}");
        let (kept, cut) = unescape(&escaped);
        let expected: String = name.chars().take(LONGEST).collect();
        prop_assert_eq!(cut, name.chars().count() - expected.chars().count());
        prop_assert_eq!(kept, expected);
    }
}
