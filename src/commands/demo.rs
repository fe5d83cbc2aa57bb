//! `kimager demo`: a simulated cluster over HTTP on loopback, watched by the real program.

use std::future::{self, Future};
use std::io::{self, Write as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::time::{Instant, MissedTickBehavior};

use self::folder::Folder;
use super::Exit;
use super::runtime::{block_on, told_to_stop};
use super::watch::{Settings, levels_from_environment, record_until, said_as};
use crate::cli::{DemoAsked, RecordPlace};
use crate::connect;
use crate::inventory::Scope;
use crate::lines::Output;
use crate::record::Limits;
use crate::simulation::Cluster;
use crate::simulation::server::{ServerOptions, serve};
use crate::simulation::story::Story;
use crate::watch::AUDIT_EVERY;

mod folder;

/// The story is the same each time it is told.
const SEED: u64 = 1;
/// The cluster's clock is fast. It starts late, so that for some hours its pods are not from the
/// future.
const CLOCK_STARTS_BEFORE_NOW: SignedDuration = SignedDuration::from_hours(24);
const TICK: Duration = Duration::from_millis(50);
/// What the cluster and its context are called.
const NAME: &str = "demo";
/// What the record can be asked.
const QUESTIONS: [&str; 6] = [
    "images '*/shop/*'",
    "at 10s",
    "diff 20s",
    "history '*/shop/web'",
    "keep --within 1s --versions 1",
    "export '*/shop/web' -o csv",
];

/// Why the demonstration cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No port for the simulated cluster.
    #[error("listening on a free port of 127.0.0.1: {cause}; allow the program to open one")]
    Listen {
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// No folder for the kubeconfig and the record.
    #[error("making the folder {path}: {cause}; set TMPDIR to a folder that can be written to")]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The simulated cluster ended.
    #[error("serving the simulated cluster: {cause}; start the demonstration again")]
    Serve {
        /// What the system said.
        cause: String,
    },
}

/// Tells the story until the time is over or a signal ends it.
pub(super) fn run(asked: DemoAsked) -> anyhow::Result<Exit> {
    let DemoAsked { length, output } = asked;
    let Some(levels) = levels_from_environment(output) else {
        return Ok(Exit::Usage);
    };
    let settings = Settings {
        scopes: vec![Scope::default()],
        // Its file is known once the demonstration has a folder.
        record: RecordPlace::Memory,
        limits: Limits::default(),
        output,
        levels,
        audit_every: AUDIT_EVERY,
        linger: Duration::ZERO,
        workload_labels: Vec::new(),
        adopt: false,
        listen: None,
        metrics_images: 0,
    };
    let signals = told_to_stop()?;
    let result = block_on(async {
        let stop = async {
            tokio::select! {
                () = signals => {}
                () = over_after(length) => {}
            }
        };
        perform(settings, stop).await?;
        Ok(Exit::Done)
    });
    said_as(output, result)
}

async fn over_after(length: Option<Duration>) {
    match length {
        Some(length) => tokio::time::sleep(length).await,
        None => future::pending().await,
    }
}

async fn perform(mut settings: Settings, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|cause| DemoError::Listen { cause })?;
    let address = listener.local_addr().map_err(|cause| DemoError::Listen { cause })?;
    let folder = Folder::make(address, NAME)?;
    settings.record = RecordPlace::File(folder.record());
    let output = settings.output;
    narrate(output, &format!("a simulated cluster is served at http://{address}; no real one is touched"));
    let (kubeconfig, record) = (folder.kubeconfig(), folder.record());
    let (kubeconfig, record) = (kubeconfig.display(), record.display());
    narrate(
        output,
        &format!("to look at it from a second terminal: kimager images --kubeconfig {kubeconfig}"),
    );
    narrate(output, &format!("or: kubectl --kubeconfig {kubeconfig} get pods -A"));
    narrate(output, "what it has recorded answers, once some of it has happened, questions such as:");
    for question in QUESTIONS {
        narrate(output, &format!("  kimager {question} --record {record}"));
    }
    let (story, found) = Story::new(SEED, Timestamp::now() - CLOCK_STARTS_BEFORE_NOW);
    let cluster = Cluster::new(found);
    let served = serve(listener, cluster.clone(), ServerOptions::default(), future::pending());
    let watched = connect::Cluster::on_loopback(address, NAME).await?;
    tokio::select! {
        ended = record_until(watched, settings, stop) => Ok(ended?),
        ended = served => {
            let cause = ended.err().map_or("it ended".to_owned(), |cause| cause.to_string());
            Err(DemoError::Serve { cause }.into())
        }
        () = tell(story, &cluster, output) => Ok(()),
    }
}

/// Tells the story as time passes, each scene before its lines; it has no end.
async fn tell(mut story: Story, cluster: &Cluster, output: Output) {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        for sentence in cluster.with(|store| story.advance(store, began.elapsed())) {
            narrate(output, &sentence);
        }
    }
}

/// A remark for those who look on: it marks which lines belong together.
fn narrate(output: Output, sentence: &str) {
    match output {
        // Without a standard error nobody is told.
        Output::Text => drop(writeln!(io::stderr(), "# {sentence}")),
        Output::Json => log::info!(target: "kimager::demo", "{sentence}"),
    }
}
