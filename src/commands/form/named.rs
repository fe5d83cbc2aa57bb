//! A reference and its parts, as JSON and values have them.

use serde::{Serialize, Serializer};

use crate::commands::text::shown;
use crate::inventory::Reference;
use crate::inventory::digest::is_digest;

/// How an image is told, by its text and the parts of it.
pub(in crate::commands) const REFERENCE: [&str; 5] =
    ["reference", "registry", "repository", "tag", "pinned_digest"];

/// How a name in a registry is told, which may have been used by no pod.
pub(in crate::commands) const NAME: [&str; 5] = ["name", "registry", "repository", "tag", "digest"];

/// A reference and its parts, which are `null` where it breaks the grammar; to be flattened.
pub(in crate::commands) struct Named<'a> {
    titles: [&'static str; 5],
    text: &'a str,
    reference: Reference,
}

impl<'a> Named<'a> {
    pub(in crate::commands) fn new(titles: [&'static str; 5], text: &'a str) -> Self {
        Self { titles, text, reference: Reference::parse(text) }
    }

    fn parts(&self) -> [Option<&str>; 4] {
        let Self { reference, text, .. } = self;
        // A digest alone is in no repository: it is told as that, and the rest of the parts is missing.
        if is_digest(text) {
            return [None, None, None, Some(text)];
        }
        [reference.registry(), reference.repository(), reference.tag(), reference.digest()]
    }

    /// As comma-separated values, the parts empty where there are none.
    pub(in crate::commands) fn values(&self) -> Vec<String> {
        let parts = self.parts().map(|part| part.unwrap_or_default().to_owned());
        std::iter::once(shown(self.text)).chain(parts).collect()
    }
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = std::iter::once(Some(self.text)).chain(self.parts());
        serializer.collect_map(self.titles.into_iter().zip(values))
    }
}

#[cfg(test)]
mod tests {
    use super::{NAME, Named, REFERENCE};

    #[test]
    fn a_reference_is_told_with_its_parts_and_null_for_those_it_lacks() {
        let check = |titles, text, json: &str, values: &[&str]| {
            let named = Named::new(titles, text);
            assert_eq!(serde_json::to_string(&named).unwrap(), json);
            assert_eq!(named.values(), values);
        };
        check(
            REFERENCE,
            "quay.io/a/b:1",
            r#"{"reference":"quay.io/a/b:1","registry":"quay.io","repository":"a/b","tag":"1","pinned_digest":null}"#,
            &["quay.io/a/b:1", "quay.io", "a/b", "1", ""],
        );
        check(
            NAME,
            "a\nB",
            r#"{"name":"a\nB","registry":null,"repository":null,"tag":null,"digest":null}"#,
            &["a\\u{a}B", "", "", "", ""],
        );
    }

    #[test]
    fn a_digest_alone_is_in_no_repository() {
        let digest = format!("sha256:{}", "0".repeat(64));
        assert_eq!(Named::new(NAME, &digest).values(), [&digest, "", "", "", &digest]);
    }
}
