//! How many instructions the inner work of a watch takes, this revision beside another in one run:
//! valgrind counts, so neither the machine nor its load matters. `make bench-count BASE=main~5`;
//! without a base, the revision before.
//!
//! The base is built with the files of this folder, so both do the same work on the same pods.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is run for")]

use std::path::Path;

mod base;
mod pods;
mod valgrind;
mod work;

use work::JOBS;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, job, rounds] = &*arguments {
        work::run(job, rounds.parse().expect("a number of rounds"));
        return;
    }
    let this = std::env::current_exe().expect("this program");
    let revision = std::env::var("KIMAGER_BENCH_BASE").ok().filter(|revision| !revision.is_empty());
    let revision = revision.unwrap_or_else(|| "HEAD~1".to_owned());
    let base = base::build(&revision, &this);
    println!("| instructions for each | {} | this | ratio |", base.name);
    println!("|---|---|---|---|");
    for job in &JOBS {
        let [before, now] = [&*base.program, &*this].map(|program| each(program, job));
        println!("| {} | {before:.0} | {now:.0} | {:.3} |", job.name, now / before);
    }
}

/// The instructions that each unit of a job takes. One round warms up and another is counted, so
/// what comes before them falls out.
#[expect(clippy::cast_precision_loss, reason = "far from 2^53")]
fn each(program: &Path, job: &work::Job) -> f64 {
    let [once, twice] = ["1", "2"].map(|rounds| valgrind::count(program, &[job.name, rounds]));
    (twice - once) as f64 / job.units as f64
}
