//! Questions that records answer: `history`, `at`, `diff`, `images --record`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use jiff::Timestamp;

use super::form::{Look, names};
use super::runtime::block_on;
use super::{Exit, answer, extent, note, warn};
use crate::answers::{self, At, Diff, Extent, History, Wanted};
use crate::cli::{AtAsked, DiffAsked, HistoryAsked, PastAsked, RecordAt, Records, TableForm};
use crate::connect::{self, ConnectArgs, Known};
use crate::lines::escape_prose;
use crate::record::past::{About, Span};
use crate::record::place::{self, Folders};
use crate::record::{Past, RecordError, SqlitePast};
use crate::remote::{Place, RemotePast};

mod changes;
mod images;
mod intervals;
mod json;
mod show;

/// Answers what is used according to records.
pub(super) fn last(asked: &PastAsked) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let answers = ask(asked, |past, wanted| answers::at_last(past, wanted, now))?;
    for At { at, extent, .. } in &answers {
        extent::tell_age(extent, Span::moment(*at), &[], now);
    }
    tell_images(&answers, asked.form)
}

/// Answers what was used at a time.
pub(super) fn at(asked: &AtAsked) -> anyhow::Result<Exit> {
    let AtAsked { past, at } = asked;
    let now = Timestamp::now();
    let answers = ask(past, |past, wanted| answers::at(past, wanted, *at, now))?;
    for At { asked, at, extent, .. } in &answers {
        extent::tell_age(extent, Span::moment(*at), &[*asked], now);
    }
    tell_images(&answers, past.form)
}

fn tell_images(answers: &[At], form: TableForm) -> anyhow::Result<Exit> {
    let certain = || answers.iter().flat_map(|answer| answer.certain.iter());
    let text = match form {
        TableForm::Table => images::table(answers, false, Look::of_output()),
        TableForm::Wide => images::table(answers, true, Look::of_output()),
        TableForm::Json => json::json(answers, images::json).context("cannot write JSON")?,
        TableForm::Csv => images::csv(answers).context("cannot write CSV")?,
        TableForm::Name => sorted_names(certain().map(|image| &*image.reference)),
    };
    let extents: Vec<&Extent> = answers.iter().map(|answer| &answer.extent).collect();
    for At { possible, extent, .. } in answers.iter().filter(|answer| !answer.possible.is_empty()) {
        let count = possible.len();
        warn(&format!("{}: {count} images are only possible", escape_prose(&extent.cluster)));
    }
    let is_empty = certain().next().is_none() && answers.iter().all(|answer| answer.possible.is_empty());
    tell(&text, form, &extents, is_empty.then_some("no image was used there then"))
}

/// Answers what changed between two times.
pub(super) fn diff(asked: &DiffAsked) -> anyhow::Result<Exit> {
    let DiffAsked { past, from, until } = asked;
    let now = Timestamp::now();
    let answers = ask(past, |past, wanted| answers::diff(past, wanted, *from, *until, now))?;
    let times: Vec<Timestamp> = std::iter::once(*from).chain(*until).collect();
    for Diff { from, until, extent, .. } in &answers {
        extent::tell_age(extent, Span { from: *from, until: *until }, &times, now);
    }
    let changes = || answers.iter().flat_map(|answer| &answer.changes);
    let form = past.form;
    let text = match form {
        TableForm::Table => changes::table(&answers, false, Look::of_output()),
        TableForm::Wide => changes::table(&answers, true, Look::of_output()),
        TableForm::Json => json::json(&answers, changes::json).context("cannot write JSON")?,
        TableForm::Csv => changes::csv(&answers).context("cannot write CSV")?,
        TableForm::Name => {
            sorted_names(changes().filter(|change| change.is_certain).map(|change| &*change.image.reference))
        }
    };
    let extents: Vec<&Extent> = answers.iter().map(|answer| &answer.extent).collect();
    tell(&text, form, &extents, changes().next().is_none().then_some("no difference was found"))
}

/// Answers what happened in a span.
pub(super) fn history(asked: &HistoryAsked) -> anyhow::Result<Exit> {
    let HistoryAsked { past, since, until } = asked;
    let now = Timestamp::now();
    let answers = ask(past, |past, wanted| answers::history(past, wanted, *since, *until, now))?;
    let times: Vec<Timestamp> = since.iter().chain(until).copied().collect();
    for History { span, extent, .. } in &answers {
        extent::tell_age(extent, *span, &times, now);
    }
    let places = || answers.iter().flat_map(|answer| answer.uses.keys());
    let form = past.form;
    let text = match form {
        TableForm::Table => intervals::table(&answers, false, Look::of_output()),
        TableForm::Wide => intervals::table(&answers, true, Look::of_output()),
        TableForm::Json => json::json(&answers, intervals::json).context("cannot write JSON")?,
        TableForm::Csv => intervals::csv(&answers).context("cannot write CSV")?,
        TableForm::Name => sorted_names(places().map(|place| &*place.reference)),
    };
    let extents: Vec<&Extent> = answers.iter().map(|answer| &answer.extent).collect();
    tell(&text, form, &extents, places().next().is_none().then_some("no image was used there then"))
}

