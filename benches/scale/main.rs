//! What a thousand pods cost, and what a million: first sync, restart, memory, and how kimager follows
//! a cluster in which much happens. `make bench-scale`; `KIMAGER_BENCH_PARTS` names some of the parts,
//! `KIMAGER_BENCH_SIZES` other numbers of pods.
//!
//! The simulated API server runs in a process of its own. Plots go to `docs/plots/`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is run for")]

use std::collections::BTreeSet;
use std::path::Path;

mod churn;
#[path = "../cluster/cluster.rs"]
mod cluster;
mod figures;
#[path = "../cluster/fleet.rs"]
mod fleet;
mod plots;
#[path = "../cluster/process.rs"]
mod process;
#[path = "../cluster/reader.rs"]
mod reader;
mod real;
mod relist;
mod server;
mod sync;
#[path = "../cluster/syncs.rs"]
mod syncs;
#[path = "../record/table.rs"]
#[expect(dead_code, reason = "the record's benchmark uses more of it")]
mod table;

use figures::Figures;

/// Measures a part; records lie in the folder.
type Measure = fn(&Path, &mut Figures);

/// The parts, in the order in which they are measured.
const PARTS: [(&str, Measure); 4] = [
    ("sync", sync::measure),
    ("churn", churn::measure),
    ("relist", relist::measure),
    ("real", real::measure),
];

fn main() {
    if let Some(kubeconfig) = std::env::var_os(reader::AS_READER) {
        return reader::run(Path::new(&kubeconfig));
    }
    if let Ok(pods) = std::env::var(server::AS_SERVER) {
        return server::run(pods.parse().expect("a number of pods"));
    }
    let chosen = std::env::var("KIMAGER_BENCH_PARTS").unwrap_or_default();
    let folder = tempfile::tempdir().expect("a folder for records");
    let mut figures = Figures::default();
    for (name, measure) in PARTS {
        if chosen.is_empty() || chosen.split(',').any(|one| one == name) {
            eprintln!("measuring: {name}");
            measure(folder.path(), &mut figures);
        }
    }
    figures.print();
    plots::draw_all(&figures);
}

/// How many pods the simulated cluster is to have, one number after the other, in their order.
fn sizes() -> BTreeSet<usize> {
    let chosen = std::env::var("KIMAGER_BENCH_SIZES").unwrap_or_default();
    let sizes: BTreeSet<usize> = chosen.split(',').filter_map(|size| size.trim().parse().ok()).collect();
    if sizes.is_empty() { [1_000, 10_000, 30_000, 150_000, 1_000_000].into() } else { sizes }
}
