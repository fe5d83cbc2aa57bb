//! Record files with a past of the test's choosing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kimager::inventory::ContainerKind;
use kimager::inventory::change::{Place, Turn, UseChange};
use kimager::record::past::{Healed, Seen};
use kimager::record::{Batch, DatedUse, Identity, NewStart, SqliteStore, Store as _};

pub(crate) const ALL: &str = "all namespaces";
pub(crate) const DAY: i64 = 24 * 3_600;

/// A record under construction. Times are seconds before now.
pub(crate) struct PastOf {
    path: PathBuf,
    store: Box<SqliteStore>,
    now: Timestamp,
    batch: Batch,
}

impl PastOf {
    /// A record of a cluster, of all namespaces, that began so long ago.
    pub(crate) fn cluster(folder: &Path, cluster: &str, began: i64) -> Self {
        Self::scope(folder, cluster, ALL, began)
    }

    pub(crate) fn scope(folder: &Path, cluster: &str, scope: &str, began: i64) -> Self {
        let path = folder.join(format!("{cluster}.db"));
        let identity = Identity { cluster: cluster.to_owned(), server: "test".to_owned() };
        let mut store = Box::new(SqliteStore::create_or_open(&path, &identity).expect("a record"));
        let now = Timestamp::now();
        let start = NewStart { at: ago(now, began), scopes: vec![scope.into()], is_adopting: false };
        store.begin(&start).expect("it begins");
        Self { path, store, now, batch: Batch { number: 1, ..Batch::default() } }
    }

    /// Seen from so long ago until so long ago; before it blind.
    pub(crate) fn seen(self, from: i64, until: i64) -> Self {
        self.seen_of(ALL, from, until)
    }

    pub(crate) fn seen_of(mut self, scope: &str, from: i64, until: i64) -> Self {
        let (from, until) = (ago(self.now, from), ago(self.now, until));
        self.batch.seen.push(Seen { scope: scope.into(), from, until, healed: Healed::Blind });
        self
    }

    /// An image, by its normalised reference, that was used from so long ago until so long ago; for
    /// ever until now.
    pub(crate) fn used(self, reference: &str, digest: Option<&str>, from: i64, until: Option<i64>) -> Self {
        self.used_in(ALL, reference, digest, from, until)
    }

    pub(crate) fn used_in(
        mut self,
        scope: &str,
        reference: &str,
        digest: Option<&str>,
        from: i64,
        until: Option<i64>,
    ) -> Self {
        let place = Place {
            scope: scope.into(),
            reference: reference.into(),
            digest: digest.map(Arc::from),
            reported: None,
            namespace: "shop".into(),
            workload: "Deployment/web".into(),
            container: "web".into(),
            kind: ContainerKind::App,
        };
        let change = |turn| UseChange { place: place.clone(), turn };
        self.batch
            .uses
            .push(DatedUse { at: ago(self.now, from), change: change(Turn::Opened { active: false }) });
        if let Some(until) = until {
            self.batch.uses.push(DatedUse { at: ago(self.now, until), change: change(Turn::Closed) });
        }
        self
    }

    /// Started anew so long ago, to watch these scopes from then on.
    pub(crate) fn started_again(mut self, began: i64, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|scope| Arc::from(*scope)).collect();
        let start = NewStart { at: ago(self.now, began), scopes, is_adopting: false };
        self.store.begin(&start).expect("it begins");
        self
    }

    /// The file.
    pub(crate) fn made(mut self) -> PathBuf {
        self.store.commit(&self.batch).expect("it is stored");
        self.store.close().expect("it closes");
        self.path
    }
}

fn ago(now: Timestamp, seconds: i64) -> Timestamp {
    now - SignedDuration::from_secs(seconds)
}
