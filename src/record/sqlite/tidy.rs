//! Keeps the record from growing without end, in small steps beside live work.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior};

use super::columns::stored;
use super::{coalesce, prune};
use crate::record::limits::Limits;

/// Rows of a table that a step looks at: so many take a few milliseconds.
pub(super) const STEP_ROWS: i64 = 100;

/// Free pages that the file keeps: a record that grows and is pruned at the same pace uses them again.
const SPARE_PAGES: i64 = 256;
/// Pages that a step gives back.
const STEP_PAGES: i64 = 64;

/// In milliseconds. What is too old is asked for by whole minutes: there would always be another
/// millisecond to prune.
const MINUTE: i64 = 60_000;

/// How far the steps came; forgotten with the process, as to do them again changes nothing.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) pruned: prune::Progress,
    pub(super) coalesced: coalesce::Progress,
}

/// Does one step; whether there may be more to do.
pub(super) fn step(
    connection: &mut Connection,
    progress: &mut Progress,
    now: Timestamp,
    limits: &Limits,
) -> Result<bool> {
    // A power cut may take a step back, but never in part and never a batch: the log is in order,
    // and the next batch syncs what stands in it before.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let done = in_transaction(connection, progress, now, limits);
    connection.pragma_update(None, "synchronous", "FULL")?;
    if done.is_err() {
        *progress = Progress::default();
    }
    done
}

fn in_transaction(
    connection: &mut Connection,
    progress: &mut Progress,
    now: Timestamp,
    limits: &Limits,
) -> Result<bool> {
    let Limits { keep_for, max_size, fine_for } = limits;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Progress { pruned, coalesced } = progress;
    let did_something = prune::before(&transaction, pruned, ago(now, *keep_for))?
        || max_size.map_or(Ok(false), |bytes| prune::to_size(&transaction, pruned, bytes))?
        || coalesce::before(&transaction, coalesced, ago(now, *fine_for))?
        || give_back(&transaction)?;
    transaction.commit()?;
    Ok(did_something)
}

fn ago(now: Timestamp, length: SignedDuration) -> i64 {
    let time = now.saturating_sub(length).unwrap_or(Timestamp::MIN);
    stored(time).div_euclid(MINUTE) * MINUTE
}

/// Gives free pages at the end of the file back to the system.
fn give_back(transaction: &Transaction<'_>) -> Result<bool> {
    if pragma(transaction, "freelist_count")? <= SPARE_PAGES {
        return Ok(false);
    }
    let mut vacuum = transaction.prepare_cached(&format!("PRAGMA incremental_vacuum({STEP_PAGES})"))?;
    let mut pages = vacuum.query([])?;
    while pages.next()?.is_some() {}
    Ok(true)
}

/// A number that SQLite tells of the file.
pub(super) fn pragma(connection: &Connection, name: &str) -> Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

#[cfg(test)]
mod tests;
