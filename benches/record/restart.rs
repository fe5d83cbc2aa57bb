//! A first sync into a new file, and a restart on it.

use std::path::Path;
use std::time::Instant;

use super::program::{Kimager, serve_pods, usage};
use super::table;

/// Each figure is the median of so many.
const ROUNDS: usize = 5;

pub(crate) fn measure(folder: &Path) {
    for (pods, goal) in [(30_000, "0.25 s"), (150_000, "1 s")] {
        let (_cluster, _crowd, kubeconfig) = serve_pods(folder, pods);
        let [mut memory, mut first, mut again] = [const { Vec::new() }; 3];
        let mut peaks = [0.0_f64; 3];
        for round in 0..ROUNDS {
            let record = folder.join(format!("restart-{pods}-{round}.db"));
            let record = record.to_str().expect("a path in Unicode");
            let runs = [("memory", &mut memory), (record, &mut first), (record, &mut again)];
            for ((record, times), peak) in runs.into_iter().zip(&mut peaks) {
                let began = Instant::now();
                let mut kimager = Kimager::start(&kubeconfig, record, &[]);
                let ready = kimager.wait_ready();
                let usage = usage::usage(kimager.pid(), ready.at - began);
                assert_eq!(kimager.terminate(), 0, "kimager ends well");
                times.push(usage);
                *peak = peak.max(usage.peak_rss);
            }
        }
        let median = |usages: &[usage::Usage]| {
            let wall = table::median(usages.iter().map(|usage| usage.wall).collect());
            let cpu = table::median(usages.iter().map(|usage| usage.cpu).collect());
            (wall, cpu)
        };
        for (what, goal, usages, peak) in [
            ("first sync, record in memory", "", &memory, peaks[0]),
            ("first sync, record in a new file", "", &first, peaks[1]),
            ("restart until ready", goal, &again, peaks[2]),
        ] {
            let (wall, cpu) = median(usages);
            let seen = format!(
                "{:.2} s, CPU {:.2} s, peak RSS {peak:.1} MiB",
                wall.as_secs_f64(),
                cpu.as_secs_f64()
            );
            table::row(&format!("{pods} pods: {what}"), goal, &seen);
        }
    }
}
