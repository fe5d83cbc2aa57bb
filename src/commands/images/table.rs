//! A table for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};

use super::uses::ImageUses;
use crate::commands::text::{familiar, short_digest, shown};

/// A narrow table names no more namespaces.
const MOST_NAMESPACES: usize = 3;

/// Blanks between columns.
const GAP: u16 = 2;

/// What the output can show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// Columns of a terminal; without one, a row is one line however long.
    pub width: Option<u16>,
    /// Whether there may be colour.
    pub is_coloured: bool,
}

impl Look {
    /// That of standard output, and the user's `NO_COLOR`.
    pub(super) fn of_output() -> Self {
        let output = Table::new();
        let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { width: output.width(), is_coloured: output.is_tty() && !is_unwanted }
    }
}

/// The images, a row each; nothing where there are none.
pub(super) fn table(images: &[ImageUses], is_wide: bool, look: Look) -> String {
    if images.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(NOTHING).force_no_tty();
    if let Some(width) = look.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if look.is_coloured {
        table.enforce_styling();
    }
    let mut titles = vec!["IMAGE", "DIGEST", "PODS", "ACTIVE", "NAMESPACES", "KINDS"];
    if is_wide {
        titles.push("WORKLOADS");
    }
    table.set_header(titles.into_iter().map(|title| with(Cell::new(title), Attribute::Bold, look)));
    for image in images {
        let cells = cells(image, is_wide).into_iter().map(Cell::new);
        if image.active == 0 {
            table.add_row(cells.map(|cell| with(cell, Attribute::Dim, look)));
        } else {
            table.add_row(cells);
        }
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, GAP)).set_delimiter(',');
        if matches!(index, 2 | 3) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt() + "\n"
}

fn with(cell: Cell, attribute: Attribute, look: Look) -> Cell {
    if look.is_coloured { cell.add_attribute(attribute) } else { cell }
}

fn cells(image: &ImageUses, is_wide: bool) -> Vec<String> {
    let kinds: Vec<&str> = image.kinds.iter().map(|kind| kind.word()).collect();
    let mut cells = vec![
        name(image, is_wide),
        digests(image, is_wide),
        image.pods.to_string(),
        image.active.to_string(),
        namespaces(image, is_wide),
        kinds.join(","),
    ];
    if is_wide {
        cells.push(workloads(image).join(","));
    }
    cells
}

fn name(image: &ImageUses, is_wide: bool) -> String {
    let familiar = familiar(&image.reference);
    match image.reference.digest().filter(|_| !is_wide) {
        Some(digest) => shown(&familiar.replace(digest, short_digest(digest))),
        None => shown(familiar),
    }
}

fn digests(image: &ImageUses, is_wide: bool) -> String {
    let digests: Vec<String> = image.digests.iter().map(|digest| shown(digest)).collect();
    match digests.as_slice() {
        [] => "-".to_owned(),
        _ if is_wide => digests.join(","),
        [digest] => short_digest(digest).to_owned(),
        // A blank would make two columns of it for other programs.
        several => format!("{}-digests", several.len()),
    }
}

fn namespaces(image: &ImageUses, is_wide: bool) -> String {
    let most = if is_wide { usize::MAX } else { MOST_NAMESPACES };
    let mut names: Vec<String> = image.namespaces.keys().take(most).map(|name| shown(name)).collect();
    let more = image.namespaces.len() - names.len();
    if more > 0 {
        names.push(format!("+{more}"));
    }
    names.join(",")
}

/// `NAMESPACE/WORKLOAD` for each.
pub(super) fn workloads(image: &ImageUses) -> Vec<String> {
    let named = image.namespaces.iter().flat_map(|(namespace, uses)| {
        uses.named().into_iter().map(move |workload| format!("{}/{}", shown(namespace), shown(workload)))
    });
    named.collect()
}

#[cfg(test)]
mod tests;
