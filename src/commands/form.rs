//! How answers are laid out: tables for people, values for programs.

use std::fmt::Write as _;

use crate::lines;

mod named;
mod reach;
mod table;
mod values;

pub(super) use named::{NAME, Named, REFERENCE};
pub(super) use reach::{GapTold, Reach, precise};
pub(super) use table::{Look, Table};
pub(super) use values::csv;

/// Each reference on a line; nothing else.
pub(super) fn names<'a>(references: impl IntoIterator<Item = &'a str>) -> String {
    references.into_iter().fold(String::new(), |mut names, reference| {
        name(&mut names, reference);
        names
    })
}

/// One more reference on a line of its own.
pub(super) fn name(names: &mut String, reference: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(names, "{}", lines::escape(reference));
}
