//! References: `[registry/]repository[:tag][@digest]`, the grammar of `distribution/reference`.

use std::fmt;
use std::sync::Arc;

use super::digest::is_digest;

const DEFAULT_REGISTRY: &str = "docker.io";
const LEGACY_REGISTRY: &str = "index.docker.io";
const OFFICIAL_PREFIX: &str = "library/";
const DEFAULT_TAG: &str = "latest";
/// A longer repository is refused by `distribution/reference`.
const LONGEST_REPOSITORY: usize = 255;
const LONGEST_TAG: usize = 128;

/// An image's identity: its normalised reference or, where the grammar refuses the text, the text
/// itself. Parsing never fails, so no image is ever dropped.
///
/// It is an identity, not a claim where the bytes came from: a node may use mirrors.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    text: Arc<str>,
    is_valid: bool,
}

impl Reference {
    /// The identity of the image that `spelling` names.
    #[must_use]
    pub fn parse(spelling: &str) -> Self {
        match normalise(spelling) {
            Some(text) => Self { text: text.into(), is_valid: true },
            None => Self { text: spelling.into(), is_valid: false },
        }
    }

    /// The same identity around a text that is shared already.
    pub(crate) fn shared(text: &Arc<str>) -> Self {
        Self { is_valid: Parts::of(text).is_some(), text: Arc::clone(text) }
    }

    /// The normalised reference, or the raw text of an invalid one.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The reference as people write it: without what is understood on Docker Hub, where it still
    /// means the same image without.
    #[must_use]
    pub fn familiar(&self) -> &str {
        ["docker.io/library/", "docker.io/"]
            .into_iter()
            .filter_map(|understood| self.text.strip_prefix(understood))
            .find(|short| Self::parse(short) == *self)
            .unwrap_or(&self.text)
    }

