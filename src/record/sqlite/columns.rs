//! Values of the core as columns.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};

use crate::inventory::{Cause, ContainerKind};

/// A time as it is stored.
pub(super) fn stored(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A time that may be absent.
pub(super) fn time(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>> {
    let millisecond: Option<i64> = row.get(column)?;
    millisecond
        .map(|millisecond| {
            Timestamp::from_millisecond(millisecond).map_err(|e| damaged(column, &e.to_string()))
        })
        .transpose()
}

/// The kind of a container.
pub(super) fn kind(row: &Row<'_>, column: &str) -> Result<ContainerKind> {
    let word: Box<str> = row.get(column)?;
    ContainerKind::from_word(&word).ok_or_else(|| damaged(column, &word))
}

/// The cause of an event.
pub(super) fn cause(row: &Row<'_>, column: &str) -> Result<Cause> {
    let word: Box<str> = row.get(column)?;
    [Cause::Start, Cause::Watch, Cause::Relist]
        .into_iter()
        .find(|cause| cause.word() == &*word)
        .ok_or_else(|| damaged(column, &word))
}

/// The error for a column that holds what kimager never wrote there.
pub(super) fn damaged(column: &str, found: &str) -> Error {
    Error::FromSqlConversionFailure(0, Type::Text, format!("column {column} holds {found:?}").into())
}
