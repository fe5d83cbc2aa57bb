//! `kimager export`: all that is known of the images of a time, for other programs.

use anyhow::Context as _;
use jiff::Timestamp;

use super::past::open_for_rows;
use super::{Exit, answer, extent};
use crate::answers::{Export, Exported, Wanted, When, export};
use crate::cli::{ExportAsked, ExportForm};
use crate::inventory::Reference;
use crate::record::past::Span;

mod cyclonedx;
mod json;
mod package_url;
mod rows;

/// Answers once.
pub(super) fn run(asked: &ExportAsked) -> anyhow::Result<Exit> {
    let ExportAsked { records, when, filter, namespaces, form } = asked;
    let now = Timestamp::now();
    let wanted = Wanted { filter, namespaces };
    let exports = open_for_rows(records)?.into_iter().map(|one| export(&*one.past, wanted, *when, now));
    let exports = exports.collect::<Result<Vec<Export>, _>>()?;
    let text = match form {
        ExportForm::Cyclonedx => cyclonedx::cyclonedx(&exports).context("cannot write CycloneDX")?,
        ExportForm::Csv => rows::values(&exports).context("cannot write CSV")?,
        ExportForm::Json => json::json(&exports).context("cannot write JSON")?,
    };
    for Export { span, extent, .. } in &exports {
        let asked = match *when {
            When::Last => vec![],
            When::At(at) | When::Since(at) => vec![at],
            When::Span(Span { from, until }) => vec![from, until],
        };
        extent::tell_age(extent, *span, &asked, now);
        extent::tell(extent);
    }
    answer(text.as_bytes()).context("cannot write the answer")?;
    let is_complete = exports.iter().all(|export| export.extent.is_complete);
    Ok(if is_complete { Exit::Done } else { Exit::Incomplete })
}

/// Every image of every cluster, with its reference in parts.
fn images(exports: &[Export]) -> impl Iterator<Item = (&Export, &Exported, Reference)> {
    exports.iter().flat_map(|export| {
        export.images.iter().map(move |image| (export, image, Reference::parse(&image.reference)))
    })
}
