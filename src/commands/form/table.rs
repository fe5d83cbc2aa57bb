//! A table for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement};

/// Blanks between columns.
const GAP: u16 = 2;

/// What the output can show.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::commands) struct Look {
    /// Columns of a terminal; without one, a row is one line however long.
    pub width: Option<u16>,
    /// Whether there may be colour.
    pub is_coloured: bool,
}

impl Look {
    /// That of standard output, and the user's `NO_COLOR`.
    pub(in crate::commands) fn of_output() -> Self {
        let output = comfy_table::Table::new();
        let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { width: output.width(), is_coloured: output.is_tty() && !is_unwanted }
    }
}

/// Rows under titles. Cells that list something part it by commas.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Table {
    titles: Vec<&'static str>,
    rows: Vec<(Vec<String>, bool)>,
}

impl Table {
    pub(in crate::commands) fn new(titles: Vec<&'static str>) -> Self {
        Self { titles, rows: Vec::new() }
    }

    /// Adds a row; one that matters less is dim.
    pub(in crate::commands) fn row(&mut self, cells: Vec<String>, is_dim: bool) {
        self.rows.push((cells, is_dim));
    }

    /// The table with its end, numbers in `numbers` to the right; nothing where there are no rows.
    pub(in crate::commands) fn text(self, numbers: &[&str], look: Look) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).force_no_tty();
        if let Some(width) = look.width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        if look.is_coloured {
            table.enforce_styling();
        }
        table.set_header(self.titles.iter().map(|title| with(Cell::new(title), Attribute::Bold, look)));
        for (cells, is_dim) in self.rows {
            let cells = cells.into_iter().map(Cell::new);
            if is_dim {
                table.add_row(cells.map(|cell| with(cell, Attribute::Dim, look)));
            } else {
                table.add_row(cells);
            }
        }
        for (column, title) in table.column_iter_mut().zip(&self.titles) {
            column.set_padding((0, GAP)).set_delimiter(',');
            if numbers.contains(title) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.trim_fmt() + "\n"
    }
}

fn with(cell: Cell, attribute: Attribute, look: Look) -> Cell {
    if look.is_coloured { cell.add_attribute(attribute) } else { cell }
}
