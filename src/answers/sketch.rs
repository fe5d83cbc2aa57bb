//! A past in a few lines, for tests. Times are seconds.

use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::change::{Event, Happening};
use crate::inventory::{ContainerKind, Reference, Time};
use crate::record::past::{About, Active, Healed, Hint, Past, Seen, Sight, Span, Start, Use};
use crate::record::samples::{event_of, used};
use crate::record::{Entry, EventId, RecordError};

pub(crate) use crate::record::samples::{ALL, span, t};

/// A digest of sha256 that begins with `beginning`.
pub(crate) fn digest(beginning: &str) -> String {
    format!("sha256:{beginning:0<64}")
}

/// A record that is plain vectors.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(crate) about: About,
    pub(crate) sight: Sight,
    pub(crate) uses: Vec<Use>,
    pub(crate) events: Vec<Entry>,
}

impl Sketch {
    /// A record of the cluster `test` that was never started.
    pub(crate) fn new() -> Self {
        let about = About {
            record: "0123456789ab".into(),
            cluster: "test".to_owned(),
            pruned_until: None,
            coarse_until: None,
        };
        Self { about, sight: Sight::default(), uses: Vec::new(), events: Vec::new() }
    }

    /// A record of all namespaces, started and seen without a gap between two seconds.
    pub(crate) fn of_all(from: i64, until: i64) -> Self {
        Self::new().start(from, &[ALL]).seen(ALL, from, until, Healed::Blind)
    }

    pub(crate) fn cluster(mut self, name: &str) -> Self {
        name.clone_into(&mut self.about.cluster);
        self
    }

    pub(crate) fn pruned_until(mut self, until: i64) -> Self {
        self.about.pruned_until = Some(t(until));
        self
    }

    pub(crate) fn coarse_until(mut self, until: i64) -> Self {
        self.about.coarse_until = Some(t(until));
        self
    }

    pub(crate) fn start(mut self, at: i64, scopes: &[&str]) -> Self {
        let number = self.sight.starts.len() as u64 + 1;
        let scopes = scopes.iter().map(|scope| Arc::from(*scope)).collect();
        let epoch = self.sight.starts.last().map_or(1, |start| start.epoch);
        self.sight.starts.push(Start { number, at: t(at), epoch, scopes });
        self
    }

    /// A start that adopts another cluster.
    pub(crate) fn adopts(self, at: i64, scopes: &[&str]) -> Self {
        let mut started = self.start(at, scopes);
        if let Some(start) = started.sight.starts.last_mut() {
            start.epoch += 1;
        }
        started
    }

    pub(crate) fn seen(mut self, scope: &str, from: i64, until: i64, healed: Healed) -> Self {
        self.sight.seen.push(Seen { scope: scope.into(), from: t(from), until: t(until), healed });
        self
    }

    pub(crate) fn used(mut self, place: UseOf) -> Self {
        self.uses.push(place.0);
        self
    }

    /// An image that lingered is removed; it was used until `last_used`.
    pub(crate) fn lingered(self, observed: i64, last_used: i64, image: &str) -> Self {
        let mut sketch = self.event(observed, Happening::Removed, image);
        if let Some(Entry { event: Event::Image(event), .. }) = sketch.events.last_mut() {
            event.last_used = Some(Time(t(last_used).as_millisecond()));
        }
        sketch
    }

    /// An event of an image, by a pod of the namespace `shop`.
    pub(crate) fn event(mut self, observed: i64, happening: Happening, image: &str) -> Self {
        let sequence = self.events.len() as u64 + 1;
        self.events.push(Entry {
            id: EventId { record: Arc::clone(&self.about.record), start: 1, sequence },
            observed: t(observed),
            not_before: None,
            not_after: None,
            event: event_of(happening, image),
        });
        self
    }
}

/// An interval of use under construction.
#[derive(Clone, Debug)]
pub(crate) struct UseOf(pub(crate) Use);

/// As [`used`], of the reference that an image's name means.
pub(crate) fn use_of(image: &str, opened: i64) -> UseOf {
    UseOf(used(Reference::parse(image).text(), opened))
}

impl UseOf {
    /// Ends it, and with it its activity if that has not ended.
    pub(crate) fn until(mut self, closed: i64) -> Self {
        self.0.closed = Some(t(closed));
        if self.0.active == Active::Still {
            self.0.active = Active::Until(t(closed));
        }
        self
    }

