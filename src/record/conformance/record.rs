//! A record that a test writes, and asks.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use tempfile::TempDir;

use super::{ASKABLE, Keeping};
use crate::inventory::Inventory;
use crate::inventory::change::{Event, Happening, Place, Turn, UseChange};
use crate::record::past::{Active, Hint, Seen, Span, Use};
use crate::record::samples::{ALL, event_of, t};
use crate::record::{Batch, DatedUse, Doubt, Entry, EventId, Limits, NewStart, Past, Store};

/// Runs a check on a new record of each implementation.
#[track_caller]
pub(super) fn on_every_record(check: impl Fn(&mut Record)) {
    for keeping in ASKABLE {
        check(&mut Record::new(keeping));
    }
}

impl Use {
    /// Ends it, and its activity with it.
    pub(super) fn until(self, closed: i64) -> Self {
        Self { closed: Some(t(closed)), active: Active::Until(t(closed)), ..self }
    }

    pub(super) fn with(self, digest: &str) -> Self {
        Self { digest: Some(digest.into()), ..self }
    }

    /// By this container of this workload.
    pub(super) fn by(self, workload: &str, container: &str) -> Self {
        Self { workload: workload.into(), container: container.into(), ..self }
    }

    /// What a watch would have told of it.
    fn turns(&self) -> Vec<DatedUse> {
        let place = Place {
            scope: Arc::clone(&self.scope),
            reference: Arc::clone(&self.reference),
            digest: self.digest.clone(),
            reported: self.reported.clone(),
            namespace: Arc::clone(&self.namespace),
            workload: Arc::clone(&self.workload),
            container: Arc::clone(&self.container),
            kind: self.kind,
        };
        let turn = |turn, at| DatedUse { at, change: UseChange { place: place.clone(), turn } };
        let mut turns = vec![turn(Turn::Opened, self.opened)];
        if self.active != Active::Never {
            turns.push(turn(Turn::Activated, self.opened));
        }
        if let Active::Until(until) = self.active {
            turns.push(turn(Turn::Deactivated, until));
        }
        turns.extend(self.closed.map(|closed| turn(Turn::Closed, closed)));
        turns
    }
}

/// A record of the cluster `here` under one start, which watches all namespaces since the second 0.
pub(super) struct Record {
    store: Box<dyn Store>,
    ask: fn(&std::path::Path) -> Box<dyn Past>,
    pub(super) id: Arc<str>,
    batches: u64,
    sequence: u64,
    folder: TempDir,
}

impl Record {
    fn new(Keeping { store, past: ask }: Keeping) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(&folder.path().join("record"));
        let id = store.restore(&mut Inventory::default()).unwrap().record;
        let mut record = Self { store, ask, id, batches: 0, sequence: 0, folder };
        record.start(0, &[ALL]);
        record
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    /// Begins a further start.
    pub(super) fn start(&mut self, at: i64, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| Arc::from(*scope)).collect();
        self.store.begin(&NewStart { at: t(at), scopes, is_adopting: false }).unwrap();
        self.batches = 0;
    }

    fn commit(&mut self, batch: Batch) {
        self.batches += 1;
        self.store.commit(&Batch { number: self.batches, ..batch }).unwrap();
    }

    /// Keeps uses, one after another.
    pub(super) fn keep(&mut self, uses: &[Use]) {
        self.commit(Batch { uses: uses.iter().flat_map(Use::turns).collect(), ..Batch::default() });
    }

    pub(super) fn see(&mut self, seen: &[Seen]) {
        self.commit(Batch { seen: seen.to_vec(), ..Batch::default() });
    }

    /// What was seen after a time is no longer taken for seen; what is seen from then on is.
    pub(super) fn doubt(&mut self, scope: &str, after: i64, seen: &[Seen]) {
        let doubts = vec![Doubt { scope: scope.into(), after: t(after) }];
        self.commit(Batch { doubts, seen: seen.to_vec(), ..Batch::default() });
    }

    /// What the store says that was seen.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.store.seen().unwrap()
    }

    /// Keeps an event of an image, and returns it.
    pub(super) fn tell(&mut self, observed: i64, happening: Happening, image: &str) -> Entry {
        self.tell_all(observed, event_of(happening, image))
    }

    /// Keeps an event of any kind, and returns it.
    pub(super) fn tell_all(&mut self, observed: i64, event: Event) -> Entry {
        self.sequence += 1;
        let id = EventId { record: Arc::clone(&self.id), start: 1, sequence: self.sequence };
        let entry = Entry { id, observed: t(observed), not_before: None, not_after: None, event };
        self.commit(Batch { entries: vec![entry.clone()], ..Batch::default() });
        entry
    }

    /// Keeps the record within its limits, in seconds.
    pub(super) fn tidy(&mut self, now: i64, keep_for: i64, fine_for: i64) {
        let [keep_for, fine_for] = [keep_for, fine_for].map(SignedDuration::from_secs);
        while self.store.tidy(t(now), &Limits { keep_for, max_size: None, fine_for }).unwrap() {}
    }

    pub(super) fn past(&self) -> Box<dyn Past> {
        (self.ask)(&self.path())
    }
}

/// The uses that a past tells.
pub(super) fn uses(past: &dyn Past, during: Span, hints: &[Hint]) -> Vec<Use> {
    let mut told = Vec::new();
    past.uses(during, hints, &mut |one| told.push(one)).unwrap();
    told
}

/// The events that a past tells.
pub(super) fn events(past: &dyn Past, during: Span, hints: &[Hint]) -> Vec<Entry> {
    let mut told = Vec::new();
    past.events(during, hints, &mut |one| told.push(one)).unwrap();
    told
}
