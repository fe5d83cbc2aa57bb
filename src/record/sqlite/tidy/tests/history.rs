//! A record that is filled by hand, tidied, and asked.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::super::Progress;
use crate::inventory::change::{Event, Happening, ImageEvent, Place, Turn, UseChange, User};
use crate::inventory::{Cause, ContainerKind, Inventory, Reference};
use crate::record::past::{About, Healed, Past as _, Seen, Span, Use};
use crate::record::{
    Batch, Cursor, DatedUse, Entry, EventId, Identity, Limits, NewStart, SqlitePast, SqliteStore, Store,
};

const SCOPE: &str = "all namespaces";
const BEGINNING: i64 = 1_795_377_600;
/// In minutes.
pub(super) const DAY: i64 = 24 * 60;

/// The time so many minutes after the beginning.
pub(super) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(BEGINNING + minute * 60).unwrap()
}

/// The minute of a time.
pub(super) fn minute(time: Timestamp) -> i64 {
    (time.as_second() - BEGINNING).div_euclid(60)
}

/// What is used, where: a workload, an image and its digest, by numbers.
pub(super) type Key = (usize, usize, usize);

fn place((workload, image, digest): Key) -> Place {
    Place {
        scope: SCOPE.into(),
        reference: format!("docker.io/library/image-{image}:latest").into(),
        digest: Some(format!("sha256:{digest:064x}").into()),
        reported: None,
        namespace: "shop".into(),
        workload: format!("Job/{workload}").into(),
        container: "main".into(),
        kind: ContainerKind::App,
    }
}

/// The key of a use that was told.
pub(super) fn key(one: &Use) -> Key {
    let number = |text: &str, radix| usize::from_str_radix(text, radix).unwrap();
    let image = one.reference.trim_end_matches(":latest").rsplit('-').next().unwrap();
    let digest = one.digest.as_ref().unwrap();
    (number(&one.workload["Job/".len()..], 10), number(image, 10), number(&digest["sha256:".len()..], 16))
}

pub(super) struct Record {
    pub(super) store: SqliteStore,
    id: Arc<str>,
    batches: u64,
    sequence: u64,
    folder: TempDir,
}