    pub(crate) fn active(mut self, active: Active) -> Self {
        self.0.active = active;
        self
    }

    pub(crate) fn scope(mut self, scope: &str) -> Self {
        self.0.scope = scope.into();
        self
    }

    pub(crate) fn place(mut self, namespace: &str, workload: &str, container: &str) -> Self {
        self.0.namespace = namespace.into();
        self.0.workload = workload.into();
        self.0.container = container.into();
        self
    }

    pub(crate) fn kind(mut self, kind: ContainerKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// With a digest that begins so.
    pub(crate) fn digest(mut self, beginning: &str) -> Self {
        self.0.digest = Some(digest(beginning).into());
        self
    }

    pub(crate) fn reported(mut self, repository: &str) -> Self {
        self.0.reported = Some(repository.into());
        self
    }

    pub(crate) fn runs(mut self, runs: u32) -> Self {
        self.0.runs = runs;
        self
    }
}

impl Past for Sketch {
    fn about(&self) -> Result<About, RecordError> {
        Ok(self.about.clone())
    }

    fn sight(&self) -> Result<Sight, RecordError> {
        Ok(self.sight.clone())
    }

    fn uses(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Use)) -> Result<(), RecordError> {
        let touches = |used: &&Use| {
            used.opened <= during.until && used.closed.is_none_or(|closed| closed >= during.from)
        };
        let is_meant = |used: &&Use| {
            is_hinted(hints, &used.reference, &used.digest.as_deref().into_iter().collect::<Vec<_>>())
        };
        self.uses.iter().filter(touches).filter(is_meant).cloned().for_each(take);
        Ok(())
    }

    fn events(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Entry)) -> Result<(), RecordError> {
        let is_meant = |entry: &&Entry| {
            let Event::Image(event) = &entry.event else { return false };
            let old = match &event.happening {
                Happening::Moved { old, .. } => Some(&**old),
                _ => None,
            };
            let of_image = self.uses.iter().filter(|used| used.reference == *event.image.text());
            let ran = of_image.filter_map(|used| used.digest.as_deref());
            let digests: Vec<&str> = event.digest.as_deref().into_iter().chain(old).chain(ran).collect();
            is_hinted(hints, event.image.text(), &digests)
        };
        let touches = |entry: &&Entry| (during.from..=during.until).contains(&entry.observed);
        self.events.iter().filter(touches).filter(is_meant).cloned().for_each(take);
        Ok(())
    }

    fn latest(&self, versions: usize, take: &mut dyn FnMut(Use)) -> Result<(), RecordError> {
        let place = |used: &Use| {
            let Use { namespace, workload, container, kind, .. } = used;
            (namespace.clone(), workload.clone(), container.clone(), *kind)
        };
        let version = |used: &Use| (used.reference.clone(), used.digest.clone());
        let mut newest_first = self.uses.clone();
        newest_first.sort_by_key(|used| std::cmp::Reverse(used.closed.unwrap_or(Timestamp::MAX)));
        let mut kept: Vec<Use> = Vec::new();
        for used in newest_first {
            let of_place = kept.iter().filter(|kept| place(kept) == place(&used));
            let mut versions_of_place: Vec<_> = of_place.map(version).collect();
            versions_of_place.sort();
            versions_of_place.dedup();
            if versions_of_place.contains(&version(&used)) || versions_of_place.len() < versions {
                kept.push(used);
            }
        }
        kept.into_iter().for_each(take);
        Ok(())
    }
}

/// A sketch hands over only what is hinted at: who relies on more than is promised is found out.
fn is_hinted(hints: &[Hint], reference: &str, digests: &[&str]) -> bool {
    let pinned = reference.split_once('@').map(|(_, digest)| digest);
    hints.is_empty()
        || hints.iter().any(|hint| match hint {
            Hint::Reference(beginning) => reference.starts_with(&**beginning),
            Hint::Digest(beginning) => {
                let beginning = beginning.to_ascii_lowercase();
                let mut digests = digests.iter().copied().chain(pinned);
                digests.any(|digest| digest.to_ascii_lowercase().starts_with(&beginning))
            }
        })
}
