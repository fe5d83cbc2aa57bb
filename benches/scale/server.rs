//! The simulated API server, in a process of its own, so that what it costs is not counted as
//! kimager's. It is told on standard input what is to happen.

use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kimager::inventory::ContainerKind;
use kimager::simulation::crowd::Crowd;
use kimager::simulation::pod::{Container, Pod, Template};
use kimager::simulation::server::{ServerOptions, serve};
use kimager::simulation::{Cluster, kubeconfig};

use super::process;

/// Set for a process that is to be the server; holds how many pods it is to have.
pub(crate) const AS_SERVER: &str = "KIMAGER_BENCH_SERVER";

/// Images of a cluster, however many pods.
const IMAGES: usize = 2_000;
const TICK: Duration = Duration::from_millis(5);
/// A pod with an image of its own comes with each so many ticks; its line tells how late it is.
const PROBE_EVERY: u32 = 10;
/// What stands before the time in the image of such a pod.
pub(crate) const PROBE: &str = "probe.example/sent:";

/// What is to happen for a while.
pub(crate) struct Churn {
    pub(crate) changes_a_second: u128,
    pub(crate) length: Duration,
    /// Whether in the middle of it the log is lost, so that who watches must list anew.
    pub(crate) loses_log: bool,
}

/// The server's process; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    tell: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
    kubeconfig: PathBuf,
}

impl Server {
    /// Starts a server of so many pods; its kubeconfig is written to `folder`.
    pub(crate) fn start(folder: &Path, pods: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .env(AS_SERVER, pods.to_string())
            // Else glibc gives back what each piece of a list was built in, only to ask for it again:
            // a third of the server's time.
            .env("MALLOC_TRIM_THRESHOLD_", "268435456")
            .env("MALLOC_MMAP_THRESHOLD_", "4194304")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let tell = child.stdin.take();
        let told = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let path = folder.join(format!("kubeconfig-{pods}"));
        let mut server = Self { child, tell, told, kubeconfig: path };
        let address = server.hear().parse().expect("an address");
        std::fs::write(&server.kubeconfig, kubeconfig(address, "bench")).expect("a kubeconfig");
        server
    }

    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Lets changes happen until they have; the numbers of the probes among them, and how many there
    /// were.
    pub(crate) fn churn(&mut self, churn: &Churn) -> (Range<usize>, usize) {
        let Churn { changes_a_second, length, loses_log } = churn;
        let mut tell = self.tell.as_ref().expect("the server is there");
        writeln!(tell, "{changes_a_second} {} {loses_log}", length.as_millis()).expect("the server listens");
        let answer = self.hear();
        let mut numbers = answer.split(' ').map(|text| text.parse().expect("a number"));
        let mut next = || numbers.next().expect("three numbers");
        (next()..next(), next())
    }

    /// What the server has used until now.
    pub(crate) fn cost(&self) -> String {
        let usage = process::usage(self.child.id(), Duration::ZERO);
        format!("the server used {:.1} s of CPU and {:.0} MiB", usage.cpu.as_secs_f64(), usage.peak_rss)
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).expect("the server answers");
        line.trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tell = None;
        let _ = self.child.wait();
    }
}

/// Serves so many pods, and does what is told, until standard input ends.
pub(crate) fn run(pods: usize) {
    let (cluster, mut crowd) = Cluster::with_pods(pods, IMAGES, Timestamp::now());
    let served = cluster.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            println!("{}", listener.local_addr().expect("its address"));
            let options = ServerOptions::default();
            serve(listener, served, options, std::future::pending()).await.expect("a server");
        });
    });
    let mut probes = 0;
    for line in std::io::stdin().lines() {
        let line = line.expect("words");
        let words: Vec<&str> = line.split(' ').collect();
        let [changes_a_second, length, loses_log] = &*words else { panic!("{line}") };
        let churn = Churn {
            changes_a_second: changes_a_second.parse().expect("a number"),
            length: Duration::from_millis(length.parse().expect("a number")),
            loses_log: *loses_log == "true",
        };
        let before = probes;
        let changes = change(&cluster, &mut crowd, &churn, &mut probes);
        println!("{before} {probes} {changes}");
    }
}

fn change(cluster: &Cluster, crowd: &mut Crowd, churn: &Churn, probes: &mut usize) -> usize {
    let (mut tick, mut done) = (0, 0);
    let mut loses_log = churn.loses_log;
    let began = Instant::now();
    while began.elapsed() < churn.length {
        tick += 1;
        std::thread::sleep((began + TICK * tick).saturating_duration_since(Instant::now()));
        let due = began.elapsed().as_millis() * churn.changes_a_second / 1_000;
        let changes = usize::try_from(due - done).expect("a small number");
        done = due;
        cluster.with(|store| {
            crowd.churn(store, changes);
            if tick % PROBE_EVERY == 0 {
                store.create(probe(*probes)).expect("a name of its own");
                *probes += 1;
            }
            if loses_log && began.elapsed() > churn.length / 2 {
                loses_log = false;
                store.forget();
            }
        });
    }
    usize::try_from(done).expect("a small number")
}

fn probe(number: usize) -> Pod {
    let now = Timestamp::now();
    let image = format!("{PROBE}{}", now.as_nanosecond());
    let template = Template {
        generate_name: String::new(),
        labels: Vec::new(),
        annotations: Vec::new(),
        owner: None,
        containers: vec![Container::new("app", ContainerKind::App, &image)],
    };
    let uid = u128::MAX - number as u128;
    Pod::new(&"bench".into(), format!("probe-{number}"), uid, now, &Arc::new(template))
}
