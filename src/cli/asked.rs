//! What a command line asks for: no text is left that could not be meant.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::answers::keep::Mirror;
use crate::answers::{Filter, When};
use crate::connect::ConnectArgs;
use crate::inventory::Scope;
use crate::lines::Output;
use crate::record::Limits;
use crate::remote::Place;
use crate::serve::Listen;

/// A watch.
#[derive(Clone, Debug)]
pub struct WatchAsked {
    /// Which cluster.
    pub cluster: ConnectArgs,
    /// What of it; never empty.
    pub scopes: Vec<Scope>,
    /// Labels that name a pod's workload, the first that is there.
    pub workload_labels: Vec<String>,
    /// Where the record is kept.
    pub record: RecordPlace,
    /// How far it may grow.
    pub limits: Limits,
    /// Whether the record may go on with another cluster of the same name.
    pub adopt: bool,
    /// How often all pods are read anew.
    pub audit_every: Duration,
    /// How long an image is waited for once its last user went.
    pub linger: Duration,
    /// How events are said.
    pub output: Output,
    /// Where to answer over HTTP, if anywhere.
    pub listen: Option<Listen>,
    /// How many images have a series each in what can be scraped.
    pub metrics_images: usize,
}

/// Where a record is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordPlace {
    /// Where records of this cluster lie if nobody says otherwise.
    Usual,
    /// Nowhere: the next start knows nothing of this one.
    Memory,
    /// In a file.
    File(PathBuf),
}

/// Where pods come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A cluster's API server.
    Live {
        /// Which cluster.
        cluster: ConnectArgs,
        /// What of it; never empty.
        scopes: Vec<Scope>,
        /// Labels that name a pod's workload, the first that is there.
        workload_labels: Vec<String>,
    },
    /// Objects in JSON.
    File {
        /// The file; `None` is standard input.
        path: Option<PathBuf>,
        /// What of it; never empty.
        scopes: Vec<Scope>,
        /// Labels that name a pod's workload, the first that is there.
        workload_labels: Vec<String>,
    },
}

/// A table of images.
#[derive(Clone, Debug)]
pub struct ImagesAsked {
    /// Where pods come from.
    pub source: Source,
    /// Which uses count.
    pub filter: Filter,
    /// How the answer is said.
    pub form: TableForm,
}

/// Which records are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// Where they are. Without one, the record that a watch of the cluster keeps if it names none.
    pub places: Vec<RecordAt>,
    /// That cluster.
    pub cluster: ConnectArgs,
    /// Whether the program is kubectl's plugin: then, without a place, kimager is asked that runs in the
    /// cluster, if one does.
    pub is_plugin: bool,
}

/// Where a record is that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordAt {
    /// In this file.
    File(PathBuf),
    /// With a kimager that runs.
    Running(Place),
}

/// What records are asked about.
#[derive(Clone, Debug)]
pub struct PastAsked {
    /// Which records.
    pub records: Records,
    /// In which namespaces; empty is all.
    pub namespaces: Vec<String>,
    /// Which uses count.
    pub filter: Filter,
    /// How the answer is said.
    pub form: TableForm,
}

/// What was used at a time.
#[derive(Clone, Debug)]
pub struct AtAsked {
    /// Of what.
    pub past: PastAsked,
    /// When.
    pub at: Timestamp,
}

/// What changed between two times.
#[derive(Clone, Debug)]
pub struct DiffAsked {
    /// Of what.
    pub past: PastAsked,
    /// The one time.
    pub from: Timestamp,
    /// The other; `None` is the last that was seen.
    pub until: Option<Timestamp>,
}

/// What happened in a span.
#[derive(Clone, Debug)]
pub struct HistoryAsked {
    /// Of what.
    pub past: PastAsked,
    /// Since when; `None` is the first time that was seen.
    pub since: Option<Timestamp>,
    /// Until when; `None` is the last time that was seen.
    pub until: Option<Timestamp>,
}

/// How a table is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TableForm {
    /// A table, a line an image
    Table,
    /// The table with workloads and whole digests
    Wide,
    /// One JSON object, for programs
    Json,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
    /// One normalised reference a line
    Name,
}

/// A graph of pods and images.
#[derive(Clone, Debug)]
pub struct GraphAsked {
    /// Where pods come from.
    pub source: Source,
    /// How the graph is said.
    pub form: GraphForm,
}

/// How a graph is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum GraphForm {
    /// The language of Graphviz
    Dot,
    /// One JSON object
    Json,
}

/// What must stay in a registry.
#[derive(Clone, Debug)]
pub struct KeepAsked {
    /// The records of clusters.
    pub records: Records,
    /// Of how many clusters they must be.
    pub expect: Option<usize>,
    /// Whether the user knows that a record may have seen only a part of its cluster.
    pub partial_scope: bool,
    /// How long up to now uses count.
    pub within: SignedDuration,
    /// How long nothing may have been seen.
    pub max_gap: SignedDuration,
    /// How many of the last versions of each workload's container stay.
    pub versions: usize,
    /// Files of what else stays.
    pub also: Vec<PathBuf>,
    /// Names of mirrors.
    pub mirrors: Vec<Mirror>,
    /// The file of candidates, of which those that may go are asked for; `-` is standard input.
    pub filter: Option<PathBuf>,
    /// How the answer is said, without candidates.
    pub form: TableForm,
}

/// All that is known of the images of a time.
#[derive(Clone, Debug)]
pub struct ExportAsked {
    /// The records of clusters.
    pub records: Records,
    /// Of which time.
    pub when: When,
    /// Which uses count.
    pub filter: Filter,
    /// In which namespaces; empty is all.
    pub namespaces: Vec<String>,
    /// How it is said.
    pub form: ExportForm,
}

/// How an export is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportForm {
    /// A bill of materials in CycloneDX 1.6, JSON
    Cyclonedx,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
    /// One JSON object
    Json,
}

/// A demonstration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoAsked {
    /// How long; `None` is until interrupted.
    pub length: Option<Duration>,
    /// How events are said.
    pub output: Output,
}

/// The completions of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletionsAsked {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// The manual pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManAsked {
    /// The folder for a page of each command; `None` is the main page on standard output.
    pub folder: Option<PathBuf>,
}
