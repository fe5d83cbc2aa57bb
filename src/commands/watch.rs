//! `kimager watch`: records and logs until told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::Exit;
use super::runtime::{block_on, told_to_stop};
use crate::cli::{RecordPlace, WatchAsked};
use crate::connect::{self, Cluster};
use crate::inventory::Scope;
use crate::inventory::census::CensusLimits;
use crate::lines::{Levels, Lines, Output, install_diagnostics};
use crate::record::place::{self, Folders};
use crate::record::{Identity, Limits, MemoryStore, RecordError, SqliteStore, Store};
use crate::recorder::{Ended, Figures, Health, RecorderError, Restored};
use crate::serve::{Listen, ListenError, Told, serve};
use crate::watch::Watch;
use crate::watch::wire::PodReader;

/// Signals on their way to the recorder; beyond this the watches wait, and with them the server.
const SIGNALS: usize = 256;

/// Namespaces and registries that have a series each: a scrape of so many takes a millisecond.
const NAMESPACES: usize = 500;
const REGISTRIES: usize = 100;

/// What to watch, and what to do with it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// One watch for each.
    pub scopes: Vec<Scope>,
    /// Where the record is kept.
    pub record: RecordPlace,
    /// How far it may grow.
    pub limits: Limits,
    /// The form of the lines.
    pub output: Output,
    /// Which of them are said.
    pub levels: Levels,
    /// How often all pods are read anew.
    pub audit_every: Duration,
    /// How long an image is waited for once its last user went.
    pub linger: Duration,
    /// Labels that name a pod's workload, the first that is there.
    pub workload_labels: Vec<Box<str>>,
    /// Whether the record may go on with another cluster of the same name.
    pub adopt: bool,
    /// Where to answer over HTTP, if anywhere.
    pub listen: Option<Listen>,
    /// How many images have a series each.
    pub metrics_images: usize,
}

/// Why watching came to an end that nobody asked for.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The record cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Recording failed.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// Nobody can ask.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A part of the program failed.
    #[error("{task} failed: {cause}; this is a bug in kimager, please report it")]
    Task {
        /// Which part.
        task: String,
        /// What it said.
        cause: String,
    },
}

/// Watches the cluster that was asked for until a signal ends it.
pub(super) fn run(asked: WatchAsked) -> anyhow::Result<Exit> {
    let output = asked.output;
    let Some(levels) = levels_from_environment(output) else {
        return Ok(Exit::Usage);
    };
    let settings = Settings {
        scopes: asked.scopes,
        record: asked.record,
        limits: asked.limits,
        output,
        levels,
        audit_every: asked.audit_every,
        linger: asked.linger,
        workload_labels: asked.workload_labels.into_iter().map(String::into_boxed_str).collect(),
        adopt: asked.adopt,
        listen: asked.listen,
        metrics_images: asked.metrics_images,
    };
    let stop = told_to_stop()?;
    let result = block_on(async {
        let cluster = connect::connect(&asked.cluster).await?;
        record_until(cluster, settings, stop).await?;
        Ok(Exit::Done)
    });
    said_as(output, result)
}

/// A failure is a diagnostic like any other where diagnostics are JSON.
pub(super) fn said_as(output: Output, result: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    match result {
        Err(error) if output == Output::Json && log::log_enabled!(log::Level::Error) => {
            log::error!("{error:#}");
            Ok(Exit::Failed)
        }
        result => result,
    }
}

/// The levels that `RUST_LOG` sets, with diagnostics said by them from here on; `None` where it says
/// what it cannot mean, which is told.
pub(super) fn levels_from_environment(output: Output) -> Option<Levels> {
    let spec = std::env::var("RUST_LOG").unwrap_or_default();
    match Levels::parse(&spec) {
        Ok(levels) => {
            install_diagnostics(output, &levels);
            Some(levels)
        }
        Err(error) => {
            super::refuse(&error.to_string());
            None
        }
    }
}

