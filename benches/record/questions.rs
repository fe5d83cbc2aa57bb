//! How quickly a large record answers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use kimager::record::past::{Past as _, Span, Use};
use kimager::record::{RecordError, SqlitePast};

use super::{filled, table};

pub(crate) fn measure(folder: &Path) {
    let now = Timestamp::now();
    let path = std::env::var_os("KIMAGER_BENCH_RECORD").map_or_else(|| fill(folder, now), PathBuf::from);
    let record = path.to_str().expect("a path in Unicode");
    let repository = filled::repository(1234);
    for arguments in [
        ["at", "200d", "-o", "json"].as_slice(),
        &["at", "1d", "-o", "json"],
        &["diff", "100d", "1d", "-o", "json"],
        &["history", &repository, "-o", "json"],
        &["history", "--since", "1d", "-o", "json"],
    ] {
        run(arguments, record);
    }
    let month = Span { from: now - SignedDuration::from_hours(30 * 24), until: now };
    ask(&path, "what was used in the last 30 days", |past, take| past.uses(month, &[], take));
    ask(&path, "the last two versions of each container", |past, take| past.latest(2, take));
}

fn fill(folder: &Path, now: Timestamp) -> PathBuf {
    let path = folder.join("filled.db");
    let filling = Instant::now();
    let (bytes, steps) = filled::fill(&path, now);
    eprintln!("filled in {:.0} s", filling.elapsed().as_secs_f64());
    let uses = filled::uses();
    table::row(
        &format!("{uses} uses and twice the events, all distinct"),
        "600 MB",
        &table::megabytes(bytes),
    );
    table::row("a step of tidying on it", "a few ms", &table::spread(steps));
    path
}

/// The program as a whole; the median of five runs.
fn run(arguments: &[&str], record: &str) {
    let mut bytes = 0;
    let times = (0..5).map(|_| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kimager"));
        let began = Instant::now();
        let output = command.args(arguments).args(["--record", record]).output().expect("the program starts");
        let time = began.elapsed();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        bytes = output.stdout.len() as u64;
        time
    });
    let median = table::median(times.collect());
    let what = format!("`kimager {}` ({})", arguments.join(" "), table::megabytes(bytes));
    table::row(&what, "100 ms", &table::milliseconds(median));
}

type Take<'a> = &'a mut dyn FnMut(Use);

/// Each time on a connection of its own, as a program that is run for one answer; the median of five.
fn ask(path: &Path, what: &str, answer: impl Fn(&SqlitePast, Take<'_>) -> Result<(), RecordError>) {
    let mut count = 0;
    let times = (0..5).map(|_| {
        count = 0;
        let began = Instant::now();
        let past = SqlitePast::open(path).expect("the record");
        answer(&past, &mut |_| count += 1).expect("an answer");
        began.elapsed()
    });
    let median = table::median(times.collect());
    table::row(&format!("{what} ({count} rows)"), "100 ms", &table::milliseconds(median));
}
