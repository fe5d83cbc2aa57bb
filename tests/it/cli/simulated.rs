//! A simulated cluster, watched by the real program into a real record.

use std::future;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use kimager::inventory::ContainerKind;
use kimager::record::{Past as _, SqlitePast};
use kimager::simulation::pod::{Container, Phase, Pod, State, Template};
use kimager::simulation::server::{ServerOptions, serve};
use kimager::simulation::store::Store;
use kimager::simulation::{Cluster, kubeconfig};
use tokio::net::TcpListener;

use super::program;

/// Versions of a real API server are not small either.
const FIRST_VERSION: u64 = 1_000;
const HISTORY: usize = 1_000;

/// A cluster that is served until the test ends.
pub(super) struct Simulated {
    cluster: Cluster,
    folder: tempfile::TempDir,
    pods: u128,
}

impl Simulated {
    pub(super) fn new() -> Self {
        let cluster = Cluster::new(Store::new(FIRST_VERSION, HISTORY));
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("a socket of tokio's");
        let address = listener.local_addr().expect("it listens");
        let served = cluster.clone();
        // It ends with the tests.
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                serve(
                    listener,
                    served,
                    ServerOptions {
                        bookmark_interval: Duration::from_millis(10),
                        ..ServerOptions::default()
                    },
                    future::pending(),
                )
                .await
            })
        });
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("config"), kubeconfig(address, "sim")).expect("a kubeconfig");
        Self { cluster, folder, pods: 0 }
    }

    pub(super) fn record(&self) -> PathBuf {
        self.folder.path().join("record.db")
    }

    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Adds a pod, `NAMESPACE/NAME`, that runs an image; with a digest of this byte, if any.
    pub(super) fn create(&mut self, pod: &str, image: &str, digest: Option<u8>) {
        let (namespace, name) = pod.split_once('/').expect("NAMESPACE/NAME");
        self.pods += 1;
        let containers = vec![Container::new("main", ContainerKind::App, image)];
        let template = Arc::new(Template { containers, ..Template::default() });
        let now = Timestamp::now();
        let mut pod = Pod::new(&Arc::from(namespace), name, self.pods, now, &template);
        pod.phase = Phase::Running;
        pod.node = Some("node".into());
        for status in &mut pod.statuses {
            status.state = State::Running(now);
            status.container = Some(1);
            if let Some(byte) = digest {
                status.image_id =
                    format!("docker.io/library/x@sha256:{}", format!("{byte:02x}").repeat(32)).into();
            }
        }
        self.cluster.with(|store| store.create(pod)).expect("a new pod");
    }

    pub(super) fn delete(&self, pod: &str) {
        let (namespace, name) = pod.split_once('/').expect("NAMESPACE/NAME");
        self.cluster.with(|store| store.delete(namespace, name)).expect("the pod is there");
    }

    /// Waits until the record tells that now was seen, and gives the time. A watch that resumed sees
    /// from the first bookmark on; pods that use `image` come meanwhile, for a record is told what was
    /// seen with what happened.
    pub(super) fn seen(&mut self, image: &str) -> String {
        let now = Timestamp::now();
        let is_seen = |record: &Path| {
            let sight =
                SqlitePast::open(record).and_then(|past| past.sight()).expect("the record can be read");
            sight.seen.iter().any(|seen| now <= seen.until)
        };
        while !is_seen(&self.record()) {
            let pod = format!("tick/{}", self.pods);
            self.create(&pod, image, None);
            thread::sleep(Duration::from_millis(20));
        }
        now.to_string()
    }

    /// Forgets what happened, so that a watch can not resume.
    pub(super) fn forget(&self) {
        self.cluster.with(Store::forget);
    }

    /// Watches with the real program, until it is live.
    pub(super) fn watch(&self, flags: &[&str]) -> Watching {
        let mut child = program(["watch", "--kubeconfig"])
            .arg(self.kubeconfig())
            .arg("--record")
            .arg(self.record())
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut told = BufReader::new(child.stderr.take().expect("its standard error is a pipe")).lines();
        while !told.next().expect("it goes on").expect("it is text").contains("ready: ") {}
        // Nobody reads on, and nothing may block on that.
        thread::spawn(move || told.for_each(drop));
        let lines = BufReader::new(child.stdout.take().expect("its standard output is a pipe"));
        Watching { child, lines }
    }
}

/// The program while it watches.
pub(super) struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    /// Waits for a line that says this.
    pub(super) fn says(mut self, words: &str) -> Self {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let length = self.lines.read_line(&mut line).expect("it is text");
            assert!(length > 0, "it ended without saying {words}");
        }
        self
    }

    /// Ends it as Ctrl-C does.
    pub(super) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// A command line, in words, about a record.
pub(super) fn about(record: &Path, line: &str) -> Command {
    let mut command = program(line.split_whitespace());
    command.arg("--record").arg(record);
    command
}
