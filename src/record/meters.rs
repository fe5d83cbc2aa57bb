//! What is measured of a record while it is written.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// Seconds: most commits take some milliseconds, an fsync on a busy disk a second.
const COMMITS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What the writer tells of its record. Clones are of the same figures.
#[derive(Clone, Debug)]
pub struct Meters {
    /// How long commits took, in seconds; those that failed are left out.
    pub commits: Histogram,
    /// The bytes of the record's files; 0 where none is kept.
    pub size: Gauge<u64, AtomicU64>,
    /// 1, or 0 from a commit that failed to one that succeeds.
    pub takes_writes: Gauge<u64, AtomicU64>,
}

impl Default for Meters {
    fn default() -> Self {
        let takes_writes = Gauge::default();
        takes_writes.set(1);
        Self { commits: Histogram::new(COMMITS), size: Gauge::default(), takes_writes }
    }
}
