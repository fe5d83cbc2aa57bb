//! A recorder with a store that tells of its batches and an output that tells of its lines.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex as Gate;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::inventory::census::CensusLimits;
use crate::inventory::{Cause, Container, ContainerKind, Pod, PodEvent, Scope, ScopeId, Uid};
use crate::lines::{Levels, Lines, Output as Form};
use crate::record::past::Seen;
use crate::record::{Batch, Entry, Limits, MemoryStore, NewStart, Opened, RecordError, Restore, Store};
use crate::recorder::{Ended, Figures, RecorderError, Restored};
use crate::watch::{Output, Signal};

/// The signals that wait for the recorder, at most.
pub(super) const SIGNALS: usize = 16;

/// A recorder at work.
pub(super) struct Bench {
    signals: Option<Sender<Signal>>,
    /// Batches as the store has taken them in.
    pub(super) batches: UnboundedReceiver<Batch>,
    pub(super) out: Out,
    pub(super) figures: Figures,
    recorder: JoinHandle<Result<Ended, RecorderError>>,
}

/// What a test's store does, and knows from before.
#[derive(Default)]
pub(super) struct Spy {
    /// Until when the record saw all namespaces, and the namespace `a`.
    pub(super) last_seen: Option<Timestamp>,
    /// Held by a test while no commit may come to its end.
    pub(super) gate: Arc<Gate<()>>,
    pub(super) is_full: bool,
    /// Refuses commits for as long as a test wants.
    pub(super) refuses: Arc<AtomicBool>,
    pub(super) told: Option<UnboundedSender<Batch>>,
}

impl Store for Spy {
    fn restore(&mut self, into: &mut dyn Restore) -> Result<Opened, RecordError> {
        let scopes = ["all namespaces", "namespace a"];
        let last_seen =
            scopes.into_iter().filter_map(|scope| Some((scope.into(), self.last_seen?))).collect();
        MemoryStore.restore(into).map(|opened| Opened { last_seen, ..opened })
    }

    fn seen(&self) -> Result<Vec<Seen>, RecordError> {
        MemoryStore.seen()
    }

    fn begin(&mut self, start: &NewStart) -> Result<u64, RecordError> {
        MemoryStore.begin(start)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), RecordError> {
        if self.is_full || self.refuses.load(Ordering::Relaxed) {
            let cause = rusqlite::Error::InvalidQuery;
            return Err(RecordError::Commit { path: PathBuf::from("full"), cause });
        }
        drop(self.gate.blocking_lock());
        if let Some(told) = &self.told {
            let _ = told.send(batch.clone());
        }
        Ok(())
    }

    fn unsaid(&mut self, _after: u64, _limit: usize) -> Result<Vec<Entry>, RecordError> {
        Ok(Vec::new())
    }

    fn tidy(&mut self, _now: Timestamp, _limits: &Limits) -> Result<bool, RecordError> {
        Ok(false)
    }

    fn close(self: Box<Self>) -> Result<(), RecordError> {
        Ok(())
    }
}

/// An output that a test reads, or breaks.
#[derive(Clone, Default)]
pub(super) struct Out(Arc<Mutex<Sink>>);

#[derive(Default)]
struct Sink {
    text: Vec<u8>,
    breaks_with: Option<ErrorKind>,
}

impl Out {
    pub(super) fn that_breaks_with(kind: ErrorKind) -> Self {
        Self(Arc::new(Mutex::new(Sink { breaks_with: Some(kind), ..Sink::default() })))
    }

