//! IMAGE: how a user says which images are meant.

use globset::{Glob, GlobMatcher};

use crate::inventory::Reference;
use crate::record::past::Hint;

mod hints;

/// Fewer characters of a digest may well be the name of a repository.
const SHORTEST_DIGEST: usize = 12;

/// The algorithms that a digest without one may be of: those that the image spec registers.
const ALGORITHMS: [&str; 3] = ["sha256", "sha384", "sha512"];

/// Which images a user means.
#[derive(Clone, Debug)]
pub struct Pattern {
    name: Option<Name>,
    digest: Option<DigestPrefix>,
    /// Whether an image must match by name and by digest, rather than by either.
    needs_both: bool,
}

/// Why a pattern means nothing.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// It is empty.
    #[error("give a reference, a repository, a glob, or a digest")]
    Empty,
    /// It is a digest too short to mean one.
    #[error("give at least {SHORTEST_DIGEST} characters of a digest, 0-9 and a-f")]
    Digest,
    /// It is a glob that the grammar of globs refuses.
    #[error("not a glob: {0}")]
    Glob(#[from] globset::Error),
}

#[derive(Clone, Debug)]
enum Name {
    /// Any tag and digest of a repository.
    Repository(Reference),
    /// One tag of a repository, pinned or not.
    Tag(Reference),
    /// A text that is no reference.
    Raw(Box<str>),
    /// A glob on a reference or its repository, in full or as people write it.
    Glob(GlobMatcher),
}

/// The beginning of a digest.
#[derive(Clone, Debug)]
struct DigestPrefix {
    algorithm: Option<Box<str>>,
    hex: Box<str>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where it could mean no image at all.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if let Some((name, digest)) = text.split_once('@') {
            let digest = DigestPrefix::parse(digest).ok_or(PatternError::Digest)?;
            return Ok(Self { name: Some(Name::parse(name)?), digest: Some(digest), needs_both: true });
        }
        let digest = DigestPrefix::parse(text);
        // `algorithm:hex` is no name; hexadecimal characters alone may be one.
        let is_digest = digest.as_ref().is_some_and(|digest| digest.algorithm.is_some());
        let begins_digest =
            text.split_once(':').is_some_and(|(algorithm, _)| ALGORITHMS.contains(&algorithm));
        if begins_digest && !is_digest {
            return Err(PatternError::Digest);
        }
        let name = if is_digest { None } else { Some(Name::parse(text)?) };
        Ok(Self { name, digest, needs_both: false })
    }

    /// Whether `image` is meant, where it runs with the digest `running`.
    #[must_use]
    pub fn matches(&self, image: &Reference, running: Option<&str>) -> bool {
        let by_name = self.name.as_ref().is_some_and(|name| name.matches(image));
        let by_digest = self.digest.as_ref().is_some_and(|prefix| {
            [image.digest(), running].into_iter().flatten().any(|digest| prefix.matches(digest))
        });
        if self.needs_both { by_name && by_digest } else { by_name || by_digest }
    }

    /// What narrows a search through a record to images that may be meant; nothing where every one
    /// may be.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let of_digest = self.digest.as_ref().map(DigestPrefix::hints);
        match (self.name.as_ref().map(Name::hints), of_digest) {
            // Either narrows enough.
            (Some(_), Some(hints)) if self.needs_both => hints,
            (Some(names), Some(digests)) if !names.is_empty() => [names, digests].concat(),
            (Some(names), None) => names,
            (None, Some(digests)) => digests,
            (None | Some(_), _) => Vec::new(),
        }
    }
}

impl Name {
    fn parse(text: &str) -> Result<Self, PatternError> {
        let reference = Reference::parse(text);
        if reference.is_valid() {
            let component = text.rsplit_once('/').map_or(text, |(_, last)| last);
            let has_tag = component.contains(':');
            return Ok(if has_tag { Self::Tag(reference) } else { Self::Repository(reference) });
        }
        if text.contains(['*', '?', '[', '{']) {
            return Ok(Self::Glob(Glob::new(text)?.compile_matcher()));
        }
        Ok(Self::Raw(text.into()))
    }

    fn matches(&self, image: &Reference) -> bool {
        let is_in_repository = |wanted: &Reference| {
            image.is_valid()
                && image.registry() == wanted.registry()
                && image.repository() == wanted.repository()
        };
        match self {
            Self::Repository(wanted) => is_in_repository(wanted),
            Self::Tag(wanted) => is_in_repository(wanted) && image.tag() == wanted.tag(),
            Self::Raw(wanted) => !image.is_valid() && **image.text() == **wanted,
            Self::Glob(glob) => {
                let short = image.familiar();
                [image.text(), short, repository_of(image.text(), image), repository_of(short, image)]
                    .into_iter()
                    .any(|text| glob.is_match(text))
            }
        }
    }
}

