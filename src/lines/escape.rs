//! Hostile text, made visible: what a cluster names may neither break a line nor hide in it.

use std::fmt::{self, Write};

/// A longer name is cut: a reference has at most 255 characters of repository, 128 of tag and
/// a digest; a Kubernetes name at most 253.
const LONGEST: usize = 1024;

/// The mark of a cut; escaped where a name itself holds it.
const CUT: char = '…';

/// A name out of a cluster (an image, pod, namespace, container, digest) as one word.
///
/// Every character that is not plainly visible, every blank, `|`, `\` and `…` becomes
/// `\u{HEX}`, the only form of escape, so that the original can be read back and no name looks like
/// another one, like two fields or like two lines. Of a name over 1,024 characters the first
/// 1,024 stand, then `…(+N)` with the number of those cut off.
#[must_use]
pub fn escape(name: &str) -> Escaped<'_> {
    Escaped { text: name, longest: LONGEST, is_plain: is_plain_in_a_name }
}

/// Prose out of a cluster (the message of a server's error) as one line: blanks stay, only what
/// is not plainly visible becomes `\u{HEX}`; cut as a name is.
#[must_use]
pub fn escape_prose(text: &str) -> Escaped<'_> {
    Escaped { text, longest: LONGEST, is_plain: is_plain_in_prose }
}

/// The last defence of a diagnostic: as [`escape_prose`], but whole.
pub(super) fn escape_whole(text: &str) -> Escaped<'_> {
    Escaped { text, longest: usize::MAX, is_plain: is_plain_in_prose }
}

/// Text for a terminal that may have several lines: they stay, all else is as in [`escape_prose`],
/// but whole.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| escape_whole(line).to_string()).collect();
    lines.join("\n")
}

/// Text that is escaped as it is displayed.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a> {
    text: &'a str,
    longest: usize,
    is_plain: fn(char) -> bool,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // To look at all of them, whatever is found, is quicker: several at a time.
        let is_plain = self.text.bytes().fold(true, |is_plain, byte| is_plain & is_plain_everywhere(byte));
        if is_plain && self.text.len() <= self.longest {
            return f.write_str(self.text);
        }
        let mut rest = self.text.chars();
        for c in rest.by_ref().take(self.longest) {
            if (self.is_plain)(c) {
                f.write_char(c)?;
            } else {
                write!(f, "{}", c.escape_unicode())?;
            }
        }
        match rest.count() {
            0 => Ok(()),
            cut => write!(f, "{CUT}(+{cut})"),
        }
    }
}

/// Most text is nothing else.
fn is_plain_everywhere(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'|' | b'\\')
}

fn is_plain_in_a_name(c: char) -> bool {
    !matches!(c, ' ' | '|' | '\\' | CUT) && is_plain_in_prose(c)
}

/// Whether `c` shows, and shows as itself, wherever it stands.
///
/// The tables are the standard library's: it escapes, for debugging, control, format, private and
/// unassigned characters, every separator but the blank, and what combines with the character
/// before it.
fn is_plain_in_prose(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || (c.escape_debug().len() == 1 && !is_letter_without_ink(c))
}

/// Letters and symbols, as far as Unicode's categories go, that show nothing.
fn is_letter_without_ink(c: char) -> bool {
    const HANGUL_FILLERS: [char; 4] = ['\u{115F}', '\u{1160}', '\u{3164}', '\u{FFA0}'];
    const BRAILLE_BLANK: char = '\u{2800}';
    const NULL_NOTEHEAD: char = '\u{1D159}';
    HANGUL_FILLERS.contains(&c) || matches!(c, BRAILLE_BLANK | NULL_NOTEHEAD)
}

#[cfg(test)]
pub(super) mod tests;
