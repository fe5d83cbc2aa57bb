//! `kimager history`, `kimager at` and `kimager diff`

use clap::{ArgMatches, Args};
use jiff::Timestamp;

use super::source::RecordArgs;
use super::{AtAsked, DiffAsked, HistoryAsked, PastAsked, TableForm, time, value};
use crate::answers::{Filter, Pattern};
use crate::inventory::ContainerKind;

/// What of which records.
#[derive(Debug, Args)]
struct PastArgs {
    /// How to say it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    output: TableForm,
    #[command(flatten)]
    records: RecordArgs,
    /// Only this namespace; may be repeated
    #[arg(short, long, value_name = "NAMESPACE", value_parser = value::namespace,
          conflicts_with = "all_namespaces", help_heading = "Which pods")]
    namespace: Vec<String>,
    /// All namespaces, as without it
    #[arg(short = 'A', long, help_heading = "Which pods")]
    all_namespaces: bool,
    /// Leave out pods that have succeeded or failed
    #[arg(long, help_heading = "Which pods")]
    active: bool,
    /// Only containers of this kind: app, init, sidecar, ephemeral, volume; may be repeated
    #[arg(long, value_name = "KIND", value_parser = value::kind, help_heading = "Which pods")]
    kind: Vec<ContainerKind>,
}

impl PastArgs {
    fn asked(self, image: Option<Pattern>) -> PastAsked {
        let Self { output, records, namespace, all_namespaces: _, active, kind } = self;
        let filter = Filter { image, active, kinds: kind };
        PastAsked { records: records.into(), namespaces: namespace, filter, form: output }
    }
}

/// Tell since when, until when and where images were used
///
/// Asks a record: each place of use, and what happened to the images. A time with '<=' before it is
/// when that was found; it happened unseen, at some time before. '>=' is when it was last seen,
/// '-' that it is used still. Exit code 3 means that part of the span was out of sight; standard
/// error says which.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager history --record images.db nginx
  kimager history --record images.db sha256:0123456789ab -o wide
  kimager history --record images.db --since 2d --until 1d -o csv")]
pub(super) struct HistoryArgs {
    /// A reference, a repository, a glob, or a digest (12 characters of it are enough)
    #[arg(value_parser = Pattern::parse)]
    image: Option<Pattern>,
    /// Since this time (2026-11-23T02:04:49Z, 2026-11-23, 2h, '3d ago'), instead of since the record
    /// began
    #[arg(long, value_name = "TIME", value_parser = time::past)]
    since: Option<Timestamp>,
    /// Until this time, instead of until the last that was seen
    #[arg(long, value_name = "TIME", value_parser = time::past)]
    until: Option<Timestamp>,
    #[command(flatten)]
    past: PastArgs,
}

impl From<HistoryArgs> for HistoryAsked {
    fn from(args: HistoryArgs) -> Self {
        let HistoryArgs { image, since, until, past } = args;
        Self { past: past.asked(image), since, until }
    }
}

/// Show which images were used at a time, and by what
///
/// Asks a record. If the time was out of sight, it tells what is certain, because it was used before
/// and after, and what is possible; exit code 3 means that these differ, or that one side is not
/// known.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager at 2h --record images.db
  kimager at '3d ago' --record images.db -n shop -o wide
  kimager at 2026-04-19T04:54:28Z --record images.db 'quay.io/*' -o name")]
pub(super) struct AtArgs {
    /// 2026-11-23T02:04:49Z, 2026-11-23 (its first moment), 2h or '3d ago'; in UTC
    #[arg(value_parser = time::past)]
    time: Timestamp,
    /// A reference, a repository, a glob, or a digest (12 characters of it are enough)
    #[arg(value_parser = Pattern::parse)]
    image: Option<Pattern>,
    #[command(flatten)]
    past: PastArgs,
}

/// A time of several words, of which the shell has made a time and an image: what to do about it.
pub(super) fn parted_time(at: &ArgMatches) -> Option<String> {
    let typed = |id| at.get_raw(id)?.next()?.to_str();
    let (time, image) = (typed("time")?, typed("image")?);
    let whole = format!("{time} {image}");
    time::past(&whole).is_ok().then(|| {
        format!(
            "'{whole}' is a time of several words: quote it; or, if the image {image} is meant, name it in full, \
             as docker.io/library/{image}"
        )
    })
}

impl From<AtArgs> for AtAsked {
    fn from(args: AtArgs) -> Self {
        let AtArgs { time: at, image, past } = args;
        Self { past: past.asked(image), at }
    }
}

/// Show what changed between two times, all told
///
/// Asks a record: images that were used at only one of the times, and tags that ran with other
/// digests. What came and went in between is no difference. Exit code 3 means that one of the times
/// was out of sight, or that another part of the cluster was watched.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kimager diff 2h --record images.db     since two hours ago
  kimager diff '2d ago' '1d ago' --record images.db -o wide")]
pub(super) struct DiffArgs {
    /// 2026-11-23T02:04:49Z, 2026-11-23 (its first moment), 2h or '3d ago'; in UTC
    #[arg(value_parser = time::past)]
    from: Timestamp,
    /// The other time, instead of the last that was seen
    #[arg(value_parser = time::past)]
    until: Option<Timestamp>,
    #[command(flatten)]
    past: PastArgs,
}

impl From<DiffArgs> for DiffAsked {
    fn from(args: DiffArgs) -> Self {
        let DiffArgs { from, until, past } = args;
        Self { past: past.asked(None), from, until }
    }
}
