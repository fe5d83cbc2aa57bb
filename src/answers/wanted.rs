//! Which uses and events a question is about.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Pattern;
use crate::inventory::change::{Event, Happening, ImageEvent};
use crate::inventory::{ContainerKind, Reference, Time};
use crate::record::Entry;
use crate::record::past::{Active, Hint, Span, Use};

/// Which uses of images count.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of images that match.
    pub image: Option<Pattern>,
    /// Only by pods that are neither Succeeded nor Failed.
    pub active: bool,
    /// Only by these kinds of container; empty is every kind.
    pub kinds: Vec<ContainerKind>,
}

/// Which uses and events a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of which images, by which containers.
    pub filter: &'a Filter,
    /// In which namespaces; empty is all.
    pub namespaces: &'a [String],
}

impl<'a> Wanted<'a> {
    /// What narrows the search.
    pub(super) fn hints(&self) -> Vec<Hint> {
        self.filter.image.as_ref().map(Pattern::hints).unwrap_or_default()
    }

    pub(super) fn sieve(self) -> Sieve<'a> {
        Sieve { wanted: self, meant: HashMap::new(), ran: HashMap::new() }
    }
}

/// Lets through what is wanted. A record tells the same image many times: whether it is meant is
/// found out once.
pub(super) struct Sieve<'a> {
    wanted: Wanted<'a>,
    meant: HashMap<(Arc<str>, Option<Arc<str>>), bool>,
    /// When images that are meant only by a digest ran with it.
    ran: HashMap<Arc<str>, Vec<Span>>,
}

impl Sieve<'_> {
    /// The use as far as it is wanted: of active pods alone, only until the last one ceased to be.
    pub(super) fn sift(&mut self, mut used: Use) -> Option<Use> {
        let Filter { image, active, kinds } = self.wanted.filter;
        if !(kinds.is_empty() || kinds.contains(&used.kind)) || !self.is_in_namespace(&used.namespace) {
            return None;
        }
        if image.is_some() && !self.is_meant(&used.reference, used.digest.as_ref()) {
            return None;
        }
        let ran = Span { from: used.opened, until: used.closed.unwrap_or(Timestamp::MAX) };
        if *active {
            used.closed = match (used.active, used.closed) {
                (Active::Never, _) => return None,
                (Active::Still, closed) => closed,
                (Active::Until(until), closed) => Some(closed.map_or(until, |closed| closed.min(until))),
            };
        }
        if image.is_some() && !self.is_meant(&used.reference, None) {
            self.ran.entry(Arc::clone(&used.reference)).or_default().push(ran);
        }
        Some(used)
    }

    /// The event, if it is wanted: so is each of an image while it ran, in the uses that were let
    /// through before, with a digest that is meant, for that may have become known only later.
    pub(super) fn sift_event(&mut self, entry: Entry) -> Option<Entry> {
        let Event::Image(ImageEvent { image, user, digest, happening, last_used, .. }) = &entry.event else {
            return None;
        };
        let kinds = &self.wanted.filter.kinds;
        let is_place =
            (kinds.is_empty() || kinds.contains(&user.kind)) && self.is_in_namespace(&user.namespace);
        let old = match happening {
            Happening::Moved { old, .. } => Some(old),
            _ => None,
        };
        let gone = last_used.and_then(|Time(millisecond)| Timestamp::from_millisecond(millisecond).ok());
        let is_wanted = is_place
            && (self.is_meant(image.text(), digest.as_ref())
                || old.is_some() && self.is_meant(image.text(), old)
                || self.ran_at(image.text(), gone.unwrap_or(entry.observed)));
        is_wanted.then_some(entry)
    }

    fn ran_at(&self, reference: &str, at: Timestamp) -> bool {
        let is_then = |ran: &Span| (ran.from..=ran.until).contains(&at);
        self.ran.get(reference).is_some_and(|spans| spans.iter().any(is_then))
    }

    fn is_in_namespace(&self, namespace: &str) -> bool {
        let namespaces = self.wanted.namespaces;
        namespaces.is_empty() || namespaces.iter().any(|wanted| wanted == namespace)
    }

    fn is_meant(&mut self, reference: &Arc<str>, digest: Option<&Arc<str>>) -> bool {
        let Some(pattern) = &self.wanted.filter.image else { return true };
        *self
            .meant
            .entry((Arc::clone(reference), digest.cloned()))
            .or_insert_with(|| pattern.matches(&Reference::parse(reference), digest.map(|digest| &**digest)))
    }
}