/// Watches until `stop` is done, nobody reads the lines any more, or something fails.
///
/// # Errors
/// Where the record or standard output fails, or a part of the program ends that should not.
pub async fn record_until(
    cluster: Cluster,
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> Result<(), WatchError> {
    let Settings {
        scopes,
        record,
        limits,
        output,
        levels,
        audit_every,
        linger,
        workload_labels,
        adopt,
        listen,
        metrics_images,
    } = settings;
    let (health, asked) = watch::channel(Health::at_start(&scopes));
    let figures = Figures::default();
    let census = CensusLimits { namespaces: NAMESPACES, registries: REGISTRIES, images: metrics_images };
    let census = listen.is_some().then_some(census);
    let listener = match listen {
        Some(listen) => Some(listen.open().await?),
        None => None,
    };
    let record = file_of(record, &cluster)?;
    let told = Told { health: asked, figures: figures.clone(), record: record.clone() };
    let mut restored =
        restore(record.as_deref(), &cluster, adopt)?.within(limits).telling(health).measured(figures, census);
    restored.set_linger(linger);
    introduce(&cluster, &scopes, record.as_deref(), &restored);
    let scopes: Vec<_> = scopes
        .into_iter()
        .map(|scope| {
            let (id, version) = restored.scope(&scope);
            (id, scope, version)
        })
        .collect();
    let reader = PodReader::new(workload_labels);
    let (sender, mut signals) = mpsc::channel(SIGNALS);
    let watched: Vec<_> = scopes.iter().map(|(id, scope, _)| (*id, scope.clone())).collect();
    let lines = Lines::new(output, &levels, Arc::from(&*cluster.name));
    let mut watches = JoinSet::new();
    for (id, scope, version) in scopes {
        let (cluster, reader, sender) = (cluster.clone(), reader.clone(), sender.clone());
        let watch = Watch { cluster, scope, id, version, reader, audit_every, seed: seed() };
        watches.spawn(async move { watch.run(&sender).await });
    }
    drop(sender);
    let mut recording = std::pin::pin!(async {
        let early = restored.confirm(&watched, &mut signals).await?;
        restored.begin(&watched, lines).await?.run(early, signals).await
    });
    let failure = tokio::select! {
        ended = &mut recording => {
            if ended? == Ended::OutputClosed {
                log::info!(target: "kimager::watch", "nobody reads the lines any more: stopped");
            }
            return Ok(());
        }
        Some(result) = watches.join_next() => result.err().map(|error| ("the watch", error.to_string())),
        never = answer(listener, told) => match never {},
        () = stop => None,
    };
    // Without watches the recorder stores and says what it has, and ends.
    watches.shutdown().await;
    let recorded = recording.await;
    match failure {
        Some((task, cause)) => Err(WatchError::Task { task: task.to_owned(), cause }),
        None => recorded.map(|_| ()).map_err(Into::into),
    }
}

/// Answers, if anybody may ask.
async fn answer(listener: Option<TcpListener>, told: Told) -> Infallible {
    match listener {
        Some(listener) => serve(listener, told).await,
        None => std::future::pending().await,
    }
}

/// The file of the record, in a folder that is there; `None` where none is kept.
fn file_of(place: RecordPlace, cluster: &Cluster) -> Result<Option<PathBuf>, RecordError> {
    let path = match place {
        RecordPlace::Memory => return Ok(None),
        RecordPlace::File(path) => return Ok(Some(path)),
        RecordPlace::Usual => {
            place::usual(&Folders::of_process(), &cluster.name, &cluster.identity, cluster.is_own)?
        }
    };
    // In a pod the folder is a volume: to make it would hide that there is none.
    if let Some(folder) = path.parent().filter(|_| !cluster.is_own) {
        place::make_folder(folder)?;
    }
    Ok(Some(path))
}

/// Opens the record. One that is damaged is set aside, and another begun: what happens from now on
/// must not be lost as well.
fn restore(file: Option<&Path>, cluster: &Cluster, adopt: bool) -> Result<Restored, RecordError> {
    let open = || open_store(file, cluster).and_then(|store| Restored::open(store, adopt));
    match (open(), file) {
        (Err(error), Some(path)) => {
            let Some(damage) = error.damage() else { return Err(error) };
            let aside = SqliteStore::set_aside(path, Timestamp::now())?;
            log::error!(
                target: "kimager::record",
                "the record {} is damaged: {damage}; it now lies at {}, and a new record is begun: what it knew \
                 is unknown to this one",
                path.display(),
                aside.display()
            );
            open()
        }
        (restored, _) => restored,
    }
}

fn open_store(file: Option<&Path>, cluster: &Cluster) -> Result<Box<dyn Store>, RecordError> {
    let Some(path) = file else { return Ok(Box::new(MemoryStore)) };
    let identity = Identity { cluster: cluster.name.clone(), server: cluster.identity.clone() };
    Ok(Box::new(SqliteStore::create_or_open(path, &identity)?))
}

/// Tells what is about to be watched, so that a second run, which rightly says nothing, is
/// understood.
fn introduce(cluster: &Cluster, scopes: &[Scope], file: Option<&Path>, restored: &Restored) {
    let scopes = scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let record = match file {
        None => "no record is kept, so every image is new".to_owned(),
        Some(path) => {
            let known = restored.opened.known_images;
            format!("record {}, which knows {known} images in use", path.display())
        }
    };
    log::info!(
        target: "kimager::watch",
        "watching {scopes} of {} at {}; {record}",
        cluster.context,
        cluster.server,
    );
}

/// A seed for jitter, from the standard library's own random keys.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(())
}
