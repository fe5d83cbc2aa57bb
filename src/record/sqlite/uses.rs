//! The table of use intervals.
//!
//! A container runs for a moment before its digest is told, so a place without digest closes where
//! one with a digest goes on. That is one use, not two: the interval with the digest takes the
//! other in. So a pod more or less in a workload leaves no row behind.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::columns::stored;
use super::ids::{self, Ids};
use crate::inventory::change::{Place, Turn, UseChange};
use crate::record::store::DatedUse;

/// Stores what happened at a place of use.
pub(super) fn apply(connection: &Connection, ids: &mut Ids<'_>, change: &DatedUse) -> Result<()> {
    let DatedUse { at, change: UseChange { place, turn } } = change;
    let key = Key::new(ids, place)?;
    let table = Intervals { connection, key, at: stored(*at) };
    match turn {
        Turn::Opened { active } => table.opened(*active).map(drop),
        Turn::Activated => table.activated(),
        Turn::Deactivated => table.deactivated(),
        Turn::Closed => table.closed(),
    }
}

/// Makes the open intervals those that `uses` opens, and no others.
pub(super) fn replace(
    connection: &Connection,
    ids: &mut Ids<'_>,
    uses: &[DatedUse],
    at: Timestamp,
) -> Result<()> {
    let mut known = BTreeSet::new();
    for change in uses {
        let DatedUse { at, change: UseChange { place, turn } } = change;
        let table = Intervals { connection, key: Key::new(ids, place)?, at: stored(*at) };
        match (turn, table.open()?) {
            (Turn::Opened { active }, Some(id)) => {
                known.insert(id);
                if *active { table.activated()? } else { table.deactivated()? }
            }
            (Turn::Opened { active }, None) => {
                known.insert(table.opened(*active)?);
            }
            _ => apply(connection, ids, change)?,
        }
    }
    let mut open = connection.prepare_cached("SELECT id FROM use_interval WHERE closed IS NULL")?;
    let open: Vec<i64> = open.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
    open.into_iter().filter(|id| !known.contains(id)).try_for_each(|id| close(connection, id, stored(at)))
}

/// Closes an interval, and ends its activity. A clock that was set back must not turn it around.
fn close(connection: &Connection, id: i64, at: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE use_interval SET closed = max(?2, opened), active = FALSE,
                 last_active = iif(active, max(?2, opened), last_active)
             WHERE id = ?1",
        )?
        .execute([id, at])?;
    Ok(())
}

/// What an interval is of, as it is stored.
struct Key<'batch> {
    place: i64,
    reference: i64,
    digest: Option<i64>,
    reported: Option<&'batch str>,
}

impl<'batch> Key<'batch> {
    fn new(ids: &mut Ids<'_>, place: &'batch Place) -> Result<Self> {
        let Place { reference, digest, reported, scope, namespace, workload, container, kind } = place;
        let place = ids::Place {
            namespace: Arc::clone(namespace),
            workload: Arc::clone(workload),
            container: Arc::clone(container),
            kind: *kind,
            scope: Arc::clone(scope),
        };
        Ok(Self {
            place: ids.place(&place)?,
            reference: ids.reference(reference)?,
            digest: ids.digest(digest.as_ref())?,
            reported: reported.as_deref(),
        })
    }
}

/// The intervals of one place and reference.
struct Intervals<'batch> {
    connection: &'batch Connection,
    key: Key<'batch>,
    at: i64,
}

impl Intervals<'_> {
    /// Opens an interval, and returns its id.
    fn opened(&self, active: bool) -> Result<i64> {
        let Key { place, reference, digest, reported } = self.key;
        self.connection
            .prepare_cached(
                "INSERT INTO use_interval (place, reference, digest, reported, opened, active, runs)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
            )?
            .insert(params![place, reference, digest, reported, self.at, active])
    }

    fn activated(&self) -> Result<()> {
        let Some(id) = self.open()? else { return Ok(()) };
        self.connection
            .prepare_cached("UPDATE use_interval SET active = TRUE WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    fn deactivated(&self) -> Result<()> {
        let Some(id) = self.open()? else { return Ok(()) };
        self.connection
            .prepare_cached(
                "UPDATE use_interval SET active = FALSE, last_active = max(?2, opened) WHERE id = ?1 AND active",
            )?
            .execute([id, self.at])?;
        Ok(())
    }

    /// Closes the open interval, or lets an open one with a digest take it in.
    fn closed(&self) -> Result<()> {
        let Some(id) = self.open()? else { return Ok(()) };
        let resolved = if self.key.digest.is_none() { self.open_with_digest()? } else { None };
        let Some(resolved) = resolved else { return close(self.connection, id, self.at) };
        self.connection
            .prepare_cached(
                "UPDATE use_interval SET opened = min(use_interval.opened, early.opened),
                     last_active = max(ifnull(use_interval.last_active, early.last_active),
                                       ifnull(early.last_active, use_interval.last_active))
                 FROM (SELECT opened, iif(active, max(?3, opened), last_active) AS last_active
                       FROM use_interval WHERE id = ?2) AS early
                 WHERE id = ?1",
            )?
            .execute([resolved, id, self.at])?;
        self.connection.prepare_cached("DELETE FROM use_interval WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// The open interval of exactly this.
    fn open(&self) -> Result<Option<i64>> {
        let Key { place, reference, digest, reported } = self.key;
        self.connection
            .prepare_cached(
                "SELECT id FROM use_interval INDEXED BY use_interval_open
                 WHERE closed IS NULL AND place = ?1 AND reference = ?2 AND digest IS ?3
                     AND reported IS ?4",
            )?
            .query_row(params![place, reference, digest, reported], |row| row.get(0))
            .optional()
    }

    /// The open interval with a digest that began now, or else the oldest.
    fn open_with_digest(&self) -> Result<Option<i64>> {
        let Key { place, reference, .. } = self.key;
        self.connection
            .prepare_cached(
                "SELECT id FROM use_interval INDEXED BY use_interval_open
                 WHERE closed IS NULL AND place = ?1 AND reference = ?2 AND digest IS NOT NULL
                 ORDER BY opened <> ?3, opened, id LIMIT 1",
            )?
            .query_row(params![place, reference, self.at], |row| row.get(0))
            .optional()
    }
}

#[cfg(test)]
mod tests;
