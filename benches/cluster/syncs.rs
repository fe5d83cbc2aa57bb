//! First syncs and restarts, beside a reader that throws the same stream away.

use std::path::Path;
use std::time::{Duration, Instant};

use super::cluster::kimager::Kimager;
use super::process::{self, Usage};
use super::reader;

/// What was used until in sync, for each round.
#[derive(Default)]
pub(crate) struct Syncs {
    pub(crate) thrown_away: Vec<Usage>,
    pub(crate) memory: Vec<Usage>,
    pub(crate) file: Vec<Usage>,
    pub(crate) restart: Vec<Usage>,
}

impl Syncs {
    /// Measures each in turn, so often; records lie in `folder`.
    pub(crate) fn measure(kubeconfig: &Path, folder: &Path, rounds: usize) -> Self {
        let mut syncs = Self::default();
        for round in 0..rounds {
            let record = folder.join(format!("sync-{round}.db"));
            let record = record.to_str().expect("a path in Unicode");
            // What comes after a list is slower than what comes first, as the server tidies up: so
            // each has each place in turn.
            for number in round..round + 3 {
                rest();
                match number % 3 {
                    0 => syncs.thrown_away.push(reader::measure(kubeconfig)),
                    1 => syncs.memory.push(sync(kubeconfig, "memory")),
                    _ => syncs.file.push(sync(kubeconfig, record)),
                }
            }
            syncs.restart.push(restart(kubeconfig, record));
            std::fs::remove_file(record).expect("the record");
        }
        syncs
    }

    /// Each with its name.
    pub(crate) fn each(&self) -> [(&'static str, &[Usage]); 4] {
        [
            ("reader that throws it away", &self.thrown_away),
            ("record in memory", &self.memory),
            ("record in a new file", &self.file),
            ("restart on the file", &self.restart),
        ]
    }
}

/// Runs the program until its first list is whole.
fn sync(kubeconfig: &Path, record: &str) -> Usage {
    let (usage, _) = run(kubeconfig, record);
    usage
}

/// Runs the program on a record that is whole; it must have nothing to say.
fn restart(kubeconfig: &Path, record: &str) -> Usage {
    let (usage, kimager) = run(kubeconfig, record);
    assert_eq!(kimager.stdout(), Vec::<String>::new(), "a restart says nothing new");
    usage
}

/// Runs the program until it is ready, and lets it come to rest.
fn run(kubeconfig: &Path, record: &str) -> (Usage, Kimager) {
    rest();
    let began = Instant::now();
    let mut kimager = Kimager::start(kubeconfig, record, &[]);
    let ready = kimager.wait_ready();
    let mut usage = process::usage(kimager.pid(), ready.at - began);
    rest();
    usage.rss = process::memory(kimager.pid(), "VmRSS:");
    assert_eq!(kimager.terminate(), 0, "kimager ends well");
    (usage, kimager)
}

/// A pause for what is measured to come to rest, the server too, which tidies up after each list;
/// nothing depends on its length.
pub(crate) fn rest() {
    std::thread::sleep(Duration::from_secs(2));
}
