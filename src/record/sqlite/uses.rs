//! The table of use intervals.
//!
//! A container runs for a moment before its digest is told, so a place without digest closes where
//! one with a digest goes on. That is one use, not two: the interval with the digest takes the
//! other in. So a pod more or less in a workload leaves no row behind.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::columns::stored;
use super::names::Ids;
use crate::inventory::change::{Place, Turn, UseChange};

/// Stores what happened at a place of use in a batch of the time `at`.
pub(super) fn apply<'batch>(
    connection: &Connection,
    ids: &mut Ids<'batch>,
    change: &'batch UseChange,
    at: Timestamp,
) -> Result<()> {
    let place = PlaceIds::new(ids, &change.place)?;
    let table = Intervals { connection, place, at: stored(at) };
    match change.turn {
        Turn::Opened => table.opened(),
        Turn::Activated => table.activated(),
        Turn::Deactivated => table.deactivated(),
        Turn::Closed => table.closed(),
    }
}

/// A [`Place`] as it is stored.
struct PlaceIds {
    scope: i64,
    reference: i64,
    told: Told,
    namespace: i64,
    workload: i64,
    container: i64,
    kind: &'static str,
}

/// What the runtime tells of a place's image; at first nothing.
#[derive(Clone, Copy, Default)]
struct Told {
    digest: Option<i64>,
    reported: Option<i64>,
}

impl PlaceIds {
    fn new<'batch>(ids: &mut Ids<'batch>, place: &'batch Place) -> Result<Self> {
        Ok(Self {
            scope: ids.of(&place.scope)?,
            reference: ids.of(&place.reference)?,
            told: Told {
                digest: ids.of_some(place.digest.as_ref())?,
                reported: ids.of_some(place.reported.as_ref())?,
            },
            namespace: ids.of(&place.namespace)?,
            workload: ids.of(&place.workload)?,
            container: ids.of(&place.container)?,
            kind: place.kind.word(),
        })
    }
}

/// The intervals of one place, whatever its digest.
struct Intervals<'batch> {
    connection: &'batch Connection,
    place: PlaceIds,
    at: i64,
}

impl Intervals<'_> {
    /// Opens an interval, unless one is open (the batch is stored a second time). One that closed
    /// within this very batch goes on: it never closed, or its digest was told now.
    fn opened(&self) -> Result<()> {
        if self.open(self.place.told)?.is_some() {
            return Ok(());
        }
        let ended = match self.ended_now(self.place.told)? {
            Some(id) => Some(id),
            None => self.ended_now(Told::default())?,
        };
        if let Some(id) = ended {
            let mut reopen = self.connection.prepare_cached(
                "UPDATE use_interval SET closed = NULL, digest = ?2, reported = ?3 WHERE id = ?1",
            )?;
            reopen.execute(params![id, self.place.told.digest, self.place.told.reported])?;
            return Ok(());
        }
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO use_interval
                 (scope, reference, digest, reported, namespace, workload, container, kind, opened, active)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, FALSE)",
        )?;
        let PlaceIds { scope, reference, told, namespace, workload, container, kind } = self.place;
        let Told { digest, reported } = told;
        insert.execute(params![
            scope, reference, digest, reported, namespace, workload, container, kind, self.at
        ])?;
        Ok(())
    }

    fn activated(&self) -> Result<()> {
        let Some(id) = self.open(self.place.told)? else { return Ok(()) };
        self.connection
            .prepare_cached("UPDATE use_interval SET active = TRUE WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }

    fn deactivated(&self) -> Result<()> {
        let Some(id) = self.open(self.place.told)? else { return Ok(()) };
        self.connection
            .prepare_cached("UPDATE use_interval SET active = FALSE, last_active = ?2 WHERE id = ?1")?
            .execute([id, self.at])?;
        Ok(())
    }

    /// Closes the open interval, or lets the oldest open one with a digest take it in.
    fn closed(&self) -> Result<()> {
        let Some(id) = self.open(self.place.told)? else { return Ok(()) };
        let resolved = if self.place.told.digest.is_none() { self.open_with_digest()? } else { None };
        if let Some(resolved) = resolved {
            self.connection
                .prepare_cached(
                    "UPDATE use_interval SET opened = min(use_interval.opened, early.opened),
                         last_active = max(ifnull(use_interval.last_active, early.last_active),
                                           ifnull(early.last_active, use_interval.last_active))
                     FROM (SELECT opened, last_active FROM use_interval WHERE id = ?2) AS early
                     WHERE id = ?1",
                )?
                .execute([resolved, id])?;
            self.connection.prepare_cached("DELETE FROM use_interval WHERE id = ?1")?.execute([id])?;
        } else {
            self.connection
                .prepare_cached("UPDATE use_interval SET closed = ?2 WHERE id = ?1")?
                .execute([id, self.at])?;
        }
        Ok(())
    }

    /// The open interval of which exactly this is told.
    fn open(&self, told: Told) -> Result<Option<i64>> {
        self.find(None, told)
    }

    /// The interval of which exactly this is told and which closed in this batch.
    fn ended_now(&self, told: Told) -> Result<Option<i64>> {
        self.find(Some(self.at), told)
    }

    fn find(&self, closed: Option<i64>, told: Told) -> Result<Option<i64>> {
        let Told { digest, reported } = told;
        let PlaceIds { scope, reference, told: _, namespace, workload, container, kind } = self.place;
        self.connection
            .prepare_cached(
                "SELECT id FROM use_interval
                 WHERE closed IS ?1 AND reference = ?2 AND namespace = ?3 AND workload = ?4
                     AND container = ?5 AND kind = ?6 AND scope = ?7 AND digest IS ?8
                     AND reported IS ?9
                 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(
                params![closed, reference, namespace, workload, container, kind, scope, digest, reported],
                |row| row.get(0),
            )
            .optional()
    }

    /// The oldest open interval with any digest.
    fn open_with_digest(&self) -> Result<Option<i64>> {
        let PlaceIds { scope, reference, told: _, namespace, workload, container, kind } = self.place;
        self.connection
            .prepare_cached(
                "SELECT id FROM use_interval
                 WHERE closed IS NULL AND reference = ?1 AND namespace = ?2 AND workload = ?3
                     AND container = ?4 AND kind = ?5 AND scope = ?6 AND digest IS NOT NULL
                 ORDER BY opened, id LIMIT 1",
            )?
            .query_row(params![reference, namespace, workload, container, kind, scope], |row| row.get(0))
            .optional()
    }
}

#[cfg(test)]
mod tests;
