//! What the system says of this process, in `/proc`. Where that is absent, so is what it would say.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Linux counts the processor's time for programs in hundredths of a second on every machine that it
/// runs on today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Looks at each scrape.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let stat = read("/proc/self/stat");
        if let Some(seconds) = cpu_seconds(&stat) {
            let help = "Time that processors spent for this process.";
            put(&mut encoder, "process_cpu_seconds", help, &ConstCounter::new(seconds))?;
        }
        if let Some(bytes) = resident_bytes(&read("/proc/self/status")) {
            let help = "Memory of this process that is in the machine's own.";
            put(&mut encoder, "process_resident_memory_bytes", help, &ConstGauge::new(bytes))?;
        }
        if let Some(seconds) = start_time_seconds(&stat, &read("/proc/stat")) {
            let help = "When this process began, in seconds since 1970.";
            put(&mut encoder, "process_start_time_seconds", help, &ConstGauge::new(seconds))?;
        }
        if let Some(open) = open_files() {
            let help = "Files and connections that are open.";
            put(&mut encoder, "process_open_fds", help, &ConstGauge::new(open))?;
        }
        if let Some(most) = most_files(&read("/proc/self/limits")) {
            let help = "Files and connections that may be open.";
            put(&mut encoder, "process_max_fds", help, &ConstGauge::new(most))?;
        }
        Ok(())
    }
}

fn put(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

/// A field of `/proc/self/stat`, by its number in proc(5). The second may hold anything, in brackets.
fn field(stat: &str, number: usize) -> Option<f64> {
    let (_, after) = stat.rsplit_once(") ")?;
    after.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    let (user, system) = (field(stat, 14)?, field(stat, 15)?);
    Some((user + system) / TICKS_PER_SECOND)
}

fn start_time_seconds(stat: &str, system: &str) -> Option<f64> {
    let booted: f64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted + field(stat, 22)? / TICKS_PER_SECOND)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

fn open_files() -> Option<u64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the folder that was just read.
    u64::try_from(open).ok()?.checked_sub(1)
}

/// `None` also where there is no limit.
fn most_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{cpu_seconds, most_files, resident_bytes, start_time_seconds};

    #[test]
    fn what_the_system_says_is_read_whatever_the_program_is_called() {
        let stat = "7 (a) R (b)) S 1 7 7 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 4 0 12345 9000 800 18446744073709551615";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(start_time_seconds(stat, "cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_123.45));
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t   2048 kB\n"), Some(2048 * 1024));
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files    1024    524288    files\n";
        assert_eq!(most_files(limits), Some(1024));
    }

    #[test]
    fn what_it_does_not_say_is_left_out() {
        for text in ["", "7 (x", "7 (x) S 1", "VmRSS: many kB", "Max open files unlimited unlimited files"] {
            assert_eq!(cpu_seconds(text), None, "{text}");
            assert_eq!(start_time_seconds(text, "btime 1\n"), None, "{text}");
            assert_eq!(resident_bytes(text), None, "{text}");
            assert_eq!(most_files(text), None, "{text}");
        }
        assert_eq!(start_time_seconds("7 (x) S 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0", ""), None);
    }
}
