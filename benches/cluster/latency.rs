//! From a create that the API server acknowledged to the line about it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::cluster::control_plane::ControlPlane;
use super::cluster::kimager::{Kimager, PATIENCE};
use super::cluster::pods::Pod;

const CREATES: usize = 1_000;
const INTERVAL: Duration = Duration::from_millis(20);

/// The time from each acknowledgement to its line, at 50 creates a second, sorted. A line that came
/// before the acknowledgement took no time.
pub(crate) fn measure(plane: &ControlPlane, record: &str) -> Vec<Duration> {
    let mut kimager = Kimager::start(&plane.admin_kubeconfig(), record, &[]);
    kimager.wait_ready();
    super::syncs::rest();
    let namespace = super::fleet::namespace(0);
    let kind = if record == "memory" { "m" } else { "f" };
    let mut acknowledged = Vec::with_capacity(CREATES);
    let began = Instant::now();
    for number in 0..CREATES {
        let due = began + INTERVAL * u32::try_from(number).expect("a small number");
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let name = format!("latency-{kind}-{number}");
        plane
            .api()
            .create_pod(Pod::new(&namespace, &name).app("app", &format!("latency.example/{kind}:{number}")));
        acknowledged.push(Instant::now());
    }
    let last = format!("|latency-{kind}-{}]", CREATES - 1);
    kimager.wait_for_line(|line| line.ends_with(&last), PATIENCE);
    let lines = kimager.lines();
    let mut times: Vec<Duration> = acknowledged
        .iter()
        .enumerate()
        .map(|(number, acknowledged)| {
            let pod = format!("|latency-{kind}-{number}]");
            let line = lines.iter().find(|line| line.text.ends_with(&pod)).expect("a line for each pod");
            line.at.saturating_duration_since(*acknowledged)
        })
        .collect();
    assert_eq!(kimager.terminate(), 0, "kimager ends well");
    times.sort();
    times
}

/// The time of an fsync after a small write in `folder`, sorted.
pub(crate) fn fsync(folder: &Path) -> Vec<Duration> {
    let mut file = File::create(folder.join("fsync")).expect("a file");
    let mut times: Vec<Duration> = (0..500)
        .map(|_| {
            file.write_all(&[0; 4096]).expect("a write");
            let began = Instant::now();
            file.sync_data().expect("an fsync");
            began.elapsed()
        })
        .collect();
    times.sort();
    times
}
