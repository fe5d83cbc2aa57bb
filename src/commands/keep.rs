//! `kimager keep`: what must stay in a registry, or which candidates may go. Whoever deletes relies
//! on it, so it is answered whole or not at all.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use jiff::Timestamp;

use super::form::{Look, name};
use super::past::{OpenRecord, open_records};
use super::{Exit, note, refuse, warn};
use crate::answers::GapKind;
use crate::answers::keep::{Asked, Candidates, Fate, Keep, Terms, UNTOLD, Unanswered, ask, lines};
use crate::cli::{KeepAsked, TableForm};
use crate::lines::{escape_prose, write_stdout_or_nothing};
use crate::record::past::Span;

mod json;
mod rows;

/// Answers once.
pub(super) fn run(asked: &KeepAsked) -> anyhow::Result<Exit> {
    let mut keep = Keep::new(asked.mirrors.clone());
    for path in &asked.also {
        add_lines(&mut keep, path)?;
    }
    let candidates = asked.filter.as_deref().map(read).transpose()?;
    let candidates = candidates.as_deref().map(Candidates::read).transpose();
    let candidates = candidates.context("cannot read the candidates")?;
    let now = Timestamp::now();
    let window = Span { from: now.saturating_sub(asked.within)?, until: now };
    let terms = Terms { window, max_gap: asked.max_gap, partial_scope: asked.partial_scope };
    let opened = open_records(&asked.records)?;
    let Some(records) = ask_all(asked, &opened, terms)? else {
        return Ok(Exit::Incomplete);
    };
    tell_limits(&records);
    let records = records.into_iter().map(|(name, Asked { about, vouched, cluster })| {
        keep.add(cluster);
        json::Record { name, about, vouched }
    });
    let records: Vec<json::Record<'_>> = records.collect();
    match candidates {
        Some(candidates) => filter(&keep, &candidates)?,
        None => list(keep, asked, window, &records)?,
    }
    Ok(Exit::Done)
}

/// Asks every record; `None` where the answer would not be whole, and then that has been said.
fn ask_all<'a>(
    asked: &KeepAsked,
    opened: &'a [OpenRecord],
    terms: Terms,
) -> anyhow::Result<Option<Vec<(&'a str, Asked)>>> {
    let mut answers: Vec<(&str, Asked)> = Vec::new();
    let mut refusals = Vec::new();
    let mut clusters = BTreeSet::new();
    for OpenRecord { name, past, .. } in opened {
        match ask(&**past, terms, asked.versions) {
            Ok(answer) => {
                clusters.insert(answer.about.cluster.clone());
                answers.push((name, answer));
            }
            Err(Unanswered::Record(error)) => return Err(error.into()),
            Err(Unanswered::Refused { cluster, refusal }) => {
                refusals.push(format!("{} ({}): {refusal}", escape_prose(&cluster), escape_prose(name)));
                clusters.insert(cluster);
            }
        }
    }
    // An old and a new record of one cluster must not hide that another cluster was forgotten.
    if let Some(expected) = asked.expect.filter(|expected| *expected != clusters.len()) {
        let count = clusters.len();
        refusals.push(format!(
            "there are records of {count} clusters (those of one name count once), but {expected} were expected"
        ));
    }
    if refusals.is_empty() {
        return Ok(Some(answers));
    }
    refuse(&format!("it is not known what must stay, so nothing is said:\n  {}", refusals.join("\n  ")));
    Ok(None)
}

/// Says what was tolerated, and what to think of.
fn tell_limits(records: &[(&str, Asked)]) {
    for (_, Asked { about, vouched, .. }) in records {
        for gap in &vouched.tolerated {
            let sentence = format!("{}: {gap}", escape_prose(&about.cluster));
            // A record is always a little behind.
            if gap.kind == GapKind::Since { note(&sentence) } else { warn(&sentence) }
        }
        let scopes: Vec<&str> = vouched.scopes.iter().map(|scope| &**scope).collect();
        if !scopes.contains(&"all namespaces") {
            let (cluster, scopes) = (escape_prose(&about.cluster).to_string(), scopes.join(", "));
            warn(&format!("{cluster}: images used outside of {} are not kept", escape_prose(&scopes)));
        }
    }
    note(&format!("no pod tells of these, think of them before you delete: {}", UNTOLD.join("; ")));
}

fn list(keep: Keep, asked: &KeepAsked, window: Span, records: &[json::Record<'_>]) -> anyhow::Result<()> {
    let kept = if asked.form == TableForm::Name { Vec::new() } else { keep.list() };
    let clusters: Vec<&str> = records.iter().map(|record| &*record.about.cluster).collect();
    let text = match asked.form {
        TableForm::Table => rows::table(&kept, &clusters, false, Look::of_output()),
        TableForm::Wide => rows::table(&kept, &clusters, true, Look::of_output()),
        TableForm::Json => json::json(&kept, asked, window, records).context("cannot write JSON")?,
        TableForm::Csv => rows::values(&kept, &clusters).context("cannot write CSV")?,
        TableForm::Name => {
            let mut names = String::new();
            keep.into_names(&mut |one| name(&mut names, one));
            names
        }
    };
    write_stdout_or_nothing(text.as_bytes()).map(drop).context("cannot write the answer")
}

/// Prints the candidates that may go, unchanged and in order.
fn filter(keep: &Keep, candidates: &Candidates<'_>) -> anyhow::Result<()> {
    let verdict = candidates.judge(keep.stays());
    let lines_of = |wanted: Fate| {
        verdict.candidates.iter().filter(move |(_, fate)| *fate == wanted).map(|(line, _)| *line)
    };
    for line in lines_of(Fate::Unclear) {
        warn(&format!("{} stays, for it is no reference with a tag or a digest", escape_prose(line)));
    }
    let of_those = "of the candidates that may go have";
    if verdict.without_digest > 0 {
        warn(&format!(
            "{} {of_those} no digest: where deleting a tag deletes its image, other tags of the image go with \
             it; better list them as REPOSITORY:TAG@DIGEST",
            verdict.without_digest
        ));
    }
    if verdict.without_tag > 0 {
        warn(&format!(
            "{} {of_those} no tag: an image for a single platform has none, and has to stay with its index",
            verdict.without_tag
        ));
    }
    let text: String = lines_of(Fate::MayGo).flat_map(|line| [line, "\n"]).collect();
    let count = |wanted: Fate| lines_of(wanted).count();
    note(&format!("{} of {} candidates may go", count(Fate::MayGo), verdict.candidates.len()));
    write_stdout_or_nothing(text.as_bytes()).map(drop).context("cannot write the answer")
}

fn add_lines(keep: &mut Keep, path: &Path) -> anyhow::Result<()> {
    let bytes = read(path)?;
    let name = path.display();
    let mut is_empty = true;
    for line in lines(&bytes).with_context(|| format!("cannot read {name}"))? {
        is_empty = false;
        if let Err(remedy) = keep.also(line) {
            bail!("cannot keep {:?} of {name}: {remedy}", escape_prose(line).to_string());
        }
    }
    if is_empty {
        bail!("{name} names nothing: was it made in full? Leave --also out if nothing more is to be kept");
    }
    Ok(())
}

/// A whole file; `-` is standard input.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}