/// Asks each record.
fn ask<T>(
    asked: &PastAsked,
    question: impl Fn(&dyn Past, Wanted<'_>) -> Result<T, RecordError>,
) -> anyhow::Result<Vec<T>> {
    let PastAsked { records, namespaces, filter, form: _ } = asked;
    let wanted = Wanted { filter, namespaces };
    let answers = open_for_rows(records)?.into_iter().map(|one| question(&*one.past, wanted));
    Ok(answers.collect::<Result<_, _>>()?)
}

/// A record that is asked.
pub(super) struct OpenRecord {
    /// Where it is, as messages say it.
    pub name: String,
    pub past: Box<dyn Past>,
    about: About,
}

/// Opens each record once.
pub(super) fn open_records(records: &Records) -> anyhow::Result<Vec<OpenRecord>> {
    let usual = if records.places.is_empty() { vec![usual(records)?] } else { Vec::new() };
    let named = records.places.iter().map(|place| open(place, &records.cluster));
    let mut opened: Vec<OpenRecord> = Vec::new();
    for one in usual.into_iter().map(Ok).chain(named) {
        let one = one?;
        if let Some(other) = opened.iter().find(|other| other.about.record == one.about.record) {
            bail!("{} and {} are the same record; name each once", other.name, one.name);
        }
        opened.push(one);
    }
    Ok(opened)
}

fn open(place: &RecordAt, cluster: &ConnectArgs) -> anyhow::Result<OpenRecord> {
    let (name, past): (String, Box<dyn Past>) = match place {
        RecordAt::File(path) => (path.display().to_string(), Box::new(SqlitePast::open(path)?)),
        RecordAt::Running(place) => (place.to_string(), Box::new(RemotePast::open(place, cluster)?)),
    };
    let about = past.about()?;
    Ok(OpenRecord { name, past, about })
}

/// As [`open_records`], for an answer with rows of each: it says so where these look alike.
pub(super) fn open_for_rows(records: &Records) -> anyhow::Result<Vec<OpenRecord>> {
    let opened = open_records(records)?;
    for (number, OpenRecord { name, about, .. }) in opened.iter().enumerate() {
        if let Some(other) = opened[..number].iter().find(|other| other.about.cluster == about.cluster) {
            let [other, name, cluster] = [&other.name, name, &about.cluster].map(|text| escape_prose(text));
            note(&format!("{other} and {name} are both of the cluster {cluster}: their rows look alike"));
        }
    }
    Ok(opened)
}

/// The record that is meant where none is named: with kubectl that of the kimager that runs in the
/// cluster, if the user may ask it; else the one that a watch of the cluster keeps here.
fn usual(records: &Records) -> anyhow::Result<OpenRecord> {
    let Records { cluster, is_plugin, .. } = records;
    if !is_plugin {
        return open(&RecordAt::File(usual_file(cluster)?), cluster);
    }
    let place = RecordAt::Running(Place::installed());
    open(&place, cluster).or_else(|installed| {
        let file = usual_file(cluster).with_context(|| format!("{installed:#}; and nothing is kept here"))?;
        note(&format!("{installed:#}; asked is {}", file.display()));
        open(&RecordAt::File(file), cluster)
    })
}

/// The file that a watch of the cluster keeps if it names none.
fn usual_file(cluster: &ConnectArgs) -> anyhow::Result<PathBuf> {
    let Known { name, identity, is_own } = block_on(async {
        let known = connect::identify(cluster).await;
        known.context("cannot tell whose record is meant: name one by --record, or a cluster")
    })?;
    let path = place::usual(&Folders::of_process(), &name, &identity, is_own)?;
    if !path.exists() {
        bail!(
            "there is no record of the cluster {name:?} at {}: run `kimager watch` for a while, or name one by \
             --record, or the cluster by --cluster-name if the watch did",
            path.display()
        );
    }
    Ok(path)
}

fn sorted_names<'a>(references: impl Iterator<Item = &'a str>) -> String {
    names(references.collect::<BTreeSet<_>>())
}

/// Says the answer, and how far it goes.
fn tell(text: &str, form: TableForm, extents: &[&Extent], empty: Option<&str>) -> anyhow::Result<Exit> {
    answer(text.as_bytes()).context("cannot write the answer")?;
    for extent in extents {
        extent::tell(extent);
    }
    if let Some(empty) = empty.filter(|_| matches!(form, TableForm::Table | TableForm::Wide)) {
        note(empty);
    }
    let is_complete = extents.iter().all(|extent| extent.is_complete);
    Ok(if is_complete { Exit::Done } else { Exit::Incomplete })
}
