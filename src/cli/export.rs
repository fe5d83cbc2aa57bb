//! `kimager export`

use clap::Args;
use jiff::Timestamp;

use super::source::RecordArgs;
use super::{ExportAsked, ExportForm, time, value};
use crate::answers::{Filter, Pattern, When};
use crate::inventory::ContainerKind;
use crate::record::past::Span;

/// Hand over all that is known of the images of a time
///
/// Without a time, what was used when the record saw all of it last. Exit code 3 means that
/// something may be missed: the time was not seen as it happened.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager export --record prod.db > bom.json           what is used now, as a bill of materials
  kimager export --record prod.db --at 2026-11-01 -o csv
  kimager export --record prod.db --since 90d -n pay   what was used since then in one namespace")]
pub(super) struct ExportArgs {
    /// A reference, a repository, a glob, or a digest (12 characters of it are enough)
    #[arg(value_parser = Pattern::parse)]
    image: Option<Pattern>,
    #[command(flatten)]
    records: RecordArgs,
    /// What was used at this time: 2026-11-23T02:04:49Z, 2026-11-23, 2h, '3d ago'
    #[arg(long, value_name = "TIME", value_parser = time::past, conflicts_with_all = ["since", "until"])]
    at: Option<Timestamp>,
    /// What was used at any time since then
    #[arg(long, value_name = "TIME", value_parser = time::past)]
    since: Option<Timestamp>,
    /// The end of the time that --since begins
    #[arg(long, value_name = "TIME", value_parser = time::past, requires = "since")]
    until: Option<Timestamp>,
    /// How to say it
    #[arg(short, long, value_name = "FORM", default_value = "cyclonedx")]
    output: ExportForm,
    /// Only in this namespace; may be repeated
    #[arg(short, long, value_name = "NAMESPACE", value_parser = value::namespace,
          conflicts_with = "all_namespaces", help_heading = "Which pods")]
    namespace: Vec<String>,
    /// In all namespaces, as without it
    #[arg(short = 'A', long, help_heading = "Which pods")]
    all_namespaces: bool,
    /// Leave out what only pods used that had succeeded or failed
    #[arg(long, help_heading = "Which pods")]
    active: bool,
    /// Only containers of this kind: app, init, sidecar, ephemeral, volume; may be repeated
    #[arg(long, value_name = "KIND", value_parser = value::kind, help_heading = "Which pods")]
    kind: Vec<ContainerKind>,
}

impl From<ExportArgs> for ExportAsked {
    fn from(args: ExportArgs) -> Self {
        let ExportArgs {
            image,
            records,
            at,
            since,
            until,
            output,
            namespace,
            all_namespaces: _,
            active,
            kind,
        } = args;
        let when = match (at, since, until) {
            (Some(at), ..) => When::At(at),
            (None, Some(from), None) => When::Since(from),
            // The later is the end, whichever was given as such.
            (None, Some(from), Some(until)) => {
                When::Span(Span { from: from.min(until), until: from.max(until) })
            }
            (None, None, _) => When::Last,
        };
        let filter = Filter { image, active, kinds: kind };
        Self { records: records.into(), when, filter, namespaces: namespace, form: output }
    }
}
