//! How quickly a large record answers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use jiff::Timestamp;

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
        &["keep", "--within", "30d"],
        &["keep", "--within", "1d", "--versions", "2"],
    ] {
        run(arguments, record);
    }
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
    table::row("a step of tidying on it", "a few ms", &table::spread(&steps));
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