impl Record {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity { cluster: "here".to_owned(), server: "f00d".to_owned() };
        let mut store = SqliteStore::create_or_open(&folder.path().join("record.db"), &identity).unwrap();
        // These tests are of rows, not of the disk.
        store.connection.pragma_update(None, "synchronous", "OFF").unwrap();
        let id = store.restore(&mut Inventory::default()).unwrap().record;
        let mut record = Self { store, id, batches: 0, sequence: 0, folder };
        record.start(0);
        record
    }

    /// Begins a further start.
    pub(super) fn start(&mut self, minute: i64) {
        let scopes = vec![SCOPE.into()];
        self.store.begin(&NewStart { at: at(minute), scopes, is_adopting: false }).unwrap();
        self.batches = 0;
    }

    /// When starts began, in minutes.
    pub(super) fn starts(&self) -> Vec<i64> {
        self.past().sight().unwrap().starts.iter().map(|start| minute(start.at)).collect()
    }

    /// Forgets how far tidying came, as a process does that ends.
    pub(super) fn forget(&mut self) {
        self.store.tidied = Progress::default();
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("record.db")
    }

    fn commit(&mut self, batch: Batch) {
        self.batches += 1;
        self.store.commit(&Batch { number: self.batches, ..batch }).unwrap();
    }

    /// A use begins, or ends.
    pub(super) fn turn(&mut self, minute: i64, key: Key, opens: bool) {
        let turn = if opens { Turn::Opened { active: true } } else { Turn::Closed };
        let uses = vec![DatedUse { at: at(minute), change: UseChange { place: place(key), turn } }];
        self.commit(Batch { uses, ..Batch::default() });
    }

    /// An event; its number.
    pub(super) fn event(&mut self, minute: i64, key: Key, happening: Happening) -> u64 {
        self.sequence += 1;
        let Place { namespace, workload, container, kind, reference, digest, scope, .. } = place(key);
        let event = ImageEvent {
            happening,
            image: Reference::shared(&reference),
            spelling: reference,
            user: Arc::new(User { namespace, pod: "pod".into(), workload, container, kind }),
            digest,
            last_used: None,
            scope,
            cause: Cause::Watch,
        };
        let entry = Entry {
            id: EventId { record: Arc::clone(&self.id), start: 1, sequence: self.sequence },
            observed: at(minute),
            not_before: None,
            not_after: None,
            event: Event::Image(event),
        };
        self.commit(Batch { entries: vec![entry], ..Batch::default() });
        self.sequence
    }

    pub(super) fn said(&mut self, sequence: u64) {
        self.commit(Batch { cursors: vec![Cursor { output: "stdout", sequence }], ..Batch::default() });
    }

    pub(super) fn seen(&mut self, from: i64, until: i64, healed: Healed) {
        let seen = Seen { scope: SCOPE.into(), from: at(from), until: at(until), healed };
        self.commit(Batch { seen: vec![seen], ..Batch::default() });
    }

    /// Whether a step of tidying found anything to do.
    pub(super) fn step(&mut self, now: i64, limits: &Limits) -> bool {
        self.store.tidy(at(now), limits).unwrap()
    }

    /// Tidies until there is no more to do.
    pub(super) fn tidy(&mut self, now: i64, limits: &Limits) {
        let mut steps = 0;
        while self.step(now, limits) {
            steps += 1;
            assert!(steps < 10_000, "there is no end to it");
        }
    }

    fn past(&self) -> SqlitePast {
        SqlitePast::open(&self.path()).unwrap()
    }

    pub(super) fn about(&self) -> About {
        self.past().about().unwrap()
    }

    /// All uses, by key and age.
    pub(super) fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        self.past().uses(Span::ALWAYS, &[], &mut |one| uses.push(one)).unwrap();
        uses.sort_by_key(|one| (key(one), one.opened));
        uses
    }

    pub(super) fn events(&self) -> Vec<Entry> {
        let mut events = Vec::new();
        self.past().events(Span::ALWAYS, &[], &mut |one| events.push(one)).unwrap();
        events
    }

    /// What was seen, from and until which minute.
    pub(super) fn sight(&self) -> Vec<(i64, i64)> {
        let sight = self.past().sight().unwrap();
        sight.seen.iter().map(|seen| (minute(seen.from), minute(seen.until))).collect()
    }

    /// The texts are those that rows name, and the events that name them are counted.
    pub(super) fn check_texts(&self) {
        for (table, rows) in [
            ("place", "SELECT place FROM use_interval UNION SELECT place FROM event"),
            ("reference", "SELECT reference FROM use_interval UNION SELECT reference FROM event"),
            (
                "digest",
                "SELECT digest FROM use_interval UNION SELECT digest FROM event
                 UNION SELECT old_digest FROM event",
            ),
        ] {
            assert_eq!(self.ids(&format!("SELECT id FROM {table}")), self.ids(rows), "{table}");
        }
        for (table, is_named) in
            [("place", "place = place.id"), ("digest", "digest.id IN (digest, old_digest)")]
        {
            let wrong = format!("{table} WHERE events <> (SELECT count(*) FROM event WHERE {is_named})");
            assert_eq!(self.count(&wrong), 0, "{wrong}");
        }
    }

    fn ids(&self, select: &str) -> BTreeSet<i64> {
        let mut select = self.store.connection.prepare(select).unwrap();
        let ids = select.query_map([], |row| row.get::<_, Option<i64>>(0)).unwrap();
        ids.filter_map(Result::unwrap).collect()
    }

    /// How many rows a table has.
    pub(super) fn count(&self, table: &str) -> i64 {
        let count = format!("SELECT count(*) FROM {table}");
        self.store.connection.query_one(&count, [], |row| row.get(0)).unwrap()
    }
}

/// Keeps for so many days, apart for so many.
pub(super) fn limits(keep: i64, fine: i64) -> Limits {
    let days = |days| SignedDuration::from_hours(days * 24);
    Limits { keep_for: days(keep), fine_for: days(fine), max_size: None }
}
