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

/// More images or shapes than any cluster has at a time. Their numbers are reused, lowest first, and
/// room is made up to the highest: a damaged one must not take all memory.
const NUMBERS: u32 = 1 << 24;

/// The number of an image or a shape.
pub(super) fn number(row: &Row<'_>) -> Result<u32> {
    let number: i64 = row.get("id")?;
    u32::try_from(number)
        .ok()
        .filter(|number| *number < NUMBERS)
        .ok_or_else(|| damaged("id", &number.to_string()))
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