    /// Whether the grammar accepts it. The parts of an invalid reference are unknown.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.is_valid
    }

    /// The registry, `docker.io` where the pod names none.
    #[must_use]
    pub fn registry(&self) -> Option<&str> {
        let (registry, _) = self.valid()?.split_once('/')?;
        Some(registry)
    }

    /// The path in the registry: `library/nginx`.
    #[must_use]
    pub fn repository(&self) -> Option<&str> {
        let (_, rest) = self.valid()?.split_once('/')?;
        let name = rest.split_once('@').map_or(rest, |(name, _)| name);
        Some(name.split_once(':').map_or(name, |(repository, _)| repository))
    }

    /// The tag; `latest` where the pod gives neither tag nor digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        let (_, rest) = self.valid()?.split_once('/')?;
        let name = rest.split_once('@').map_or(rest, |(name, _)| name);
        name.split_once(':').map(|(_, tag)| tag)
    }

    /// The digest that the pod pins.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.valid()?.split_once('@').map(|(_, digest)| digest)
    }

    fn valid(&self) -> Option<&str> {
        self.is_valid.then_some(&*self.text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

/// Where the image that `name` spells lies, as `registry/repository`; `None` if it lies where the
/// one of `other` does, and empty if the grammar refuses it.
pub(super) fn other_repository(name: &str, other: &str) -> Option<String> {
    let Some(parts) = Parts::of(name) else { return Some(String::new()) };
    // Mostly the other is spelled as this, and then a tag: that need not be taken apart.
    let bare = name.split_once('@').map_or(name, |(bare, _)| bare);
    let tag = other.strip_prefix(bare).and_then(|rest| rest.strip_prefix(':'));
    if parts.tag.is_none() && tag.is_some_and(is_tag) {
        return None;
    }
    let place = parts.place();
    let is_same = Parts::of(other).is_some_and(|other| other.place() == place);
    (!is_same).then(|| place.concat())
}

/// The parts of a reference, the registry as it is understood.
struct Parts<'a> {
    registry: &'a str,
    /// `library/` of an official image, whether or not it is spelled.
    prefix: &'static str,
    repository: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

/// The normalised form of `spelling`, or `None` where the grammar refuses it.
fn normalise(spelling: &str) -> Option<String> {
    let parts = Parts::of(spelling)?;
    let default_tag = if parts.digest.is_none() { Some(DEFAULT_TAG) } else { None };
    let mut text = String::with_capacity(spelling.len() + 24);
    text.extend(parts.place());
    for (mark, part) in [(':', parts.tag.or(default_tag)), ('@', parts.digest)] {
        if let Some(part) = part {
            text.push(mark);
            text.push_str(part);
        }
    }
    Some(text)
}

impl<'a> Parts<'a> {
    /// `None` where the grammar refuses the spelling.
    fn of(spelling: &'a str) -> Option<Self> {
        if spelling.len() == 64 && spelling.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None; // It would be taken for the identifier of a local image.
        }
        let (named, digest) = match spelling.split_once('@') {
            Some((named, digest)) if is_digest(digest) => (named, Some(digest)),
            Some(_) => return None,
            None => (spelling, None),
        };
        // A colon before the last slash belongs to a registry's port.
        let last_slash = named.rfind('/').unwrap_or(0);
        let (name, tag) = match named[last_slash..].find(':') {
            Some(colon) => {
                let colon = last_slash + colon;
                (&named[..colon], Some(&named[colon + 1..]))
            }
            None => (named, None),
        };
        let (registry, repository) = split_registry(name);
        let official = repository.strip_prefix(OFFICIAL_PREFIX).unwrap_or(repository);
        let is_official = registry == DEFAULT_REGISTRY && !official.contains('/');
        let (prefix, repository) = if is_official { (OFFICIAL_PREFIX, official) } else { ("", repository) };
        let is_valid = is_registry(registry)
            && is_repository(repository)
            && prefix.len() + repository.len() <= LONGEST_REPOSITORY
            && tag.is_none_or(is_tag);
        if !is_valid {
            return None;
        }
        Some(Self { registry, prefix, repository, tag, digest })
    }

    /// The registry and the repository, put together.
    fn place(&self) -> [&'a str; 4] {
        [self.registry, "/", self.prefix, self.repository]
    }
}

/// The first component is a registry only if it could not be a path component of Docker Hub.
fn split_registry(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((LEGACY_REGISTRY, repository)) => (DEFAULT_REGISTRY, repository),
        Some((registry, repository))
            if registry == "localhost"
                || registry.bytes().any(|b| matches!(b, b'.' | b':' | b'A'..=b'Z')) =>
        {
            (registry, repository)
        }
        _ => (DEFAULT_REGISTRY, name),
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let is_label = |label: &[u8]| {
        let is_edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        is_edge(label.first())
            && is_edge(label.last())
            && label.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let is_ipv6 = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| !host.is_empty() && host.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'));
    port.is_none_or(is_port) && (is_ipv6 || host.as_bytes().split(|b| *b == b'.').all(is_label))
}

fn is_repository(text: &str) -> bool {
    text.as_bytes().split(|b| *b == b'/').all(is_path_component)
}

/// Runs of `[a-z0-9]` with one of `.`, `_`, `__` or any number of `-` between them.
fn is_path_component(mut rest: &[u8]) -> bool {
    let is_alphanumeric = |b: &u8| b.is_ascii_digit() || b.is_ascii_lowercase();
    loop {
        let run = rest.iter().take_while(|b| is_alphanumeric(b)).count();
        if run == 0 {
            return false;
        }
        rest = &rest[run..];
        rest = match rest {
            [] => return true,
            [b'_', b'_', rest @ ..] | [b'_' | b'.', rest @ ..] => rest,
            [b'-', ..] => {
                let dashes = rest.iter().take_while(|&&b| b == b'-').count();
                &rest[dashes..]
            }
            _ => return false,
        };
    }
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    text.len() <= LONGEST_TAG
        && text.as_bytes().first().is_some_and(is_word)
        && text.bytes().all(|b| is_word(&b) || b == b'.' || b == b'-')
}

#[cfg(test)]
mod tests;
