//! Text from a cluster, fit for a message.

/// More characters of it say nothing more.
const LONGEST: usize = 200;

/// `text` on one line of at most 200 characters, without control characters and without those that
/// change how their neighbours look.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut count = 0;
    for c in text.chars().filter(|&c| !is_invisible(c)) {
        let is_blank = c.is_whitespace() || c.is_control();
        if is_blank && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if count == LONGEST {
            line.push('…');
            break;
        }
        line.push(if is_blank { ' ' } else { c });
        count += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// The text of a page of HTML, or of anything else as it is.
pub(super) fn without_markup(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return text.to_owned();
    }
    // What follows each `<` is a tag up to `>`, then text.
    text.split('<').filter_map(|tag| Some(tag.split_once('>')?.1)).collect::<Vec<_>>().join(" ")
}

/// Zero-width characters, and marks that reorder text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{one_line, without_markup};

    #[test]
    fn a_text_is_one_line_that_shows_all_it_says() {
        let check = |text: &str, expected: &str| assert_eq!(one_line(text), expected, "{text:?}");
        check("as it is", "as it is");
        check(" two\r\n\tlines\n", "two lines");
        check("bell\u{7}and \u{1b}[31mred\u{202e}", "bell and [31mred");
        check("zero\u{200b}width", "zerowidth");
        check("", "");
        check(&"é".repeat(200), &"é".repeat(200));
        check(&"é".repeat(201), &format!("{}…", "é".repeat(200)));
    }

    #[test]
    fn a_page_is_read_without_its_tags() {
        let check = |text: &str, expected: &str| assert_eq!(one_line(&without_markup(text)), expected);
        check(
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body></html>",
            "502 Bad Gateway nginx",
        );
        check("a < b", "a < b");
        check("<<<", "");
    }
}
