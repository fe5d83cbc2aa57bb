//! How large a record becomes, how quickly it answers, and what it costs to keep it: on records made
//! by the real store, with questions put to the real program.
//! `make bench-record`; `KIMAGER_BENCH_PARTS` names some of the parts, `KIMAGER_BENCH_RECORD` a
//! record that the questions are to be asked of, instead of one that is filled first.
//!
//! All of a table comes from one run on one machine.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is run for")]

use std::path::Path;

mod filled;
mod jobs;
mod questions;
mod steps;
mod table;

/// Measures a part; records lie in the folder.
type Measure = fn(&Path);

/// The parts, in the order in which they are measured.
const PARTS: [(&str, Measure); 3] =
    [("questions", questions::measure), ("ci", jobs::measure_ci), ("cronjob", jobs::measure_cronjob)];

fn main() {
    let chosen = std::env::var("KIMAGER_BENCH_PARTS").unwrap_or_default();
    let folder = tempfile::tempdir().expect("a folder for records");
    table::heading();
    for (name, measure) in PARTS {
        if chosen.is_empty() || chosen.split(',').any(|one| one == name) {
            eprintln!("measuring: {name}");
            measure(folder.path());
        }
    }
}
