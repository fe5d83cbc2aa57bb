//! `kimager export`: all that is known of the images of a time, for other programs.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;

use super::{Exit, answer, warn};
use crate::answers::{Export, Exported, Wanted, export};
use crate::cli::{ExportAsked, ExportForm};
use crate::inventory::Reference;
use crate::lines::escape_prose;
use crate::record::SqlitePast;

mod cyclonedx;
mod json;
mod package_url;
mod rows;

/// Answers once.
pub(super) fn run(asked: &ExportAsked) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let exports =
        asked.records.iter().map(|path| ask(path, asked, now)).collect::<anyhow::Result<Vec<Export>>>()?;
    let text = match asked.form {
        ExportForm::Cyclonedx => cyclonedx::cyclonedx(&exports).context("cannot write CycloneDX")?,
        ExportForm::Csv => rows::values(&exports).context("cannot write CSV")?,
        ExportForm::Json => json::json(&exports).context("cannot write JSON")?,
    };
    for Export { extent, .. } in &exports {
        for gap in extent.gaps.iter().filter(|gap| gap.kind.is_blind()) {
            warn(&format!("{}: {gap}", escape_prose(&extent.cluster)));
        }
    }
    answer(text.as_bytes()).context("cannot write the answer")?;
    let is_complete = exports.iter().all(|export| export.extent.is_complete);
    Ok(if is_complete { Exit::Done } else { Exit::Incomplete })
}

fn ask(path: &Path, asked: &ExportAsked, now: Timestamp) -> anyhow::Result<Export> {
    let past = SqlitePast::open(path)?;
    let wanted = Wanted { filter: &asked.filter, namespaces: &asked.namespaces };
    Ok(export(&past, wanted, asked.when, now)?)
}

/// Every image of every cluster, with its reference in parts.
fn images(exports: &[Export]) -> impl Iterator<Item = (&Export, &Exported, Reference)> {
    exports.iter().flat_map(|export| {
        export.images.iter().map(move |image| (export, image, Reference::parse(&image.reference)))
    })
}
