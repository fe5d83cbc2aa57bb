//! A cluster with a history that is known, watched by recorders that die: what they stored and said
//! can be compared with what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Type;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::bench::{Out, SIGNALS};
use crate::inventory::{Cause, Container, ContainerKind, Pod, PodEvent, Scope, ScopeId, Uid};
use crate::lines::{Levels, Lines, Output as Form};
use crate::record::past::Seen;
use crate::record::{
    Batch, Entry, Identity, Limits, NewStart, Opened, RecordError, Restore, SqliteStore, Store,
};
use crate::recorder::{Ended, RecorderError, Restored, stamp};
use crate::watch::{Output, Signal};

mod audits;

const SCOPE: ScopeId = ScopeId(0);

/// At which commit of a life its process dies, if at any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// Not yet.
    None,
    /// Before the commit of this number.
    Before(u64),
    /// After it, before anybody learns of it.
    After(u64),
}

/// A store that ends with its process.
struct Mortal {
    inner: Box<SqliteStore>,
    death: Death,
    commits: Arc<AtomicU64>,
    is_dead: bool,
}

impl Store for Mortal {
    fn restore(&mut self, into: &mut dyn Restore) -> Result<Opened, RecordError> {
        self.inner.restore(into)
    }

    fn seen(&self) -> Result<Vec<Seen>, RecordError> {
        self.inner.seen()
    }

    fn begin(&mut self, start: &NewStart) -> Result<u64, RecordError> {
        self.inner.begin(start)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), RecordError> {
        let commit = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        self.is_dead |= self.death == Death::Before(commit);
        if !self.is_dead {
            self.inner.commit(batch)?;
            self.is_dead |= self.death == Death::After(commit);
        }
        if !self.is_dead {
            return Ok(());
        }
        // What a damaged file says ends a recorder at once, before it says a word.
        let cause = rusqlite::Error::InvalidColumnType(0, String::new(), Type::Null);
        Err(RecordError::Commit { path: PathBuf::new(), cause })
    }

    fn unsaid(&mut self, after: u64, limit: usize) -> Result<Vec<Entry>, RecordError> {
        self.inner.unsaid(after, limit)
    }

    fn tidy(&mut self, now: Timestamp, limits: &Limits) -> Result<bool, RecordError> {
        self.inner.tidy(now, limits)
    }

    fn close(self: Box<Self>) -> Result<(), RecordError> {
        self.inner.close()
    }
}

/// What the cluster logs under a version.
#[derive(Clone, Debug)]
enum Logged {
    Is(Pod),
    Gone(Pod),
    /// Something that is no pod.
    Other,
}

/// A process that records.
struct Life {
    signals: Sender<Signal>,
    recorder: JoinHandle<Result<Ended, RecorderError>>,
    out: Out,
    /// The last version that it was told, to resume from.
    version: Option<usize>,
    is_connected: bool,
    was_listed: bool,
    /// What the audit under way has not shown yet.
    unshown: Option<Vec<Pod>>,
}

fn image_of(pod: &Pod) -> String {
    format!("docker.io/library/{}:latest", pod.containers[0].image)
}

/// The cluster, its history, and who records it.
pub(super) struct World {
    folder: TempDir,
    /// Milliseconds since 1970.
    clock: Arc<AtomicI64>,
    pods: BTreeMap<String, Pod>,
    lives: u64,
    /// Everything that happened; a version is a place in it.
    log: Vec<Logged>,
    /// The pods of each version.
    states: Vec<BTreeMap<String, Pod>>,
    /// The images in use from each moment on.
    truth: Vec<(Timestamp, BTreeSet<String>)>,
    life: Option<Life>,
    /// How long images linger, in milliseconds.
    linger: i64,
    /// JSON lines of all lives, by their ids.
    said: Mutex<BTreeMap<(u64, u64), Value>>,
}

impl World {
    /// A cluster without pods, whose recorders let images linger for so many milliseconds.
    pub(super) fn lingering(linger: i64) -> Self {
        Self {
            linger,
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(AtomicI64::new(1_700_000_000_000)),
            pods: BTreeMap::new(),
            lives: 0,
            log: Vec::new(),
            states: vec![BTreeMap::new()],
            truth: vec![(Timestamp::UNIX_EPOCH, BTreeSet::new())],
            life: None,
            said: Mutex::default(),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("record.db")
    }

    pub(super) fn truth(&self) -> &[(Timestamp, BTreeSet<String>)] {
        &self.truth
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(Ordering::Relaxed)).unwrap()
    }

