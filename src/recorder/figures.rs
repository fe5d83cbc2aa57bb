//! What is measured while a recorder runs. The recorder and the record's writer tell, whoever serves
//! reads. Whoever reads the census copies its names under a lock, and lets go of it before a text is made.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use crate::inventory::Census;
use crate::inventory::census::Counted;
use crate::record::Meters;
use crate::record::past::Healed;

/// A name and a value that this program has chosen.
pub type Word = [(&'static str, &'static str); 1];
/// A name, and a value out of a command line or a cluster.
pub type Text = [(&'static str, String); 1];

/// Seconds: an event is mostly said within milliseconds, and after some minutes where no reader reads.
const LAGS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0];

/// What there is to say, by the words of JSON lines.
const EVENTS: [&str; 8] =
    ["added", "removed", "moved", "resolved", "joined", "left", "pod_added", "pod_removed"];

/// Why all pods were read.
pub(super) const LISTS: [&str; 7] =
    ["start", "expired", "ahead", "page_expired", "elsewhere", "retry", "audit"];

/// What is measured. Clones are of the same figures.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Live events of watches, by `type`.
    pub watch_events: Family<Word, Counter>,
    /// When the last live event of each `scope` came.
    pub last_event: Family<Text, Gauge<f64, AtomicU64>>,
    /// When the last bookmark of each `scope` came.
    pub last_bookmark: Family<Text, Gauge<f64, AtomicU64>>,
    /// Lists and audits that began, by `reason`.
    pub lists: Family<Word, Counter>,
    /// Pods that could not be read.
    pub unreadable: Counter,
    /// Times that were not seen as they happened, by `kind`.
    pub gaps: Gaps,
    /// What there was to say, by `event`, whether or not it was to be said.
    pub events: Family<Word, Counter>,
    /// How long it took from when an event came until its line was written, in seconds.
    pub lag: Histogram,
    /// Rows that wait to be stored.
    pub waiting_rows: Gauge<u64, AtomicU64>,
    /// What the record's writer tells.
    pub record: Meters,
    census: Arc<Mutex<Option<Census>>>,
}

impl Default for Figures {
    /// Nothing has happened yet; what can be counted stands at zero, so that its first increase shows.
    fn default() -> Self {
        Self {
            watch_events: counted("type", &["applied", "deleted"]),
            last_event: Family::default(),
            last_bookmark: Family::default(),
            lists: counted("reason", &LISTS),
            unreadable: Counter::default(),
            gaps: Gaps::default(),
            events: counted("event", &EVENTS),
            lag: Histogram::new(LAGS),
            waiting_rows: Gauge::default(),
            record: Meters::default(),
            census: Arc::default(),
        }
    }
}

impl Figures {
    /// How many pods and images there are; none before the record was opened.
    #[must_use]
    pub fn counted(&self) -> Counted {
        self.census().as_ref().map(Census::counted).unwrap_or_default()
    }

    /// Counts by this census from here on.
    pub(crate) fn count_by(&self, census: Census) {
        *self.census() = Some(census);
    }

    /// The census, for as long as nobody else looks at it.
    pub(super) fn census(&self) -> MutexGuard<'_, Option<Census>> {
        // Whoever panicked had only read it, or the program ends.
        self.census.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Times that were not seen as they happened, between times that were.
#[derive(Clone, Debug)]
pub struct Gaps(pub Family<Word, Counter>);

impl Default for Gaps {
    fn default() -> Self {
        Self(counted("kind", &Healed::ALL.map(Healed::word)))
    }
}

impl Gaps {
    pub(super) fn count(&self, healed: Healed) {
        self.0.get_or_create(&[("kind", healed.word())]).inc();
    }
}

fn counted(label: &'static str, words: &[&'static str]) -> Family<Word, Counter> {
    let family = Family::<Word, Counter>::default();
    for word in words {
        drop(family.get_or_create(&[(label, *word)]));
    }
    family
}
