//! Deletes what is too old, and what nothing refers to any more.

use std::collections::BTreeSet;

use rusqlite::{Connection, Result, params};

use super::tidy::{STEP_ROWS, pragma};

/// How far pruning came.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Up to when what was seen is pruned.
    seen: Option<i64>,
}

/// Deletes some of what ended before the time; whether there was any.
pub(super) fn before(connection: &Connection, progress: &mut Progress, time: i64) -> Result<bool> {
    let mut deleted = 0;
    if progress.seen < Some(time) {
        deleted += prune_seen(connection, time)?;
        progress.seen = Some(time);
    }
    let mut orphans = Orphans::default();
    deleted += prune_uses(connection, time, &mut orphans)?;
    deleted += prune_events(connection, time, &mut orphans)?;
    orphans.delete(connection)?;
    if deleted > 0 {
        connection
            .prepare_cached("UPDATE record SET pruned_until = max(ifnull(pruned_until, ?1), ?1)")?
            .execute([time])?;
    }
    Ok(deleted > 0)
}

/// Deletes some of the oldest if the record has more bytes; whether there was any.
pub(super) fn to_size(connection: &Connection, progress: &mut Progress, bytes: u64) -> Result<bool> {
    let pages = pragma(connection, "page_count")? - pragma(connection, "freelist_count")?;
    let size = pages * pragma(connection, "page_size")?;
    if size.cast_unsigned() <= bytes {
        return Ok(false);
    }
    match oldest(connection)? {
        Some(time) => before(connection, progress, time + 1),
        None => Ok(false),
    }
}

/// The time up to which a step can prune everything, unless very much happened in its last
/// millisecond.
fn oldest(connection: &Connection) -> Result<Option<i64>> {
    let uses = "SELECT closed AS time FROM use_interval WHERE closed IS NOT NULL ORDER BY closed LIMIT ?1";
    let events = "SELECT observed AS time FROM event WHERE sequence <= ?2 ORDER BY observed LIMIT ?1";
    let mut select = connection.prepare_cached(&format!(
        "SELECT min(time) FROM (SELECT max(time) AS time FROM ({uses})
                                UNION ALL SELECT max(time) FROM ({events}))"
    ))?;
    select.query_one(params![STEP_ROWS, said(connection)?], |row| row.get(0))
}

/// The number of the last event that every output has said.
pub(super) fn said(connection: &Connection) -> Result<i64> {
    connection.prepare_cached("SELECT ifnull(min(sequence), 0) FROM cursor")?.query_one([], |row| row.get(0))
}

fn prune_seen(connection: &Connection, time: i64) -> Result<usize> {
    let deleted = connection.prepare_cached("DELETE FROM seen WHERE seen_until < ?1")?.execute([time])?;
    // What was pruned counts as not seen.
    let clipped = connection
        .prepare_cached(
            "UPDATE OR REPLACE seen SET seen_from = ?1, healed = max(healed, 1) WHERE seen_from < ?1",
        )?
        .execute([time])?;
    if deleted + clipped > 0 {
        // The scopes that were watched at that time are told by the last start before.
        connection
            .prepare_cached(
                "DELETE FROM start WHERE number < (SELECT max(number) FROM start WHERE at <= ?1)",
            )?
            .execute([time])?;
    }
    Ok(deleted + clipped)
}

fn prune_uses(connection: &Connection, time: i64, orphans: &mut Orphans) -> Result<usize> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM use_interval WHERE id IN
             (SELECT id FROM use_interval WHERE closed < ?1 ORDER BY closed LIMIT ?2)
         RETURNING place, reference, digest",
    )?;
    let mut rows = delete.query(params![time, STEP_ROWS])?;
    let mut deleted = 0;
    while let Some(row) = rows.next()? {
        orphans.places.insert(row.get(0)?);
        orphans.references.insert(row.get(1)?);
        orphans.digests.extend(row.get::<_, Option<i64>>(2)?);
        deleted += 1;
    }
    Ok(deleted)
}

fn prune_events(connection: &Connection, time: i64, orphans: &mut Orphans) -> Result<usize> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM event WHERE sequence IN
             (SELECT sequence FROM event WHERE observed < ?1 AND sequence <= ?2 ORDER BY observed LIMIT ?3)
         RETURNING place, reference, digest, old_digest",
    )?;
    let mut rows = delete.query(params![time, said(connection)?, STEP_ROWS])?;
    let mut deleted = 0;
    while let Some(row) = rows.next()? {
        orphans.places.insert(row.get(0)?);
        orphans.references.insert(row.get(1)?);
        orphans.digests.extend(row.get::<_, Option<i64>>(2)?);
        orphans.digests.extend(row.get::<_, Option<i64>>(3)?);
        deleted += 1;
    }
    Ok(deleted)
}

/// Texts that may have lost the last row that refers to them.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    pub(super) places: BTreeSet<i64>,
    pub(super) references: BTreeSet<i64>,
    pub(super) digests: BTreeSet<i64>,
}

impl Orphans {
    /// Deletes those that have.
    pub(super) fn delete(self, connection: &Connection) -> Result<()> {
        let Self { places, references, digests } = self;
        let deletes = [
            (
                places,
                "DELETE FROM place WHERE id = ?1 AND events = 0
                     AND NOT EXISTS (SELECT 1 FROM use_interval WHERE place = ?1)",
            ),
            (
                references,
                "DELETE FROM reference WHERE id = ?1
                     AND NOT EXISTS (SELECT 1 FROM use_interval WHERE reference = ?1)
                     AND NOT EXISTS (SELECT 1 FROM event WHERE reference = ?1)",
            ),
            (
                digests,
                "DELETE FROM digest WHERE id = ?1 AND events = 0
                     AND NOT EXISTS (SELECT 1 FROM use_interval WHERE digest = ?1)",
            ),
        ];
        for (ids, delete) in deletes {
            let mut delete = connection.prepare_cached(delete)?;
            for id in ids {
                delete.execute([id])?;
            }
        }
        Ok(())
    }
}
