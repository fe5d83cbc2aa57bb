//! A thousand pod changes a second for a minute, on top of 30,000 pods: does the program keep up?

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kimager::inventory::ContainerKind;
use kimager::simulation::pod::{Container, Pod, Template};

use super::program::{Kimager, serve_pods, usage};
use super::table;

const PODS: usize = 30_000;
const CHANGES_A_SECOND: u128 = 1_000;
const LENGTH: Duration = Duration::from_mins(1);
const TICK: Duration = Duration::from_millis(5);
/// A pod with an image of its own comes with each so many ticks; its line tells how late it is.
const PROBE_EVERY: u32 = 10;
const PARTS: u32 = 6;

pub(crate) fn measure(folder: &Path) {
    let (cluster, mut crowd, kubeconfig) = serve_pods(folder, PODS);
    let record = folder.join("churn.db");
    let mut kimager = Kimager::start(&kubeconfig, record.to_str().expect("a path in Unicode"), &[]);
    let ready = kimager.wait_ready();
    let peak = usage::usage(kimager.pid(), Duration::ZERO).peak_rss;
    table::row("peak RSS after a first sync of 30,000 pods", "28 MiB", &format!("{peak:.1} MiB"));

    let mut probes = Vec::new();
    let (mut tick, mut done) = (0, 0);
    let began = Instant::now().max(ready.at);
    while began.elapsed() < LENGTH {
        tick += 1;
        std::thread::sleep((began + TICK * tick).saturating_duration_since(Instant::now()));
        let due = began.elapsed().as_millis() * CHANGES_A_SECOND / 1000;
        let changes = usize::try_from(due - done).expect("a small number");
        done = due;
        let probe = (tick % PROBE_EVERY == 0).then(|| probe(probes.len()));
        cluster.with(|store| {
            crowd.churn(store, changes);
            if let Some(probe) = probe {
                probes.push(Instant::now());
                store.create(probe).expect("a name of its own");
            }
        });
    }
    let last = format!("[bench|probe-{}]", probes.len() - 1);
    kimager.wait_for_line(|line| line.ends_with(&last), Duration::from_mins(1));
    let peak = usage::usage(kimager.pid(), Duration::ZERO).peak_rss;
    let lags = lags(&kimager, &probes);
    assert_eq!(kimager.terminate(), 0, "kimager ends well");

    let part = LENGTH / PARTS;
    for number in 0..PARTS {
        let times = probes.iter().zip(&lags).filter(|(at, _)| {
            let since = at.saturating_duration_since(began);
            since >= part * number && since < part * (number + 1)
        });
        let lags = times.map(|(_, lag)| *lag).collect();
        let what = format!(
            "{CHANGES_A_SECOND} changes a second, from {:?} to {:?}: lag",
            part * number,
            part * (number + 1)
        );
        table::row(&what, "does not grow", &table::spread(lags));
    }
    table::row("peak RSS throughout", "28 MiB", &format!("{peak:.1} MiB"));
}

fn probe(number: usize) -> Pod {
    let template = Template {
        generate_name: String::new(),
        labels: Vec::new(),
        annotations: Vec::new(),
        owner: None,
        containers: vec![Container::new("app", ContainerKind::App, &format!("probe.example/image:{number}"))],
    };
    let uid = u128::MAX - number as u128;
    Pod::new(&"bench".into(), format!("probe-{number}"), uid, Timestamp::now(), &Arc::new(template))
}

/// From each probe to its line.
fn lags(kimager: &Kimager, probes: &[Instant]) -> Vec<Duration> {
    let lines = kimager.lines();
    let mut lags = vec![None; probes.len()];
    for line in lines {
        let number = line
            .text
            .rsplit_once("[bench|probe-")
            .and_then(|(_, end)| end.trim_end_matches(']').parse().ok());
        if let Some(number) = number.filter(|number: &usize| *number < probes.len()) {
            lags[number].get_or_insert(line.at.saturating_duration_since(probes[number]));
        }
    }
    lags.into_iter().map(|lag| lag.expect("a line for each probe")).collect()
}
