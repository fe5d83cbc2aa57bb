//! `kimager watch`

use std::time::Duration;

use clap::Args;

use super::source::{ClusterArgs, ScopeArgs};
use crate::lines::Output;
use super::{RecordPlace, WatchAsked, value};

/// Log each image that comes and goes, until told to stop
///
/// Each namespace that is named has a watch and a connection of its own: well up to about 100.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager watch --record images.db       a restart says only what changed
  kimager watch -n shop --output json
  RUST_LOG=debug kimager watch           pods and every further use as well")]
pub(super) struct WatchArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// What to call the cluster, instead of the name in the kubeconfig
    #[arg(long, value_name = "NAME", value_parser = value::cluster_name, help_heading = "Which cluster")]
    cluster_name: Option<String>,
    /// A file that keeps what is known over restarts; 'memory' keeps nothing, so that each start
    /// logs every image anew
    #[arg(long, value_name = "FILE|memory", default_value = "memory", value_parser = value::record)]
    record: RecordPlace,
    /// Read all pods anew this often, and, if sooner, 5 minutes after a connection broke off: it finds
    /// what nothing else shows, such as a server whose store was set back
    #[arg(long, value_name = "DURATION", default_value = "6h", value_parser = value::audit_every)]
    audit_every: Duration,
    /// How events are said on standard output
    #[arg(long, value_name = "FORM", default_value = "text")]
    output: Output,
}

impl From<WatchArgs> for WatchAsked {
    fn from(args: WatchArgs) -> Self {
        let WatchArgs { scope, cluster, cluster_name, record, audit_every, output } = args;
        let (scopes, workload_labels) = scope.scopes_and_labels();
        let cluster = cluster.connect_args(cluster_name);
        Self { cluster, scopes, workload_labels, record, audit_every, output }
    }
}
