//! The names that stay, to hold candidates against.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::inventory::Reference;

use super::name::{Name, digest_key, tag_key};
use super::{Also, Keep};

/// Tags and digests that stay.
#[derive(Debug)]
pub struct Stays<'a> {
    /// `REPOSITORY:TAG`
    tags: HashSet<Cow<'a, str>>,
    /// In whatever repository: the same digest is the same image, and who deletes it in one may ask
    /// for it in another.
    digests: HashSet<Cow<'a, str>>,
}

impl Keep {
    /// The names that stay.
    #[must_use]
    pub fn stays(&self) -> Stays<'_> {
        let count = self.clusters.iter().map(|cluster| cluster.images.len()).sum();
        let mut stays = Stays { tags: HashSet::with_capacity(count), digests: HashSet::with_capacity(count) };
        for image in self.clusters.iter().flat_map(|cluster| cluster.images.keys()) {
            stays.keep_name(&image.reference);
            self.keep_mirrored(&image.reference, &mut stays);
            if let Some(digest) = &image.digest {
                stays.keep_digest(digest);
            }
        }
        for also in &self.also {
            match also {
                Also::Digest(digest) => stays.keep_digest(digest),
                Also::Reference(reference) => {
                    stays.keep_name(reference.text());
                    self.keep_mirrored(reference.text(), &mut stays);
                }
            }
        }
        stays
    }

    fn keep_mirrored<'a>(&'a self, name: &str, stays: &mut Stays<'a>) {
        for mirrored in self.mirrors.iter().filter_map(|mirror| mirror.of(name)) {
            let mirrored = Reference::parse(&mirrored);
            stays.tags.extend(tag_key(mirrored.text()).map(|key| Cow::Owned(key.into_owned())));
        }
    }
}

impl<'a> Stays<'a> {
    fn keep_name(&mut self, normalised: &'a str) {
        self.tags.extend(tag_key(normalised));
        if let Some(digest) = Name::of(normalised).digest {
            self.keep_digest(digest);
        }
    }

    fn keep_digest(&mut self, digest: &'a str) {
        self.digests.insert(digest_key(digest));
    }

    /// Lets a digest stay that was not known to be needed.
    pub(super) fn keep_digest_too(&mut self, digest: &str) {
        self.digests.insert(Cow::Owned(digest_key(digest).into_owned()));
    }

    /// Whether an image by this name stays: its tag does, its digest, or the image that its tag says
    /// it belongs to.
    pub(super) fn keeps(&self, reference: &Reference) -> bool {
        let is_digest = |digest: &str| self.digests.contains(&digest_key(digest));
        let is_tag = || tag_key(reference.text()).is_some_and(|key| self.tags.contains(&key));
        reference.digest().is_some_and(is_digest)
            || is_tag()
            || reference.tag().and_then(subject).is_some_and(|subject| is_digest(&subject))
    }
}

/// The digest that a tag says it belongs to: `sha256-HEX.sig`, `.att`, `.sbom` are cosign's signature,
/// attestation and bill of materials, `sha256-HEX` is the fallback of OCI's referrers.
fn subject(tag: &str) -> Option<String> {
    let stem = tag.split_once('.').map_or(tag, |(stem, _)| stem);
    let (algorithm, hex) = stem.split_once('-')?;
    (algorithm == "sha256" && hex.len() == 64).then(|| format!("{algorithm}:{hex}"))
}
