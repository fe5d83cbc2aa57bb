//! What a process used, as Linux tells it.

use std::fs;
use std::time::Duration;

/// Clock ticks a second in `/proc`: fixed in Linux' interface.
const TICKS: f64 = 100.0;

/// What a process used until a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// In MiB.
    pub(crate) peak_rss: f64,
    /// In MiB, at that moment, or once it has come to rest.
    pub(crate) rss: f64,
}

/// What the process `pid` has used, `wall` after its start.
pub(crate) fn usage(pid: u32, wall: Duration) -> Usage {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    let (_, fields) = stat.rsplit_once(')').expect("the name stands in brackets");
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    let cpu = Duration::from_secs_f64(ticks / TICKS);
    Usage { wall, cpu, peak_rss: memory(pid, "VmHWM:"), rss: memory(pid, "VmRSS:") }
}

/// A field of `/proc/PID/status`, in MiB.
pub(crate) fn memory(pid: u32, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let value = status.lines().find_map(|line| line.strip_prefix(field)).expect("Linux tells it");
    let kib: f64 = value.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kib / 1024.0
}
