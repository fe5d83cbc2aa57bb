//! The list of what stays.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::inventory::Reference;

use super::{Also, Keep, Reasons, Why};
use crate::answers::Last;

/// Something that must stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// A normalised reference, `REPOSITORY@DIGEST`, or a digest alone where its repository is not
    /// known; the text itself of a reference that breaks the grammar.
    pub name: Arc<str>,
    /// Why.
    pub reasons: Reasons,
    /// When it was last used, where a record tells.
    pub last: Option<Last>,
    /// The clusters that need it, by the order in which they were added.
    pub clusters: BTreeSet<usize>,
}

impl Keep {
    /// All that must stay, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Kept> {
        let mut names = Names { mirrors: &self.mirrors, kept: Vec::new() };
        for (number, cluster) in self.clusters.iter().enumerate() {
            for (image, need) in &cluster.images {
                let reference = Reference::parse(&image.reference);
                let kept = |name: Arc<str>| Kept {
                    name,
                    reasons: need.reasons,
                    last: Some(need.last),
                    clusters: BTreeSet::from([number]),
                };
                names.add(&reference, &kept);
                if let Some(digest) = &image.digest {
                    names.add_digest(repository(&reference).as_deref(), digest, &kept);
                    if let Some(reported) =
                        image.reported.as_deref().filter(|repository| !repository.is_empty())
                    {
                        names.add_digest(Some(reported), digest, &kept);
                    }
                }
            }
        }
        let kept = |name| Kept { name, reasons: Why::Also.into(), last: None, clusters: BTreeSet::new() };
        for also in &self.also {
            match also {
                Also::Reference(reference) => names.add(reference, &kept),
                Also::Digest(digest) => names.add_digest(None, digest, &kept),
            }
        }
        names.joined()
    }
}

/// Registry and path of a reference that has them.
fn repository(reference: &Reference) -> Option<String> {
    Some(format!("{}/{}", reference.registry()?, reference.repository()?))
}

/// Names as they come.
struct Names<'a> {
    mirrors: &'a [super::Mirror],
    kept: Vec<Kept>,
}

impl Names<'_> {
    fn add(&mut self, reference: &Reference, kept: &impl Fn(Arc<str>) -> Kept) {
        self.add_name(Arc::clone(reference.text()), kept);
        if let Some(digest) = reference.digest().filter(|_| reference.tag().is_some()) {
            self.add_digest(repository(reference).as_deref(), digest, kept);
        }
    }

    fn add_digest(&mut self, repository: Option<&str>, digest: &str, kept: &impl Fn(Arc<str>) -> Kept) {
        let name = match repository {
            Some(repository) => format!("{repository}@{digest}").into(),
            None => digest.into(),
        };
        self.add_name(name, kept);
    }

    fn add_name(&mut self, name: Arc<str>, kept: &impl Fn(Arc<str>) -> Kept) {
        for mirrored in self.mirrors.iter().filter_map(|mirror| mirror.of(&name)) {
            let mut mirrored = kept(Arc::clone(Reference::parse(&mirrored).text()));
            mirrored.reasons = mirrored.reasons.and(Why::Map);
            self.kept.push(mirrored);
        }
        self.kept.push(kept(name));
    }

    /// By name, each once.
    fn joined(mut self) -> Vec<Kept> {
        self.kept.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.kept.dedup_by(|next, first| {
            let is_same = next.name == first.name;
            if is_same {
                first.reasons = first.reasons.union(next.reasons);
                first.last = first.last.max(next.last);
                first.clusters.append(&mut next.clusters);
            }
            is_same
        });
        self.kept
    }
}
