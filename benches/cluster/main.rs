//! kimager on a real API server with 30,000 realistic pods, beside a reader that throws the same
//! stream away. `make bench-cluster`; `KIMAGER_BENCH_PODS` sets another number of pods.
//!
//! All of a table comes from one run on one machine: its ratios count, its times only here.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is run for")]

use std::path::Path;
use std::time::Instant;

use cluster::control_plane::{ControlPlane, Options};
use syncs::Syncs;

mod cluster;
mod fleet;
mod latency;
mod process;
mod reader;
mod syncs;
mod table;

/// Each figure of a sync is the median of so many; twice as many as there are to take turns.
const ROUNDS: usize = 6;

fn main() {
    if let Some(kubeconfig) = std::env::var_os(reader::AS_READER) {
        reader::run(Path::new(&kubeconfig));
        return;
    }
    let pods = std::env::var("KIMAGER_BENCH_PODS").ok().and_then(|text| text.parse().ok()).unwrap_or(30_000);
    let plane = ControlPlane::start(Options::default());
    let kubeconfig = plane.admin_kubeconfig();
    let filling = Instant::now();
    fleet::make_namespaces(plane.api());
    fleet::fill(plane.api(), 0..pods);
    table::heading(pods, filling.elapsed());

    let folder = tempfile::tempdir().expect("a folder for records");
    let syncs = Syncs::measure(&kubeconfig, folder.path(), ROUNDS);
    table::syncs(&syncs);
    let record = folder.path().join("latency.db");
    let record = record.to_str().expect("a path in Unicode");
    table::latency("memory", &latency::measure(&plane, "memory"));
    table::latency("file", &latency::measure(&plane, record));
    table::fsync(&latency::fsync(folder.path()));
}
