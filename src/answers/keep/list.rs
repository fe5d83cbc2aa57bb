//! The list of what stays.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::Reference;

use super::name::Name;
use super::names::Names;
use super::{Also, Keep, Mirror, Need, Reasons, Why};

/// When something was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Last {
    /// Then.
    Until(Timestamp),
    /// It is used.
    Still,
}

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

/// A name that must stay, and where it comes from.
struct Told<'a> {
    name: Text<'a>,
    /// The cluster that needs it, by its place, and why; `None` where the user said so.
    need: Option<(usize, &'a Need)>,
    /// Whether it is what a mirror calls it.
    is_mirrored: bool,
}

/// A text that is there already, or was made.
enum Text<'a> {
    Shared(&'a Arc<str>),
    Made(String),
}

impl Keep {
    /// All that must stay, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Kept> {
        let mut kept = Vec::new();
        self.tell(&mut |told| kept.push(Kept::from(told)));
        joined(kept)
    }

    /// Hands over the names of all that must stay, in order, each once: no more than that is much
    /// quicker, and nothing else is kept in memory meanwhile.
    pub fn into_names(self, take: &mut dyn FnMut(&str)) {
        let mut names = Names::default();
        self.tell(&mut |Told { name, .. }| names.push(name.as_str()));
        drop(self);
        names.in_order(take);
    }

    /// Tells each name that must stay as often as there is a reason.
    fn tell<'a>(&'a self, take: &mut dyn FnMut(Told<'a>)) {
        let mut teller = Teller { mirrors: &self.mirrors, take };
        for (number, cluster) in self.clusters.iter().enumerate() {
            for (image, need) in &cluster.images {
                let reference = Reference::shared(&image.reference);
                let need = Some((number, need));
                teller.name(Text::Shared(&image.reference), need);
                teller.pinned(&reference, need);
                if let Some(digest) = &image.digest {
                    teller.digest(repository(&reference), digest, need);
                    if let Some(reported) =
                        image.reported.as_deref().filter(|repository| !repository.is_empty())
                    {
                        teller.digest(Some(reported), digest, need);
                    }
                }
            }
        }
        for also in &self.also {
            match also {
                Also::Reference(reference) => {
                    teller.name(Text::Shared(reference.text()), None);
                    teller.pinned(reference, None);
                }
                Also::Digest(digest) => teller.digest(None, digest, None),
            }
        }
    }
}

/// Registry and path of a reference that has them.
fn repository(reference: &Reference) -> Option<&str> {
    reference.is_valid().then(|| Name::of(reference.text()).repository)
}

/// Tells names, and what mirrors call them.
struct Teller<'a, 'take> {
    mirrors: &'a [Mirror],
    take: &'take mut dyn FnMut(Told<'a>),
}

impl<'a> Teller<'a, '_> {
    /// The digest that stands beside a tag: the image has two names.
    fn pinned(&mut self, reference: &Reference, need: Option<(usize, &'a Need)>) {
        if let Some(digest) = reference.digest().filter(|_| reference.tag().is_some()) {
            self.digest(repository(reference), digest, need);
        }
    }

    fn digest(&mut self, repository: Option<&str>, digest: &str, need: Option<(usize, &'a Need)>) {
        let name = match repository {
            Some(repository) => [repository, "@", digest].concat(),
            None => digest.to_owned(),
        };
        self.name(Text::Made(name), need);
    }

    fn name(&mut self, name: Text<'a>, need: Option<(usize, &'a Need)>) {
        for mirrored in self.mirrors.iter().filter_map(|mirror| mirror.of(name.as_str())) {
            let mirrored = Reference::parse(&mirrored).text().to_string();
            (self.take)(Told { name: Text::Made(mirrored), need, is_mirrored: true });
        }
        (self.take)(Told { name, need, is_mirrored: false });
    }
}

impl Text<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Shared(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl From<Told<'_>> for Kept {
    fn from(Told { name, need, is_mirrored }: Told<'_>) -> Self {
        let name = match name {
            Text::Shared(text) => Arc::clone(text),
            Text::Made(text) => text.into(),
        };
        let reasons = need.map_or(Why::Also.into(), |(_, need)| need.reasons);
        Self {
            name,
            reasons: if is_mirrored { reasons.and(Why::Map) } else { reasons },
            last: need.map(|(_, need)| need.last),
            clusters: need.into_iter().map(|(number, _)| number).collect(),
        }
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
