//! One table of all figures.

use std::time::Duration;

use super::process::Usage;
use super::syncs::Syncs;

pub(crate) fn heading(pods: usize, filling: Duration) {
    println!("\n{pods} pods, made in {:.0} s\n", filling.as_secs_f64());
    println!("| until in sync | time | of the reader's | CPU | peak RSS | at rest |");
    println!("|---|---|---|---|---|---|");
}

fn median(values: impl Iterator<Item = Duration>) -> Duration {
    let mut values: Vec<Duration> = values.collect();
    values.sort();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn syncs(syncs: &Syncs) {
    let floor = median(syncs.thrown_away.iter().map(|usage| usage.wall));
    for (who, usages) in syncs.each() {
        sync(who, usages, floor);
    }
}

fn sync(who: &str, usages: &[Usage], floor: Duration) {
    let wall = median(usages.iter().map(|usage| usage.wall));
    let mut walls: Vec<String> =
        usages.iter().map(|usage| format!("{:.2}", usage.wall.as_secs_f64())).collect();
    walls.sort();
    eprintln!("{who}: {} s", walls.join(", "));
    let cpu = median(usages.iter().map(|usage| usage.cpu));
    let peak = usages.iter().map(|usage| usage.peak_rss).fold(0.0, f64::max);
    let rss = usages.iter().map(|usage| usage.rss).fold(0.0, f64::max);
    println!(
        "| {who} | {:.2} s | {:.2} | {:.2} s | {peak:.1} MiB | {rss:.1} MiB |",
        wall.as_secs_f64(),
        wall.as_secs_f64() / floor.as_secs_f64(),
        cpu.as_secs_f64(),
    );
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

pub(crate) fn latency(record: &str, sorted: &[Duration]) {
    if record == "memory" {
        println!("\n| from an acknowledged create to its line, 50 a second | p50 | p99 | longest |");
        println!("|---|---|---|---|");
    }
    print_row(&format!("record: {record}"), sorted);
}

pub(crate) fn fsync(sorted: &[Duration]) {
    print_row("an fsync on the same disk", sorted);
}

fn print_row(what: &str, sorted: &[Duration]) {
    let [p50, p99, longest] = [50, 99, 100].map(|percent| percentile(sorted, percent));
    println!("| {what} | {p50:.2} ms | {p99:.2} ms | {longest:.2} ms |");
}
