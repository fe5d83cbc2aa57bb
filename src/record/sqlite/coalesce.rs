//! Makes one of uses of the same thing that followed each other closely, once they are old: a job
//! that runs each minute is then one use of so many runs.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::prune::{Orphans, said};
use super::tidy::STEP_ROWS;

/// The longest pause between two uses, and the longest gap in what was seen, that is not kept; in
/// milliseconds.
pub(super) const PAUSE: i64 = 10 * 60_000;

/// How far coalescing came.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The last use that was looked at, by its place in the index.
    last: Option<(i64, i64, i64)>,
    /// Up to when what was seen is joined.
    joined: Option<i64>,
}

/// Coalesces some of what ended before the time; whether there was any.
pub(super) fn before(connection: &Connection, progress: &mut Progress, time: i64) -> Result<bool> {
    let last = match progress.last {
        Some(last) => last,
        None => (coarse_until(connection)?.saturating_sub(1), i64::MIN, i64::MIN),
    };
    let uses = uses_after(connection, last, time)?;
    if let Some(newest) = uses.last() {
        let said = said(connection)?;
        let mut orphans = Orphans::default();
        for one in &uses {
            if let Some(former) = one.former(connection)? {
                one.take_in(connection, &former)?;
                delete_events(connection, one, &former, said, &mut orphans)?;
            }
        }
        orphans.delete(connection)?;
        progress.last = Some((newest.closed, newest.opened, newest.id));
        put_coarse_until(connection, newest.closed + 1)?;
        return Ok(true);
    }
    if progress.joined >= Some(time) {
        return Ok(false);
    }
    progress.joined = Some(time);
    let joined = join_seen(connection, time)?;
    if joined > 0 {
        put_coarse_until(connection, time)?;
    }
    Ok(joined > 0)
}

fn coarse_until(connection: &Connection) -> Result<i64> {
    connection.query_one("SELECT ifnull(coarse_until, ?1) FROM record", [i64::MIN], |row| row.get(0))
}

fn put_coarse_until(connection: &Connection, time: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE record SET coarse_until = max(ifnull(coarse_until, ?1), ?1)")?
        .execute([time])?;
    Ok(())
}

/// A use that has ended.
struct Ended {
    id: i64,
    place: i64,
    reference: i64,
    digest: Option<i64>,
    reported: Option<Box<str>>,
    opened: i64,
    closed: i64,
}

/// The use of the same thing before another.
struct Former {
    id: i64,
    closed: i64,
}

/// The next uses in the order of their ends.
fn uses_after(connection: &Connection, last: (i64, i64, i64), time: i64) -> Result<Vec<Ended>> {
    let mut select = connection.prepare_cached(
        "SELECT id, place, reference, digest, reported, opened, closed
         FROM use_interval INDEXED BY use_interval_closed
         WHERE closed IS NOT NULL AND (closed, opened, id) > (?1, ?2, ?3) AND closed < ?4
         ORDER BY closed, opened, id LIMIT ?5",
    )?;
    let uses = select.query_map(params![last.0, last.1, last.2, time, STEP_ROWS], |row| {
        Ok(Ended {
            id: row.get(0)?,
            place: row.get(1)?,
            reference: row.get(2)?,
            digest: row.get(3)?,
            reported: row.get(4)?,
            opened: row.get(5)?,
            closed: row.get(6)?,
        })
    })?;
    uses.collect()
}

impl Ended {
    /// The use of the same thing that ended shortly before this one began. It was looked at before
    /// this one.
    fn former(&self, connection: &Connection) -> Result<Option<Former>> {
        let Self { id, place, reference, digest, reported, opened, closed } = self;
        connection
            .prepare_cached(
                "SELECT id, closed FROM use_interval INDEXED BY use_interval_place
                 WHERE place = ?1 AND closed BETWEEN ?2 AND ?3
                     AND reference = ?4 AND digest IS ?5 AND reported IS ?6
                     AND (closed, opened, id) < (?7, ?3, ?8)
                 ORDER BY closed DESC LIMIT 1",
            )?
            .query_row(
                params![place, opened - PAUSE, opened, reference, digest, reported, closed, id],
                |row| Ok(Former { id: row.get(0)?, closed: row.get(1)? }),
            )
            .optional()
    }

