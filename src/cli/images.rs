//! `kimager images` and `kimager graph`

use clap::Args;

use super::source::SourceArgs;
use super::{GraphAsked, GraphForm, ImagesAsked, Invocation, PastAsked, RecordAt, Records, TableForm, value};
use crate::answers::{Filter, Pattern};
use crate::inventory::ContainerKind;

/// Show which images are used now, and by what
///
/// Objects from a file may be pods, or anything that holds a pod template: Deployments, cron jobs,
/// lists of them, custom resources, several documents one after the other. A template counts as
/// one user, named after its object, and as active. A record tells what was used when it last saw
/// all of its cluster. Exit code 3 means that the answer is not complete; standard error says what
/// it lacks.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager images                         every image of the cluster
  kimager images nginx -o wide           any tag of docker.io/library/nginx, and who runs it
  kimager images 'quay.io/*' --active    a glob; without pods that have finished
  kimager images sha256:0123456789ab     who runs this digest
  kimager images -o name                 normalised references, sorted
  kimager images --record images.db      according to a record
  kubectl get pods -A -o json | kimager images -f -
  helm template . | yq -o json | kimager images -f -")]
pub(super) struct ImagesArgs {
    /// A reference, a repository, a glob, or a digest (12 characters of it are enough)
    #[arg(value_parser = Pattern::parse)]
    image: Option<Pattern>,
    /// How to say it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    output: TableForm,
    /// Leave out pods that have succeeded or failed
    #[arg(long, help_heading = "Which pods")]
    active: bool,
    /// Only containers of this kind: app, init, sidecar, ephemeral, volume; may be repeated
    #[arg(long, value_name = "KIND", value_parser = value::kind, help_heading = "Which pods")]
    kind: Vec<ContainerKind>,
    /// Ask this record instead of a cluster, a file or that of a kimager that runs; may be repeated
    #[arg(long, value_name = "RECORD", value_parser = value::record_to_ask,
          conflicts_with_all = ["file", "context", "kubeconfig", "exclude_namespace", "selector", "workload_label"])]
    record: Vec<RecordAt>,
    #[command(flatten)]
    source: SourceArgs,
}

impl From<ImagesArgs> for Invocation {
    fn from(args: ImagesArgs) -> Self {
        let ImagesArgs { image, output: form, active, kind: kinds, record: records, source } = args;
        let filter = Filter { image, active, kinds };
        if records.is_empty() {
            Self::Images(ImagesAsked { source: source.into(), filter, form })
        } else {
            Self::Recorded(PastAsked {
                records: Records { places: records, ..Records::default() },
                namespaces: source.namespaces(),
                filter,
                form,
            })
        }
    }
}

/// Draw which pods use which images
///
/// An undirected graph: an edge weighs the containers that tie a pod to an image, an image weighs
/// the pods that use it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager graph -n shop | dot -Tsvg > shop.svg
  kimager graph -f pods.json -o json")]
pub(super) struct GraphArgs {
    /// How to say it
    #[arg(short, long, value_name = "FORM", default_value = "dot")]
    output: GraphForm,
    #[command(flatten)]
    source: SourceArgs,
}

impl From<GraphArgs> for GraphAsked {
    fn from(args: GraphArgs) -> Self {
        let GraphArgs { output, source } = args;
        Self { source: source.into(), form: output }
    }
}
