//! Text out of a cluster on its way to a person.

use std::fmt::Write as _;

use crate::inventory::Reference;

/// Characters of a digest that are enough to tell it from others, and to ask for it by.
const SHORT_DIGEST: usize = 12;

/// `text` with everything that could move a cursor, hide or forge written out.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c == ' ' || c == '\\' || (c != '\'' && c != '"' && c.escape_debug().len() > 1) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "{}", c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The reference as people write it: without what is understood on Docker Hub, where it still
/// means the same image without.
pub(super) fn familiar(reference: &Reference) -> &str {
    let text = reference.text();
    ["docker.io/library/", "docker.io/"]
        .into_iter()
        .filter_map(|understood| text.strip_prefix(understood))
        .find(|short| Reference::parse(short) == *reference)
        .unwrap_or(text)
}

/// The beginning of a digest, enough to ask for it by.
pub(super) fn short_digest(digest: &str) -> &str {
    let hex = digest.find(':').map_or(0, |colon| colon + 1);
    digest.get(..hex + SHORT_DIGEST).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::{familiar, short_digest, shown};
    use crate::inventory::Reference;

    #[test]
    fn nothing_of_a_clusters_text_reaches_a_terminal_raw() {
        assert_eq!(shown("quay.io/a/b:1\"'é"), "quay.io/a/b:1\"'é");
        assert_eq!(shown("a\u{1b}[2J\nb c"), "a\\u{1b}[2J\\u{a}b\\u{20}c");
        assert_eq!(shown("a\u{202e}b\\"), "a\\u{202e}b\\u{5c}");
    }

    #[test]
    fn a_familiar_reference_still_means_the_same_image() {
        let check = |spelling: &str, expected: &str| {
            assert_eq!(familiar(&Reference::parse(spelling)), expected);
        };
        check("nginx", "nginx:latest");
        check("rancher/klipper-lb:v1", "rancher/klipper-lb:v1");
        check("quay.io/a/b:1", "quay.io/a/b:1");
        check("docker.io/localhost/app:1", "docker.io/localhost/app:1");
        check("NGINX", "NGINX");
    }

    #[test]
    fn a_short_digest_keeps_its_algorithm_and_twelve_characters() {
        assert_eq!(short_digest("sha256:0123456789abcdef"), "sha256:0123456789ab");
        assert_eq!(short_digest("sha256:01"), "sha256:01");
    }
}
