//! kimager on a real API server with 30,000 realistic pods, beside a reader that throws the same
//! stream away. `make bench-cluster`; `KIMAGER_BENCH_PODS` sets another number of pods.
//!
//! All of a table comes from one run on one machine: its ratios count, its times only here.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is run for")]

use std::path::Path;
use std::time::{Duration, Instant};

use cluster::control_plane::{ControlPlane, Options};
use cluster::kimager::Kimager;
use process::Usage;

mod cluster;
mod fleet;
mod latency;
mod process;
mod reader;
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
    fleet::fill(plane.api(), pods);
    table::heading(pods, filling.elapsed());

    let folder = tempfile::tempdir().expect("a folder for records");
    let mut syncs = Syncs::default();
    for round in 0..ROUNDS {
        let record = folder.path().join(format!("{round}.db"));
        // What comes after a list is slower than what comes first, as the server tidies up: so each
        // has each place in turn.
        for number in round..round + 3 {
            rest();
            match number % 3 {
                0 => syncs.thrown_away.push(reader::measure(&kubeconfig)),
                1 => syncs.memory.push(sync(&kubeconfig, "memory")),
                _ => syncs.file.push(sync(&kubeconfig, path_text(&record))),
            }
        }
        rest();
        syncs.restart.push(restart(&kubeconfig, &record));
    }
    syncs.print();
    let record = folder.path().join("latency.db");
    table::latency("memory", &latency::measure(&plane, "memory"));
    table::latency("file", &latency::measure(&plane, path_text(&record)));
    table::fsync(&latency::fsync(folder.path()));
}

#[derive(Default)]
struct Syncs {
    thrown_away: Vec<Usage>,
    memory: Vec<Usage>,
    file: Vec<Usage>,
    restart: Vec<Usage>,
}

impl Syncs {
    fn print(&self) {
        let floor = table::median(self.thrown_away.iter().map(|usage| usage.wall));
        table::sync("reader that throws it away", &self.thrown_away, floor);
        table::sync("kimager --record memory", &self.memory, floor);
        table::sync("kimager --record FILE", &self.file, floor);
        table::sync("restart on the file", &self.restart, floor);
    }
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("a path in Unicode")
}

/// Runs the program until its first list is whole.
fn sync(kubeconfig: &Path, record: &str) -> Usage {
    let began = Instant::now();
    let mut kimager = Kimager::start(kubeconfig, record, &[]);
    let ready = kimager.wait_ready();
    let usage = process::usage(kimager.pid(), ready.at - began);
    assert_eq!(kimager.terminate(), 0, "kimager ends well");
    usage
}

/// Runs the program on a record that is whole; it must have nothing to say.
fn restart(kubeconfig: &Path, record: &Path) -> Usage {
    let began = Instant::now();
    let mut kimager = Kimager::start(kubeconfig, path_text(record), &[]);
    let ready = kimager.wait_ready();
    let usage = process::usage(kimager.pid(), ready.at - began);
    assert_eq!(kimager.terminate(), 0, "kimager ends well");
    assert_eq!(kimager.stdout(), Vec::<String>::new(), "a restart says nothing new");
    usage
}

/// A pause for what is measured to come to rest, the server too, which tidies up after each list;
/// nothing depends on its length.
fn rest() {
    std::thread::sleep(Duration::from_secs(3));
}
