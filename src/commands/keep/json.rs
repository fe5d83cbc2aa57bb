//! One JSON object for programs.

use serde::Serialize;

use crate::answers::keep::{Kept, Last, UNTOLD, Vouched};
use crate::cli::KeepAsked;
use crate::commands::form::{GapTold, NAME, Named, precise};
use crate::record::past::{About, Span};

/// A record that answered.
pub(super) struct Record<'a> {
    pub name: &'a str,
    pub about: About,
    pub vouched: Vouched,
}

#[derive(Serialize)]
struct Answer<'a> {
    window: Window,
    versions: usize,
    /// Always: an answer that is not complete is not given.
    complete: bool,
    records: Vec<RecordTold<'a>>,
    kept: Vec<KeptTold<'a>>,
    /// What no pod tells, so that whoever deletes has to think of it.
    untold: [&'static str; 7],
}

#[derive(Serialize)]
struct Window {
    from: String,
    until: String,
}

#[derive(Serialize)]
struct RecordTold<'a> {
    cluster: &'a str,
    record: &'a str,
    file: String,
    /// What of the cluster was watched, in words.
    scopes: Vec<&'a str>,
    /// What is told as used is so as of this time, when all was seen last.
    as_of: Option<String>,
    /// Times without sight in which an image may have been missed.
    tolerated_gaps: Vec<GapTold<'a>>,
}

#[derive(Serialize)]
struct KeptTold<'a> {
    #[serde(flatten)]
    named: Named<'a>,
    /// `window`, `version`, `also`, `map`
    why: Vec<&'static str>,
    used_now: bool,
    /// When it ceased to be used, where it is not used now and a record tells.
    last_used: Option<String>,
    clusters: Vec<&'a str>,
}

/// The answer as one object and a line feed.
pub(super) fn json(
    kept: &[Kept],
    asked: &KeepAsked,
    window: Span,
    records: &[Record<'_>],
) -> serde_json::Result<String> {
    let answer = Answer {
        window: Window { from: precise(window.from), until: precise(window.until) },
        versions: asked.versions,
        complete: true,
        records: records.iter().map(record).collect(),
        kept: kept.iter().map(|kept| told(kept, records)).collect(),
        untold: UNTOLD,
    };
    Ok(serde_json::to_string_pretty(&answer)? + "\n")
}

fn record<'a>(record: &'a Record<'_>) -> RecordTold<'a> {
    let Record { name, about, vouched } = record;
    RecordTold {
        cluster: &about.cluster,
        record: &about.record,
        file: (*name).to_owned(),
        scopes: vouched.scopes.iter().map(|scope| &**scope).collect(),
        as_of: vouched.seen_until.map(precise),
        tolerated_gaps: vouched.tolerated.iter().map(GapTold::from).collect(),
    }
}

fn told<'a>(kept: &'a Kept, records: &'a [Record<'_>]) -> KeptTold<'a> {
    KeptTold {
        named: Named::new(NAME, &kept.name),
        why: kept.reasons.words().collect(),
        used_now: kept.last == Some(Last::Still),
        last_used: match kept.last {
            Some(Last::Until(at)) => Some(precise(at)),
            Some(Last::Still) | None => None,
        },
        clusters: kept
            .clusters
            .iter()
            .filter_map(|number| records.get(*number))
            .map(|record| &*record.about.cluster)
            .collect(),
    }
}