    /// Time passes.
    pub(super) fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
        stamp::TOLD.set(Some(self.now()));
    }

    /// A pod comes, or changes its image.
    pub(super) async fn put(&mut self, name: &str, image: &str, digest: Option<char>) {
        let uid = match self.pods.get(name) {
            Some(pod) => pod.uid,
            None => Uid((u128::try_from(self.log.len()).unwrap() + 1).to_be_bytes()),
        };
        let is_new_image = self.pods.get(name).is_none_or(|pod| *pod.containers[0].image != *image);
        let digest = digest.filter(|_| !is_new_image);
        let pod = Pod { uid, ..Self::pod(name, image, digest) };
        self.pods.insert(name.to_owned(), pod.clone());
        self.happen(Logged::Is(pod)).await;
    }

    fn pod(name: &str, image: &str, digest: Option<char>) -> Pod {
        let image_id =
            digest.map_or(String::new(), |c| format!("{image}@sha256:{}", String::from(c).repeat(64)));
        let container = Container {
            name: "main".into(),
            kind: ContainerKind::App,
            image: image.into(),
            image_id: image_id.into(),
            container_id: digest.map_or(String::new(), |c| format!("containerd://{c}")).into(),
        };
        Pod {
            namespace: "shop".into(),
            name: name.into(),
            uid: Uid([0; 16]),
            active: true,
            workload: format!("Deployment/{name}").into(),
            containers: vec![container],
        }
    }

    /// A pod goes.
    pub(super) async fn delete(&mut self, name: &str) {
        if let Some(pod) = self.pods.remove(name) {
            self.happen(Logged::Gone(pod)).await;
        }
    }

    async fn happen(&mut self, logged: Logged) {
        self.pass(1000);
        self.truth.push((self.now(), self.pods.values().map(image_of).collect()));
        self.log.push(logged.clone());
        self.states.push(self.pods.clone());
        if self.life.as_ref().is_some_and(|life| life.is_connected) {
            self.deliver(&logged, self.log.len()).await;
        }
    }

    async fn deliver(&mut self, logged: &Logged, version: usize) {
        let event = match logged.clone() {
            Logged::Is(pod) => Some(PodEvent::Apply(SCOPE, pod)),
            Logged::Gone(Pod { namespace, name, uid, .. }) => {
                Some(PodEvent::Delete { scope: SCOPE, namespace, name, uid })
            }
            Logged::Other => None,
        };
        if let Some(event) = event {
            self.tell(Output::Pod(event)).await;
        }
        self.reach(version).await;
    }

    async fn reach(&mut self, version: usize) {
        self.tell(Output::Version(Some(version.to_string().into()))).await;
        if let Some(life) = &mut self.life {
            life.version = Some(version);
        }
    }

    /// Tells the recorder something, and waits until it has taken it in.
    async fn tell(&self, output: Output) {
        let Some(life) = &self.life else { return };
        stamp::TOLD.set(Some(self.now()));
        // A recorder that gave up takes nothing; whoever kills it sees to that.
        let _ = life.signals.send(Signal { scope: SCOPE, output, came: Instant::now() }).await;
        while life.signals.capacity() < SIGNALS && !life.signals.is_closed() {
            tokio::task::yield_now().await;
        }
    }

    /// A process begins to record; it is not connected yet.
    pub(super) async fn start(&mut self, death: Death) {
        assert!(self.life.is_none());
        self.pass(1000);
        self.lives += 1;
        let store =
            Mortal { inner: open(&self.path()).await, death, commits: Arc::default(), is_dead: false };
        let mut restored = Restored::open(Box::new(store), false).unwrap();
        restored.set_linger(Duration::from_millis(self.linger.unsigned_abs()));
        let (scope, version) = restored.scope(&Scope::default());
        let out = Out::default();
        let lines = Lines::new(Form::Json, &Levels::parse("info").unwrap(), "test".into());
        let (signals, receiver) = channel(SIGNALS);
        let output = Box::new(out.clone());
        let recorder = tokio::spawn(async move {
            let recorder = restored.begin_on(output, &[(scope, Scope::default())], lines).await?;
            recorder.run(Vec::new(), receiver).await
        });
        let version = version.map(|version| version.parse().unwrap());
        let (is_connected, was_listed, unshown) = (false, false, None);
        self.life = Some(Life { signals, recorder, out, version, is_connected, was_listed, unshown });
    }

    pub(super) fn is_alive(&self) -> bool {
        self.life.as_ref().is_some_and(|life| !life.recorder.is_finished())
    }

    pub(super) fn is_connected(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.is_connected)
    }

    /// The connection breaks.
    pub(super) async fn lose(&mut self) {
        if self.is_connected() {
            self.pass(1000);
            self.break_audit().await;
            self.tell(Output::Lost).await;
            if let Some(life) = &mut self.life {
                life.is_connected = false;
            }
        }
    }

    /// The watch is resumed where that is possible, or else begins anew with a list.
    pub(super) async fn connect(&mut self, may_resume: bool) {
        self.reach_again(may_resume, None).await;
    }

    /// The watch is resumed, and an audit shows so many pods before all that happened unseen is known to
    /// have been told.
    pub(super) async fn resume_audited(&mut self, pods: usize) {
        self.reach_again(true, Some(pods)).await;
    }

    async fn reach_again(&mut self, may_resume: bool, audited: Option<usize>) {
        let Some(life) = self.life.as_ref().filter(|life| !life.is_connected) else { return };
        let version = life.version.filter(|_| may_resume);
        self.pass(1000);
        match version {
            Some(version) => {
                let missed: Vec<_> = self.log.iter().cloned().enumerate().skip(version).collect();
                self.tell(Output::Live).await;
                for (at, logged) in missed {
                    self.deliver(&logged, at + 1).await;
                }
            }
            None => self.list(usize::MAX).await,
        }
        if let Some(life) = &mut self.life {
            life.is_connected = true;
        }
        if let Some(pods) = audited {
            self.begin_audit().await;
            self.audit(pods).await;
        }
        self.tell(Output::InSight).await;
    }

    /// A list that breaks off after some pods; only another list can follow.
    pub(super) async fn break_off(&mut self, pods: usize) {
        if self.life.is_some() && !self.is_connected() {
            self.pass(1000);
            self.tell(Output::Version(None)).await;
            if let Some(life) = &mut self.life {
                life.version = None;
            }
            self.list(pods).await;
            self.tell(Output::Pod(PodEvent::InitBroken(SCOPE))).await;
        }
    }

    async fn list(&mut self, most: usize) {
        let Some(life) = &mut self.life else { return };
        let cause = if std::mem::replace(&mut life.was_listed, true) { Cause::Relist } else { Cause::Start };
        self.tell(Output::Pod(PodEvent::Init(SCOPE, cause))).await;
        let pods: Vec<Pod> = self.pods.values().take(most).cloned().collect();
        for pod in pods {
            self.tell(Output::Pod(PodEvent::Apply(SCOPE, pod))).await;
        }
        if most == usize::MAX {
            self.tell(Output::Pod(PodEvent::InitDone { scope: SCOPE, sweep: true })).await;
            self.reach(self.log.len()).await;
            self.tell(Output::Live).await;
        }
    }

    /// The process sees how all ended, also what was kept back, and that what lingered is over, and is
    /// told to stop.
    pub(super) async fn end(&mut self) {
        self.connect(true).await;
        self.audit_all().await;
        self.pass(self.linger + 1000);
        self.tell(Output::Live).await;
        self.stop().await;
    }

    /// The process ends without a word.
    pub(super) async fn kill(&mut self) {
        if let Some(life) = self.life.take() {
            life.recorder.abort();
            let _ = life.recorder.await;
            self.hear(&life.out);
        }
    }

    /// The process is told to stop, and does; one that is dead is buried.
    pub(super) async fn stop(&mut self) {
        if let Some(Life { signals, recorder, out, .. }) = self.life.take() {
            drop(signals);
            let _ = recorder.await.unwrap();
            self.hear(&out);
        }
    }

    fn hear(&self, out: &Out) {
        let mut said = self.said.lock().unwrap();
        for line in out.text().lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            let lingered = event["event"] == "removed" && self.linger > 0;
            assert_eq!(event.get("last_used").is_some(), lingered, "{event}");
            let id = event["id"].as_str().unwrap().to_owned();
            let mut parts = id.split('.').skip(1).map(|part| part.parse::<u64>().unwrap());
            let id = (parts.next().unwrap(), parts.next().unwrap());
            // What is said again is said with the same id.
            let before = said.insert(id, event.clone());
            assert!(before.is_none_or(|before| before == event), "{event}");
        }
    }

    /// What the lines of all lives say, in the order of their ids.
    pub(super) fn lines(&self) -> Vec<(String, String)> {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let said = self.said.lock().unwrap();
        said.values().map(|event| (word(&event["event"]), word(&event["image"]["reference"]))).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        stamp::TOLD.set(None);
    }
}

/// Opens the record, once the thread of the process before has let go of it.
async fn open(path: &Path) -> Box<SqliteStore> {
    let identity = Identity { cluster: "test".to_owned(), server: "here".to_owned() };
    loop {
        match SqliteStore::create_or_open(path, &identity) {
            Ok(store) => return Box::new(store),
            Err(RecordError::Locked { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}
