//! `kimager images`: which images are used now, and by what.

use anyhow::Context as _;

use super::form::Look;
use super::{Exit, answer, source, warn};
use crate::cli::{ImagesAsked, TableForm};

mod json;
mod table;
mod uses;
mod values;

/// Answers once.
pub(super) fn run(asked: &ImagesAsked) -> anyhow::Result<Exit> {
    let ImagesAsked { source, filter, form } = asked;
    let listing = source::load(source)?;
    let images = uses::uses(listing.inventory.shapes(), filter);
    let text = match form {
        TableForm::Table => table::table(&images, false, Look::of_output()),
        TableForm::Wide => table::table(&images, true, Look::of_output()),
        TableForm::Json => json::json(&images, &listing).context("cannot write JSON")?,
        TableForm::Csv => values::csv(&images).context("cannot write CSV")?,
        TableForm::Name => values::names(&images),
    };
    answer(text.as_bytes()).context("cannot write the answer")?;
    if images.is_empty() && matches!(form, TableForm::Table | TableForm::Wide) {
        warn("no image is used there");
    }
    Ok(if listing.is_complete { Exit::Done } else { Exit::Incomplete })
}
