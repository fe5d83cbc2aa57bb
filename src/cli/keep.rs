//! `kimager keep`

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::source::RecordArgs;
use super::{KeepAsked, TableForm, value};
use crate::answers::keep::Mirror;

/// Say what must stay in a registry
///
/// What clusters used in a window of time up to now must stay, and with --versions also what their
/// workloads may return to. The answer comes whole or not at all: where a record did not see all of
/// the window, nothing is printed, and exit code 3 tells so. With --filter the answer is turned
/// around: of some candidates, those that may go.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager keep --record prod.db          what was used in the last 30 days
  kimager keep --record prod.db --within 90d --versions 3 -o json
  kimager keep --record eu.db --record us.db --expect 2 --filter candidates.txt > may-go.txt
  kimager keep --record prod.db --map docker.io=harbor.example.com/hub --also pinned.txt")]
pub(super) struct KeepArgs {
    #[command(flatten)]
    records: RecordArgs,
    /// Refuse unless the records are of so many clusters
    #[arg(long, value_name = "N")]
    expect: Option<usize>,
    /// Answer though a record saw only a part of its cluster: images used elsewhere are not kept
    #[arg(long)]
    partial_scope: bool,
    /// Keep what was used in this time up to now
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = value::length)]
    within: SignedDuration,
    /// Tolerate times without sight up to this long, in which an image may be missed; 0 is none
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = value::length_or_none)]
    max_gap: SignedDuration,
    /// Keep the last N versions of each workload's container too, however long ago
    #[arg(long, value_name = "N", default_value_t = 0)]
    versions: usize,
    /// Keep the references and digests of this file too, one a line; may be repeated
    #[arg(long, value_name = "FILE")]
    also: Vec<PathBuf>,
    /// What begins with FROM is kept under TO as well, as a mirror calls it; may be repeated
    #[arg(long, value_name = "FROM=TO", value_parser = Mirror::parse)]
    map: Vec<Mirror>,
    /// Print which of the candidates in this file ('-': standard input) may go: a reference with its
    /// tag, digest or both on each line
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    filter: Option<PathBuf>,
    /// How to say it
    #[arg(short, long, value_name = "FORM", default_value = "name")]
    output: TableForm,
}

impl KeepArgs {
    /// What is read twice from standard input has nothing to say the second time.
    pub(super) fn reads_input_twice(&self) -> bool {
        let files = self.also.iter().chain(&self.filter);
        files.filter(|file| file.as_os_str() == "-").count() > 1
    }
}

impl From<KeepArgs> for KeepAsked {
    fn from(args: KeepArgs) -> Self {
        let KeepArgs {
            records,
            expect,
            partial_scope,
            within,
            max_gap,
            versions,
            also,
            map: mirrors,
            filter,
            output: form,
        } = args;
        let records = records.into();
        Self { records, expect, partial_scope, within, max_gap, versions, also, mirrors, filter, form }
    }
}
