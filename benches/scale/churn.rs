//! A cluster in which pods are replaced all the time: does the program keep up, and at what cost?

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::cluster::kimager::{Kimager, PATIENCE};
use super::figures::Figures;
use super::process::{self, Usage};
use super::server::{Churn, PROBE, Server};
use super::table;

/// Changes a second, and the goal for the CPU that they take.
const RATES: [(u128, &str); 2] = [(1_000, "5 %"), (8_000, "30 %")];
const LENGTH: Duration = Duration::from_secs(15);

/// How kimager followed a churn.
pub(crate) struct Followed {
    pub(crate) pods: usize,
    pub(crate) record: &'static str,
    pub(crate) changes_a_second: u128,
    changes: usize,
    /// In percent of a core.
    pub(crate) cpu: f64,
    /// From each probe to its line, in the order of the probes.
    lags: Vec<Duration>,
    peak_rss: f64,
}

/// The program, once all is listed and nothing is left to do.
pub(crate) fn at_rest(server: &Server, record: &str) -> Kimager {
    let kimager = Kimager::start(server.kubeconfig(), record, &[]);
    kimager.wait_ready();
    super::syncs::rest();
    kimager
}

pub(crate) fn measure(folder: &Path, figures: &mut Figures) {
    for pods in super::sizes() {
        let mut server = Server::start(folder, pods);
        let file = folder.join("churn.db");
        for (record, path) in [("memory", Path::new("memory")), ("file", &file)] {
            let path = path.to_str().expect("a path in Unicode");
            let mut kimager = at_rest(&server, path);
            for (changes_a_second, _) in RATES {
                let churn = Churn { changes_a_second, length: LENGTH, loses_log: false };
                let (changes, lags, usage) = follow(&mut server, &mut kimager, &churn);
                figures.followed.push(Followed {
                    pods,
                    record,
                    changes_a_second,
                    changes,
                    cpu: usage.cpu.as_secs_f64() / usage.wall.as_secs_f64() * 100.0,
                    lags,
                    peak_rss: usage.peak_rss,
                });
            }
            assert_eq!(kimager.terminate(), 0, "kimager ends well");
        }
        let _ = std::fs::remove_file(file);
        eprintln!("{pods} pods: {}", server.cost());
    }
}

/// Lets changes happen. How many happened, from each probe to its line, and what was used meanwhile.
pub(crate) fn follow(
    server: &mut Server,
    kimager: &mut Kimager,
    churn: &Churn,
) -> (usize, Vec<Duration>, Usage) {
    let before = process::usage(kimager.pid(), Duration::ZERO);
    let began = Instant::now();
    let (probes, changes) = server.churn(churn);
    let after = process::usage(kimager.pid(), began.elapsed());
    let last = format!("[bench|probe-{}]", probes.end - 1);
    kimager.wait_for_line(|line| line.ends_with(&last), PATIENCE);
    let lags = lags(kimager, &probes);
    (changes, lags, Usage { cpu: after.cpu.saturating_sub(before.cpu), ..after })
}

/// From each probe, whose image tells when it was sent, to its line.
fn lags(kimager: &Kimager, probes: &Range<usize>) -> Vec<Duration> {
    let (now, clock) = (Instant::now(), Timestamp::now().as_nanosecond());
    let mut lags = vec![None; probes.len()];
    for line in kimager.lines() {
        let Some((_, probe)) = line.text.split_once(PROBE) else { continue };
        let Some((sent, number)) = probe.split_once("  [bench|probe-") else { continue };
        let number: usize = number.trim_end_matches(']').parse().expect("a number");
        let sent: i128 = sent.parse().expect("a time");
        if probes.contains(&number) {
            let age = u64::try_from(clock - sent).expect("the clock goes on");
            let said = now.saturating_duration_since(line.at);
            lags[number - probes.start].get_or_insert(Duration::from_nanos(age).saturating_sub(said));
        }
    }
    lags.into_iter().map(|lag| lag.expect("a line for each probe")).collect()
}

impl Followed {
    /// The lag that 99 of 100 lines do not exceed.
    pub(crate) fn p99(&self) -> Duration {
        table::percentile(&self.lags, 99)
    }

    pub(crate) fn print(&self) {
        let Self { pods, record, changes_a_second, changes, cpu, lags, peak_rss } = self;
        let [p50, p99, longest] = [50, 99, 100].map(|percent| table::percentile(lags, percent));
        let later = table::percentile(&lags[lags.len() / 2..], 99);
        let [p50, p99, longest, later] = [p50, p99, longest, later].map(table::milliseconds);
        println!(
            "| {pods} | {record} | {changes_a_second} | {changes} | {cpu:.1} % | {p50} | {p99} | {longest} | {later} \
             | {peak_rss:.1} MiB |"
        );
    }

    pub(crate) fn print_goals(&self) {
        let Self { pods, record, changes_a_second, cpu, .. } = self;
        let goal = RATES.iter().find_map(|(rate, goal)| (rate == changes_a_second).then_some(*goal));
        let what = format!("{changes_a_second} changes a second, {pods} pods, record in {record}");
        table::row(&format!("{what}: CPU"), goal.unwrap_or_default(), &format!("{cpu:.1} %"));
        table::row(&format!("{what}: lag, p99"), "50 ms", &table::milliseconds(self.p99()));
    }
}
