//! One table of all figures.

use std::time::Duration;

pub(crate) fn heading() {
    println!("| | goal | seen |");
    println!("|---|---|---|");
}

pub(crate) fn row(what: &str, goal: &str, seen: &str) {
    println!("| {what} | {goal} | {seen} |");
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

pub(crate) fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

pub(crate) fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The middle one, the one that 99 of 100 do not exceed, and the highest.
pub(crate) fn spread(values: &[Duration]) -> String {
    let [p50, p99, longest] = [50, 99, 100].map(|percent| milliseconds(percentile(values, percent)));
    format!("p50 {p50}, p99 {p99}, longest {longest}")
}

/// The value that so many of a hundred do not exceed.
pub(crate) fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort();
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
