//! The list of what stays.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::inventory::Reference;

use super::name::Name;
use super::sorted::sorted;
use super::{Also, Keep, Need, Reasons, Why};
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
        let needed = |number, need: &Need, name| Kept {
            name,
            reasons: need.reasons,
            last: Some(need.last),
            clusters: BTreeSet::from([number]),
        };
        let also = |name| Kept { name, reasons: Why::Also.into(), last: None, clusters: BTreeSet::new() };
        let mapped = |kept: &mut Kept| kept.reasons = kept.reasons.and(Why::Map);
        joined(self.named(needed, also, mapped))
    }

    /// The names of all that must stay, sorted: no more than that is much quicker.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        sorted(&self.named(|_, _, name| name, |name| name, |_| ()))
    }

    /// Each name that must stay as often as there is a reason, told by one of the first two; the
    /// third tells names that mirrors add.
    fn named<K>(
        &self,
        needed: impl Fn(usize, &Need, Arc<str>) -> K,
        told_also: impl Fn(Arc<str>) -> K,
        mapped: impl Fn(&mut K),
    ) -> Vec<K> {
        let mut names = Names { mirrors: &self.mirrors, mapped, kept: Vec::new() };
        for (number, cluster) in self.clusters.iter().enumerate() {
            for (image, need) in &cluster.images {
                let reference = Reference::shared(&image.reference);
                let kept = |name: Arc<str>| needed(number, need, name);
                names.add(&reference, &kept);
                if let Some(digest) = &image.digest {
                    names.add_digest(repository(&reference), digest, &kept);
                    if let Some(reported) =
                        image.reported.as_deref().filter(|repository| !repository.is_empty())
                    {
                        names.add_digest(Some(reported), digest, &kept);
                    }
                }
            }
        }
        for also in &self.also {
            match also {
                Also::Reference(reference) => names.add(reference, &told_also),
                Also::Digest(digest) => names.add_digest(None, digest, &told_also),
            }
        }
        names.kept
    }
}

/// Registry and path of a reference that has them.
fn repository(reference: &Reference) -> Option<&str> {
    reference.is_valid().then(|| Name::of(reference.text()).repository)
}

/// Names as they come.
struct Names<'a, K, M> {
    mirrors: &'a [super::Mirror],
    mapped: M,
    kept: Vec<K>,
}

impl<K, M: Fn(&mut K)> Names<'_, K, M> {
    fn add(&mut self, reference: &Reference, kept: &impl Fn(Arc<str>) -> K) {
        self.add_name(Arc::clone(reference.text()), kept);
        if let Some(digest) = reference.digest().filter(|_| reference.tag().is_some()) {
            self.add_digest(repository(reference), digest, kept);
        }
    }

    fn add_digest(&mut self, repository: Option<&str>, digest: &str, kept: &impl Fn(Arc<str>) -> K) {
        let name = match repository {
            Some(repository) => [repository, "@", digest].concat().into(),
            None => digest.into(),
        };
        self.add_name(name, kept);
    }

    fn add_name(&mut self, name: Arc<str>, kept: &impl Fn(Arc<str>) -> K) {
        for mirrored in self.mirrors.iter().filter_map(|mirror| mirror.of(&name)) {
            let mut mirrored = kept(Arc::clone(Reference::parse(&mirrored).text()));
            (self.mapped)(&mut mirrored);
            self.kept.push(mirrored);
        }
        self.kept.push(kept(name));
    }
}

/// By name, each once.
fn joined(mut kept: Vec<Kept>) -> Vec<Kept> {
    kept.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    kept.dedup_by(|next, first| {
        let is_same = next.name == first.name;
        if is_same {
            first.reasons = first.reasons.union(next.reasons);
            first.last = first.last.max(next.last);
            first.clusters.append(&mut next.clusters);
        }
        is_same
    });
    kept
}
