//! The flags that say which pods.

use std::path::PathBuf;

use clap::Args;

use super::{RecordAt, Records, Source, value};
use crate::connect::ConnectArgs;
use crate::inventory::Scope;

/// What of a cluster.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which pods")]
pub(super) struct ScopeArgs {
    /// Only this namespace; may be repeated
    #[arg(short, long, value_name = "NAMESPACE", value_parser = value::namespace,
          conflicts_with_all = ["all_namespaces", "exclude_namespace"])]
    namespace: Vec<String>,
    /// All namespaces, as without it
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// All namespaces but this one; may be repeated
    #[arg(long, value_name = "NAMESPACE", value_parser = value::namespace)]
    exclude_namespace: Vec<String>,
    /// Only pods with these labels: app=web,tier!=test
    #[arg(short = 'l', long, value_name = "SELECTOR", value_parser = value::selector)]
    selector: Option<String>,
    /// Take a pod's workload from this label if it has it; may be repeated
    #[arg(long, value_name = "KEY", value_parser = value::label_key)]
    workload_label: Vec<String>,
}

impl ScopeArgs {
    /// One scope a namespace, or one for all; and the labels that name workloads.
    pub(super) fn scopes_and_labels(self) -> (Vec<Scope>, Vec<String>) {
        let Self { namespace, all_namespaces: _, exclude_namespace, selector, workload_label } = self;
        let sorted = |mut names: Vec<String>| -> Vec<Box<str>> {
            names.sort_unstable();
            names.dedup();
            names.into_iter().map(Into::into).collect()
        };
        let excluded = sorted(exclude_namespace);
        let selector: Option<Box<str>> = selector.map(Into::into);
        let scope = |namespace| Scope { namespace, excluded: excluded.clone(), selector: selector.clone() };
        let named = sorted(namespace);
        let scopes = if named.is_empty() {
            vec![scope(None)]
        } else {
            named.into_iter().map(|name| scope(Some(name))).collect()
        };
        (scopes, workload_label)
    }
}

/// Which cluster.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which cluster")]
pub(super) struct ClusterArgs {
    /// Instead of the kubeconfig's current context
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Instead of $KUBECONFIG, ~/.kube/config or a pod's own account
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

impl ClusterArgs {
    pub(super) fn connect_args(self, cluster_name: Option<String>) -> ConnectArgs {
        let Self { context, kubeconfig } = self;
        ConnectArgs { kubeconfig, context, cluster_name }
    }
}

/// Which records are asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which record")]
pub(super) struct RecordArgs {
    /// This record, instead of the one that a watch of the cluster keeps if it names none: a file, or
    /// that of a kimager that runs, as `http://ADDRESS:PORT` or `svc://NAMESPACE/NAME`; may be repeated for
    /// those of several clusters
    #[arg(long, value_name = "RECORD", value_parser = value::record_to_ask,
          conflicts_with_all = ["context", "kubeconfig", "cluster_name"])]
    record: Vec<RecordAt>,
    /// That of this cluster, instead of the kubeconfig's current context
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Instead of $KUBECONFIG, ~/.kube/config or a pod's own account
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// What the watch was told to call the cluster, where that is not its name in the kubeconfig
    #[arg(long, value_name = "NAME", value_parser = value::cluster_name)]
    cluster_name: Option<String>,
}

impl From<RecordArgs> for Records {
    fn from(args: RecordArgs) -> Self {
        let RecordArgs { record: places, context, kubeconfig, cluster_name } = args;
        Self { places, cluster: ConnectArgs { kubeconfig, context, cluster_name }, is_plugin: false }
    }
}

/// Where the pods of an answer come from.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Read JSON from this file ('-': standard input) instead of a cluster: pods, or whatever holds
    /// pod templates
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["context", "kubeconfig", "selector"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
}

impl SourceArgs {
    /// The namespaces that are named; none is all.
    pub(super) fn namespaces(self) -> Vec<String> {
        self.scope.namespace
    }
}

impl From<SourceArgs> for Source {
    fn from(args: SourceArgs) -> Self {
        let SourceArgs { file, scope, cluster } = args;
        let (scopes, workload_labels) = scope.scopes_and_labels();
        match file {
            Some(file) => {
                let path = (file.as_os_str() != "-").then_some(file);
                Self::File { path, scopes, workload_labels }
            }
            None => Self::Live { cluster: cluster.connect_args(None), scopes, workload_labels },
        }
    }
}
