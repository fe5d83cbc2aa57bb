//! Names of images in a registry, as they are compared: nothing may go because it is spelled in
//! another way.

use std::borrow::Cow;

use crate::inventory::Reference;

/// A normalised reference in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// Registry and path.
    pub repository: &'a str,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
}

impl<'a> Name<'a> {
    /// Takes a text apart that is a normalised reference. Of any other text the parts mean nothing,
    /// and equal those of no reference.
    pub(super) fn of(normalised: &'a str) -> Self {
        let (named, digest) = match normalised.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (normalised, None),
        };
        // A colon before the last slash belongs to a registry's port.
        let last_component = named.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match named[last_component..].find(':') {
            Some(colon) => (&named[..last_component + colon], Some(&named[last_component + colon + 1..])),
            None => (named, None),
        };
        Self { repository, tag, digest }
    }
}

/// `REPOSITORY:TAG` without its digest, as it is compared; `None` where there is no tag.
pub(super) fn tag_key(normalised: &str) -> Option<Cow<'_, str>> {
    let name = Name::of(normalised);
    name.tag?;
    let named = name.digest.map_or(normalised, |digest| &normalised[..normalised.len() - digest.len() - 1]);
    Some(repository_key(named))
}

/// A repository, or what begins with one, as it is compared: hosts are the same in any letter case.
pub(super) fn repository_key(text: &str) -> Cow<'_, str> {
    let host = text.find('/').unwrap_or(0);
    if text[..host].bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text[..host].to_ascii_lowercase() + &text[host..])
    } else {
        Cow::Borrowed(text)
    }
}

/// A digest as it is compared: hexadecimal digits are the same in any letter case.
pub(super) fn digest_key(digest: &str) -> Cow<'_, str> {
    if digest.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(digest.to_ascii_lowercase())
    } else {
        Cow::Borrowed(digest)
    }
}

/// The reference that `text` names in full, with a tag or a digest; `None` where it does not. A
/// repository alone would be taken for its `latest`, and a digest alone for a tag of `sha256`.
pub(super) fn in_full(text: &str) -> Option<Reference> {
    let reference = Reference::parse(text);
    let name = Name::of(text);
    let is_full = reference.is_valid() && (name.tag.is_some() || name.digest.is_some());
    let is_digest = ["sha256", "sha384", "sha512"].contains(&name.repository);
    (is_full && !is_digest).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::{Name, digest_key, in_full, repository_key, tag_key};

    #[test]
    fn a_name_is_taken_apart_whatever_of_it_is_there() {
        let check = |text: &str, repository: &str, tag: Option<&str>, digest: Option<&str>| {
            assert_eq!(Name::of(text), Name { repository, tag, digest }, "{text}");
        };
        check("host:5000/a/b:1", "host:5000/a/b", Some("1"), None);
        check("host:5000/a/b", "host:5000/a/b", None, None);
        check("quay.io/a@sha256:00", "quay.io/a", None, Some("sha256:00"));
        check("quay.io/a:1@sha256:00", "quay.io/a", Some("1"), Some("sha256:00"));
    }

    #[test]
    fn hosts_and_digests_are_the_same_in_any_letter_case_and_tags_are_not() {
        assert_eq!(tag_key("Host.io:5000/a:V1@sha256:00").as_deref(), Some("host.io:5000/a:V1"));
        assert_eq!(tag_key("quay.io/a@sha256:00"), None);
        assert_eq!(repository_key("Host.io/a"), "host.io/a");
        assert_eq!(digest_key("sha256:AB"), "sha256:ab");
    }

    #[test]
    fn a_repository_alone_names_no_image() {
        let hex = "0".repeat(64);
        assert!(in_full("nginx:latest").is_some());
        assert!(in_full(&format!("nginx@sha256:{hex}")).is_some());
        for vague in
            ["nginx", "host:5000/a", "quay.io/a/b", "quay.io/a:", "quay.io/*:1", "A:1", "", "sha256:beef"]
        {
            assert_eq!(in_full(vague), None, "{vague}");
        }
    }
}
