//! What a command line asks for: no text is left that could not be meant.

use std::path::PathBuf;
use std::time::Duration;

use crate::commands::Pattern;
use crate::connect::ConnectArgs;
use crate::inventory::{ContainerKind, Scope};
use crate::lines::Output;

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
    /// How often all pods are read anew.
    pub audit_every: Duration,
    /// How long an image is waited for once its last user went.
    pub linger: Duration,
    /// How events are said.
    pub output: Output,
}

/// Where a record is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordPlace {
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

/// Which uses of images count.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of images that match.
    pub image: Option<Pattern>,
    /// Only by pods that are neither Succeeded nor Failed.
    pub active: bool,
    /// Only by these kinds of container; empty is every kind.
    pub kinds: Vec<ContainerKind>,
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