    fn take_in(&self, connection: &Connection, former: &Former) -> Result<()> {
        connection
            .prepare_cached(
                "UPDATE use_interval
                 SET opened = min(use_interval.opened, former.opened),
                     runs = use_interval.runs + former.runs,
                     last_active = max(ifnull(use_interval.last_active, former.last_active),
                                       ifnull(former.last_active, use_interval.last_active))
                 FROM (SELECT opened, runs, last_active FROM use_interval WHERE id = ?2) AS former
                 WHERE id = ?1",
            )?
            .execute([self.id, former.id])?;
        connection.prepare_cached("DELETE FROM use_interval WHERE id = ?1")?.execute([former.id])?;
        Ok(())
    }
}

/// Deletes the events of a pause in which the image was used nowhere: that it was removed and that
/// it was added again, where every output has said so. Of anything else that happened meanwhile all
/// events are kept, so that *added* and *removed* still alternate.
fn delete_events(
    connection: &Connection,
    one: &Ended,
    former: &Former,
    said: i64,
    orphans: &mut Orphans,
) -> Result<()> {
    const REMOVED: i64 = 1;
    const ADDED: i64 = 0;
    let mut select = connection.prepare_cached(
        "SELECT sequence, happening FROM event INDEXED BY event_reference
         WHERE reference = ?1 AND observed BETWEEN ?2 AND ?3 ORDER BY sequence LIMIT 3",
    )?;
    let in_pause = select.query_map([one.reference, former.closed, one.opened], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    })?;
    let in_pause: Vec<_> = in_pause.collect::<Result<_>>()?;
    let [(removed, REMOVED), (added, ADDED)] = in_pause[..] else { return Ok(()) };
    if added > said {
        return Ok(());
    }
    let mut delete =
        connection.prepare_cached("DELETE FROM event WHERE sequence IN (?1, ?2) RETURNING place, digest")?;
    let mut rows = delete.query([removed, added])?;
    while let Some(row) = rows.next()? {
        orphans.places.insert(row.get(0)?);
        orphans.digests.extend(row.get::<_, Option<i64>>(1)?);
    }
    Ok(())
}

/// Joins what was seen before and after short gaps in which nothing was missed. What was seen last
/// of a scope may still go on, and is left as it is.
fn join_seen(connection: &Connection, time: i64) -> Result<usize> {
    let mut select = connection.prepare_cached(
        "SELECT scope, seen_from, next_from, next_until FROM
             (SELECT scope, seen_from, seen_until,
                     lead(seen_from) OVER following AS next_from,
                     lead(seen_until) OVER following AS next_until,
                     lead(healed) OVER following AS next_healed,
                     lead(seen_from, 2) OVER following AS later
              FROM seen WINDOW following AS (PARTITION BY scope ORDER BY seen_from))
         WHERE next_healed = 0 AND next_until < ?1 AND next_from - seen_until < ?2 AND later IS NOT NULL
         ORDER BY scope, seen_from",
    )?;
    let gaps = select.query_map([time, PAUSE], |row| {
        Ok((row.get::<_, Box<str>>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
    })?;
    let gaps: Vec<_> = gaps.collect::<Result<_>>()?;
    let mut lengthen = connection.prepare_cached(
        "UPDATE seen SET seen_until = max(seen_until, ?3) WHERE scope = ?1 AND seen_from = ?2",
    )?;
    let mut delete = connection.prepare_cached("DELETE FROM seen WHERE scope = ?1 AND seen_from = ?2")?;
    // The row that took in the last one, which began then.
    let mut joined: Option<(&str, i64, i64)> = None;
    for (scope, from, next_from, next_until) in &gaps {
        let first = match joined {
            Some((of, began, first)) if of == &**scope && began == *from => first,
            _ => *from,
        };
        lengthen.execute(params![scope, first, next_until])?;
        delete.execute(params![scope, next_from])?;
        joined = Some((scope, *next_from, first));
    }
    Ok(gaps.len())
}
