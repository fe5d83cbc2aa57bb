//! `kimager watch`

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::source::{ClusterArgs, ScopeArgs};
use super::{RecordPlace, WatchAsked, value};
use crate::lines::Output;
use crate::record::Limits;
use crate::serve::Listen;

/// Log each image that comes and goes, until told to stop
///
/// Images go to standard output, a line each; all else to standard error. A record in a file
/// carries what is known over a restart, which then logs only what changed meanwhile. Each
/// namespace that is named has a watch and a connection of its own: good for about 100.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager watch --record images.db       a restart says only what changed
  kimager watch -n shop --output json
  RUST_LOG=debug kimager watch           pods and every further use as well")]
pub(super) struct WatchArgs {
    /// Keep the record in this file, not the usual; 'memory' keeps none
    #[arg(long, value_name = "FILE", value_parser = value::record)]
    record: Option<RecordPlace>,
    /// Go on in a record of another cluster of the same name
    #[arg(long)]
    adopt: bool,
    /// How events are said
    #[arg(long, value_name = "FORM", default_value = "text")]
    output: Output,
    /// Read all pods anew this often, to be sure
    #[arg(long, value_name = "DURATION", default_value = "6h", value_parser = value::audit_every)]
    audit_every: Duration,
    /// Say 'removed' only this long after the last pod went
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = value::linger)]
    linger: Duration,
    /// Keep what has ended for this long in the record
    #[arg(long, value_name = "TIME", default_value = "400d", value_parser = value::length)]
    keep_for: SignedDuration,
    /// Delete the oldest from the record beyond this size, such as 500MB
    #[arg(long, value_name = "SIZE", value_parser = value::size)]
    max_size: Option<u64>,
    /// Tell uses with pauses up to 10 min apart for this long
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = value::length)]
    fine_for: SignedDuration,
    /// Answer probes, scrapes and questions over HTTP there, such as :8080
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<Listen>,
    /// Name at most so many images in /metrics
    #[arg(long, value_name = "N", default_value = "0", value_parser = value::metrics_images)]
    metrics_images: usize,
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// What to call the cluster, instead of the name in the kubeconfig
    #[arg(long, value_name = "NAME", value_parser = value::cluster_name, help_heading = "Which cluster")]
    cluster_name: Option<String>,
}

impl From<WatchArgs> for WatchAsked {
    fn from(args: WatchArgs) -> Self {
        let WatchArgs {
            record,
            output,
            adopt,
            audit_every,
            linger,
            keep_for,
            max_size,
            fine_for,
            listen,
            metrics_images,
            scope,
            cluster,
            cluster_name,
        } = args;
        let (scopes, workload_labels) = scope.scopes_and_labels();
        let cluster = cluster.connect_args(cluster_name);
        let record = record.unwrap_or(RecordPlace::Usual);
        let limits = Limits { keep_for, max_size, fine_for };
        Self {
            cluster,
            scopes,
            workload_labels,
            record,
            limits,
            adopt,
            audit_every,
            linger,
            output,
            listen,
            metrics_images,
        }
    }
}