/// `text`, a form of `image`, without tag and digest.
fn repository_of<'a>(text: &'a str, image: &Reference) -> &'a str {
    let digest = image.digest().map_or(0, |digest| digest.len() + 1);
    let tag = image.tag().map_or(0, |tag| tag.len() + 1);
    text.get(..text.len().saturating_sub(digest + tag)).unwrap_or(text)
}

impl DigestPrefix {
    fn parse(text: &str) -> Option<Self> {
        let (algorithm, hex) = match text.split_once(':') {
            Some((algorithm, hex)) => (Some(algorithm.into()), hex),
            None => (None, text),
        };
        let is_hex = hex.len() >= SHORTEST_DIGEST && hex.bytes().all(|b| b.is_ascii_hexdigit());
        is_hex.then(|| Self { algorithm, hex: hex.into() })
    }

    fn matches(&self, digest: &str) -> bool {
        let Some((algorithm, hex)) = digest.split_once(':') else {
            return false;
        };
        let is_algorithm = match self.algorithm.as_deref() {
            Some(wanted) => wanted == algorithm,
            None => ALGORITHMS.contains(&algorithm),
        };
        is_algorithm
            && hex.get(..self.hex.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(&self.hex))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, PatternError};
    use crate::inventory::Reference;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// What `pattern` takes and leaves of images that all run with one digest.
    fn check(pattern: &str, takes: &[&str], leaves: &[&str]) {
        let parsed = Pattern::parse(pattern).unwrap();
        let digest = format!("sha256:{HEX}");
        for (images, expected) in [(takes, true), (leaves, false)] {
            for image in images {
                let is_match = parsed.matches(&Reference::parse(image), Some(&digest));
                assert_eq!(is_match, expected, "{pattern} {image}");
            }
        }
    }

    #[test]
    fn a_repository_means_all_its_tags_in_any_spelling() {
        check("nginx", &["nginx", "nginx:1", "docker.io/library/nginx:1"], &["quay.io/nginx:1", "a/nginx"]);
        check("docker.io/library/nginx", &["nginx:1"], &["my/nginx:1"]);
        check("localhost:5000/app", &["localhost:5000/app:1"], &["localhost/app:1"]);
    }

    #[test]
    fn a_tag_means_it_alone_pinned_or_not() {
        check("nginx:1", &["nginx:1", &format!("nginx:1@sha256:{HEX}")], &["nginx", "nginx:2"]);
    }

    #[test]
    fn a_glob_is_held_against_reference_and_repository_in_full_and_as_written() {
        check("nginx*", &["nginx:1", "nginx-unprivileged:1"], &["quay.io/nginx:1"]);
        check("*/team/*", &["quay.io/team/a:1", "quay.io/team/a/b:1"], &["quay.io/other/a:1"]);
        check("quay.io/team/?", &["quay.io/team/a:1"], &["quay.io/team/ab:1"]);
        check("docker.io/*", &["nginx"], &["quay.io/a/b"]);
        check("{nginx,redis}:1", &["nginx:1", "redis:1"], &["nginx:2"]);
    }

    #[test]
    fn a_digest_or_its_beginning_means_what_runs_or_is_pinned_with_it() {
        check(&format!("sha256:{HEX}"), &["nginx", "quay.io/a/b"], &[]);
        check("0123456789AB", &["nginx"], &[]);
        check("0123456789ac", &["0123456789ac"], &["nginx"]);
        check("sha512:0123456789ab", &[], &["nginx"]);
        check("nginx@sha256:0123456789ab", &["nginx:1"], &["redis:1"]);
        check("nginx:1@0123456789ab", &["nginx:1"], &["nginx:2"]);
        let pinned = Pattern::parse("0123456789ab").unwrap();
        assert!(pinned.matches(&Reference::parse(&format!("nginx@sha256:{HEX}")), None));
    }

    #[test]
    fn a_text_that_is_no_reference_means_the_image_of_just_that_text() {
        check("NGINX:Latest", &["NGINX:Latest"], &["nginx:latest"]);
    }

    #[test]
    fn what_can_mean_no_image_is_refused() {
        assert!(matches!(Pattern::parse(""), Err(PatternError::Empty)));
        assert!(matches!(Pattern::parse("sha256:beef"), Err(PatternError::Digest)));
        assert!(matches!(Pattern::parse("nginx@sha256:beef"), Err(PatternError::Digest)));
        assert!(matches!(Pattern::parse("nginx["), Err(PatternError::Glob(_))));
    }
}
