//! The real watch at work, and its signals in few words.

use std::time::Duration;

use kimager::connect::Cluster;
use kimager::inventory::{PodEvent, Scope, ScopeId};
use kimager::watch::wire::PodReader;
use kimager::watch::{AUDIT_EVERY, Notice, Output, Signal, Watch};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(super) struct Watched {
    signals: Receiver<Signal>,
    watch: JoinHandle<()>,
    /// The text of the last notice.
    pub(super) notice: String,
}

impl Watched {
    pub(super) fn new(cluster: Cluster, version: Option<&str>) -> Self {
        Self::with_room(cluster, version, 64)
    }

    /// A watch whose receiver lets `room` signals wait.
    pub(super) fn with_room(cluster: Cluster, version: Option<&str>, room: usize) -> Self {
        let (sender, signals) = channel(room);
        let scope = Scope::default();
        let (version, reader) = (version.map(Into::into), PodReader::default());
        let watch =
            Watch { cluster, scope, id: ScopeId(0), version, reader, audit_every: AUDIT_EVERY, seed: 7 };
        let watch = tokio::spawn(async move { watch.run(&sender).await });
        Self { signals, watch, notice: String::new() }
    }

    pub(super) async fn next(&mut self) -> String {
        let signal = in_time(self.signals.recv()).await.expect("the watch has ended");
        self.words(signal.output)
    }

    /// The next signals must be these, each after a comma.
    #[track_caller]
    pub(super) fn expect(&mut self, expected: &str) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let mut came = Vec::new();
            for _ in expected.split(", ") {
                came.push(self.next().await);
            }
            assert_eq!(came.join(", "), expected, "at {at}; {}", self.notice);
        }
    }

    /// What has come and was not read.
    pub(super) fn waiting(&mut self) -> Vec<String> {
        let mut came = Vec::new();
        while let Ok(signal) = self.signals.try_recv() {
            came.push(self.words(signal.output));
        }
        came
    }

    /// Nobody listens any more: the watch must end.
    pub(super) async fn stop_listening(mut self) {
        self.signals.close();
        (&mut self.watch).await.expect("no panic");
    }

    fn words(&mut self, output: Output) -> String {
        match output {
            Output::Pod(PodEvent::Init(_, cause)) => format!("init {cause:?}"),
            Output::Pod(PodEvent::Audit(_)) => "audit".to_owned(),
            Output::Pod(PodEvent::Audited(_, pod)) => format!("audited {}", pod.name),
            Output::Pod(PodEvent::Apply(_, pod)) => format!("apply {}", pod.name),
            Output::Pod(PodEvent::Keep { name, .. }) => format!("keep {name}"),
            Output::Pod(PodEvent::Delete { name, .. }) => format!("delete {name}"),
            Output::Pod(PodEvent::InitDone { sweep: true, .. }) => "done".to_owned(),
            Output::Pod(PodEvent::InitDone { sweep: false, .. }) => "done without sweep".to_owned(),
            Output::Pod(PodEvent::InitBroken(_)) => "broken".to_owned(),
            Output::Version(version) => format!("version {}", version.as_deref().unwrap_or("none")),
            Output::Lost => "lost".to_owned(),
            Output::InSight => "in sight".to_owned(),
            Output::Live => "live".to_owned(),
            Output::Elsewhere => "elsewhere".to_owned(),
            Output::Unreadable => "unread".to_owned(),
            Output::Notice(notice) => {
                self.notice = notice.to_string();
                match notice {
                    Notice::Trouble(trouble) => format!("trouble {:?}", trouble.kind),
                    Notice::Recovered { .. } => "recovered".to_owned(),
                    Notice::Relist(why) => format!("relist {why:?}"),
                    Notice::NoWatchList { .. } => "no watchlist".to_owned(),
                    Notice::NoListRight => "no list right".to_owned(),
                    Notice::NoAudit { .. } => "no audit".to_owned(),
                    Notice::Unreadable { .. } | Notice::ManyUnreadable => "unreadable".to_owned(),
                }
            }
        }
    }
}

/// Waits, but on a paused clock not for ever.
pub(super) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    timeout(Duration::from_hours(10), work).await.expect("nothing came in ten hours")
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
