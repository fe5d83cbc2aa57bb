//! The log is lost during a churn, and kimager must list all pods anew: how long do lines wait, and
//! what does it cost?

use std::path::Path;
use std::time::Duration;

use super::churn::{at_rest, follow};
use super::figures::Figures;
use super::server::{Churn, Server};
use super::table;

const PODS: usize = 150_000;
const CHURN: Churn = Churn { changes_a_second: 1_000, length: Duration::from_secs(20), loses_log: true };

/// What a list during a churn took.
pub(crate) struct Relisted {
    record: &'static str,
    /// The longest wait of a line.
    longest: Duration,
    /// The longest of the last quarter, when all is as before.
    afterwards: Duration,
    cpu: Duration,
    peak_before: f64,
    peak: f64,
}

pub(crate) fn measure(folder: &Path, figures: &mut Figures) {
    let mut server = Server::start(folder, PODS);
    let file = folder.join("relist.db");
    for (record, path) in [("memory", Path::new("memory")), ("file", &file)] {
        let path = path.to_str().expect("a path in Unicode");
        let mut kimager = at_rest(&server, path);
        let peak_before = super::process::memory(kimager.pid(), "VmHWM:");
        let (_, lags, usage) = follow(&mut server, &mut kimager, &CHURN);
        let is_told = kimager.complaints().iter().any(|line| line.contains("all pods anew"));
        assert!(is_told, "the log was lost, and a list told of it: {:?}", kimager.stderr());
        assert_eq!(kimager.terminate(), 0, "kimager ends well");
        figures.relisted.push(Relisted {
            record,
            longest: table::percentile(&lags, 100),
            afterwards: table::percentile(&lags[lags.len() / 4 * 3..], 100),
            cpu: usage.cpu,
            peak_before,
            peak: usage.peak_rss,
        });
    }
}

impl Relisted {
    pub(crate) fn print(&self) {
        let Self { record, longest, afterwards, cpu, peak_before, peak } = self;
        let what = format!("a list of {PODS} pods during 1000 changes a second, record in {record}");
        let seen = format!(
            "longest lag {}, {} afterwards; CPU {:.2} s in {:?}; peak RSS {peak:.1} MiB, {peak_before:.1} MiB before",
            table::milliseconds(*longest),
            table::milliseconds(*afterwards),
            cpu.as_secs_f64(),
            CHURN.length,
        );
        table::row(&what, "45 MiB", &seen);
    }
}