    /// The lines so far, each from its symbol on, with blanks made single.
    pub(super) fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().text.clone()).unwrap();
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        text.lines().map(|line| words(line.split_once("] ").unwrap().1)).collect()
    }

    /// The bytes so far.
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().text.clone()).unwrap()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sink = self.0.lock().unwrap();
        match sink.breaks_with {
            Some(kind) => Err(kind.into()),
            None => sink.text.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Spy::default(), &[Scope::default()])
    }

    pub(super) fn with(spy: Spy, scopes: &[Scope]) -> Self {
        let (told, batches) = unbounded_channel();
        let store = Box::new(Spy { told: Some(told), ..spy });
        let out = Out::default();
        Self::on(store, batches, Box::new(out.clone()), out, scopes, Duration::ZERO)
    }

    /// A recorder that lets images linger.
    pub(super) fn lingering(linger: Duration) -> Self {
        let (told, batches) = unbounded_channel();
        let store = Box::new(Spy { told: Some(told), ..Spy::default() });
        let out = Out::default();
        Self::on(store, batches, Box::new(out.clone()), out, &[Scope::default()], linger)
    }

    /// A recorder on a store of the test's own, which is told of nothing but by its record.
    pub(super) fn on_store(store: impl Store + 'static, out: Out, scopes: &[Scope]) -> Self {
        Self::on(Box::new(store), unbounded_channel().1, Box::new(out.clone()), out, scopes, Duration::ZERO)
    }

    /// A recorder whose lines go to an output of the test's own.
    pub(super) fn on_output(
        store: impl Store + 'static,
        output: Box<dyn Write + Send>,
        scopes: &[Scope],
    ) -> Self {
        Self::on(Box::new(store), unbounded_channel().1, output, Out::default(), scopes, Duration::ZERO)
    }

    fn on(
        store: Box<dyn Store>,
        batches: UnboundedReceiver<Batch>,
        output: Box<dyn Write + Send>,
        out: Out,
        scopes: &[Scope],
        linger: Duration,
    ) -> Self {
        let figures = Figures::default();
        let all = CensusLimits { namespaces: 9, registries: 9, images: 9 };
        let mut restored = Restored::open(store, false).unwrap().measured(figures.clone(), Some(all));
        restored.set_linger(linger);
        let scopes: Vec<_> = scopes.iter().map(|scope| (restored.scope(scope).0, scope.clone())).collect();
        let lines = Lines::new(Form::Text, &Levels::parse("info").unwrap(), "test".into());
        let (signals, receiver) = channel(SIGNALS);
        let recorder = tokio::spawn(async move {
            restored.begin_on(output, &scopes, lines).await?.run(Vec::new(), receiver).await
        });
        Self { signals: Some(signals), batches, out, figures, recorder }
    }

    /// Tells the first scope's signal.
    pub(super) async fn tell(&self, output: Output) {
        self.tell_of(ScopeId(0), output).await;
    }

    pub(super) async fn tell_of(&self, scope: ScopeId, output: Output) {
        let signals = self.signals.as_ref().unwrap();
        signals.send(Signal { scope, output, came: Instant::now() }).await.unwrap();
    }

    /// Whether the recorder, given all the time it wants, takes in a further signal.
    pub(super) async fn would_take(&self, output: Output) -> bool {
        let signals = self.signals.as_ref().unwrap();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        signals.try_send(Signal { scope: ScopeId(0), output, came: Instant::now() }).is_ok()
    }

    pub(super) async fn batch(&mut self) -> Batch {
        self.batches.recv().await.unwrap()
    }

    /// Ends the watches, and with them the recorder.
    pub(super) async fn stop(&mut self) -> Result<Ended, RecorderError> {
        self.signals = None;
        (&mut self.recorder).await.unwrap()
    }

    /// Waits for a recorder that ends by itself.
    pub(super) async fn ended(&mut self) -> Result<Ended, RecorderError> {
        (&mut self.recorder).await.unwrap()
    }
}

/// A pod `name` of the namespace `shop` that uses images.
pub(super) fn pod(name: &str, images: &[&str]) -> Pod {
    let containers = images.iter().enumerate().map(|(at, image)| Container {
        name: at.to_string().into(),
        kind: ContainerKind::App,
        image: (*image).into(),
        image_id: "".into(),
        container_id: "".into(),
    });
    Pod {
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::parse(name),
        active: true,
        workload: "Deployment/web".into(),
        containers: containers.collect(),
    }
}

pub(super) fn apply(name: &str, images: &[&str]) -> Output {
    Output::Pod(PodEvent::Apply(ScopeId(0), pod(name, images)))
}

pub(super) fn delete(name: &str) -> Output {
    let Pod { namespace, name, uid, .. } = pod(name, &[]);
    Output::Pod(PodEvent::Delete { scope: ScopeId(0), namespace, name, uid })
}

pub(super) fn init(cause: Cause) -> Output {
    Output::Pod(PodEvent::Init(ScopeId(0), cause))
}

pub(super) fn done() -> Output {
    Output::Pod(PodEvent::InitDone { scope: ScopeId(0), sweep: true })
}

pub(super) fn version(version: &str) -> Output {
    Output::Version(Some(version.into()))
}

/// Diagnostics that this thread logged since the last call.
pub(super) fn diagnostics() -> Vec<String> {
    LOGGED.with_borrow_mut(std::mem::take)
}

/// Keeps the diagnostics of this thread from here on.
pub(super) fn keep_diagnostics() {
    static LOGGER: OnceLock<()> = OnceLock::new();
    LOGGER.get_or_init(|| {
        log::set_logger(&Keep).unwrap();
        log::set_max_level(log::LevelFilter::Info);
    });
    LOGGED.with_borrow_mut(Vec::clear);
}

thread_local! {
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Keep;

impl log::Log for Keep {
    fn enabled(&self, _metadata: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        LOGGED.with_borrow_mut(|logged| logged.push(format!("{} {}", record.level(), record.args())));
    }

    fn flush(&self) {}
}
