//! What the JSON of all questions about the past has in common.

use serde::Serialize;

use crate::answers::{Bound, ImageThen};
use crate::commands::form::{Named, REFERENCE, precise};
use crate::commands::text::named;

#[derive(Serialize)]
struct Answer<R> {
    /// Whether all of the records' answers are.
    complete: bool,
    records: Vec<R>,
}

/// An answer about one record, as JSON has it.
pub(super) trait OfRecord: Serialize {
    fn is_complete(&self) -> bool;
}

/// The answers as one object and a line feed.
pub(super) fn json<'a, T, R: OfRecord>(
    answers: &'a [T],
    of_record: impl Fn(&'a T) -> R,
) -> serde_json::Result<String> {
    let records: Vec<R> = answers.iter().map(of_record).collect();
    let complete = records.iter().all(OfRecord::is_complete);
    Ok(serde_json::to_string_pretty(&Answer { complete, records })? + "\n")
}

/// An image at a moment.
#[derive(Serialize)]
pub(super) struct Image<'a> {
    #[serde(flatten)]
    named: Named<'a>,
    /// What runtimes reported; empty where it was never pulled.
    digests: Vec<&'a str>,
    since: String,
    /// Whether that was seen; else it was found then, and used for some time.
    since_exact: bool,
    active: bool,
    kinds: Vec<&'static str>,
    namespaces: Vec<Namespace<'a>>,
}

#[derive(Serialize)]
struct Namespace<'a> {
    #[serde(rename = "namespace")]
    name: &'a str,
    /// `*` alone where there are too many to name.
    workloads: Vec<&'a str>,
    workload_count: usize,
}

impl<'a> From<&'a ImageThen> for Image<'a> {
    fn from(image: &'a ImageThen) -> Self {
        let ImageThen { reference, digests, kinds, places, since, is_active } = image;
        let Bound { at, is_exact } = *since;
        let namespaces = places.iter().map(|(name, workloads)| Namespace {
            name,
            workloads: named(workloads),
            workload_count: workloads.len(),
        });
        Self {
            named: Named::new(REFERENCE, reference),
            digests: digests.iter().map(|digest| &**digest).collect(),
            since: precise(at),
            since_exact: is_exact,
            active: *is_active,
            kinds: kinds.iter().map(|kind| kind.word()).collect(),
            namespaces: namespaces.collect(),
        }
    }
}
