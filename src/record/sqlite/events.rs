//! The table of events.

use std::sync::Arc;

use rusqlite::{Connection, Result, Row, params};

use super::columns::{CAUSES, code, damaged, stored, time, time_or_none, word};
use super::ids::{Ids, Place, Texts};
use crate::inventory::change::{Event, Happening, ImageEvent, User};
use crate::inventory::{Reference, Time};
use crate::record::entry::{Entry, EventId};

/// Stores an event of the kinds that are stored.
pub(super) fn store(connection: &Connection, ids: &mut Ids<'_>, entry: &Entry) -> Result<()> {
    let Entry { id, observed, not_before, not_after, event } = entry;
    let Event::Image(event) = event else { return Ok(()) };
    let ImageEvent { happening, image, spelling, user, digest, last_used, scope, cause } = event;
    let (code_of_it, old, seen_before) = match happening {
        Happening::Added => (0, None, None),
        Happening::Removed => (1, None, None),
        Happening::Moved { old, seen_before } => (2, Some(old), Some(seen_before)),
        Happening::Joined | Happening::Left | Happening::Resolved => return Ok(()),
    };
    let place = Place {
        namespace: Arc::clone(&user.namespace),
        workload: Arc::clone(&user.workload),
        container: Arc::clone(&user.container),
        kind: user.kind,
        scope: Arc::clone(scope),
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO event
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    insert.execute(params![
        id.sequence.cast_signed(),
        id.start.cast_signed(),
        stored(*observed),
        code_of_it,
        code(*cause, &CAUSES),
        ids.reference(image.text())?,
        ids.place(&place)?,
        user.pod,
        Some(spelling).filter(|spelling| *spelling != image.text()),
        ids.digest(digest.as_ref())?,
        ids.digest(old)?,
        seen_before,
        last_used.map(|Time(millisecond)| millisecond),
        not_before.map(stored),
        not_after.map(stored),
    ])?;
    Ok(())
}

/// The first `limit` events after the number `after`.
pub(super) fn after(
    connection: &Connection,
    record: &Arc<str>,
    after: u64,
    limit: usize,
) -> Result<Vec<Entry>> {
    let mut texts = Texts::new(connection);
    let mut select =
        connection.prepare_cached("SELECT * FROM event WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = select.query([after.cast_signed(), limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row, record, &mut texts)?);
    }
    Ok(entries)
}

/// The event of a row that has all columns of the table.
pub(super) fn entry(row: &Row<'_>, record: &Arc<str>, texts: &mut Texts<'_>) -> Result<Entry> {
    let number = |column: &str| row.get(column).map(i64::cast_unsigned);
    let reference = texts.reference(row.get("reference")?)?;
    let spelling: Option<Arc<str>> = row.get("spelling")?;
    let place = texts.place(row.get("place")?)?.clone();
    let user = User {
        namespace: place.namespace,
        pod: row.get("pod")?,
        workload: place.workload,
        container: place.container,
        kind: place.kind,
    };
    let event = ImageEvent {
        happening: happening(row, texts)?,
        image: Reference::shared(&reference),
        spelling: spelling.unwrap_or(reference),
        user: Arc::new(user),
        digest: texts.digest(row.get("digest")?)?,
        last_used: row.get::<_, Option<i64>>("last_used")?.map(Time),
        scope: place.scope,
        cause: word(row, "cause", &CAUSES)?,
    };
    Ok(Entry {
        id: EventId { record: Arc::clone(record), start: number("start")?, sequence: number("sequence")? },
        observed: time(row, "observed")?,
        not_before: time_or_none(row, "not_before")?,
        not_after: time_or_none(row, "not_after")?,
        event: Event::Image(event),
    })
}

fn happening(row: &Row<'_>, texts: &mut Texts<'_>) -> Result<Happening> {
    match row.get("happening")? {
        0 => Ok(Happening::Added),
        1 => Ok(Happening::Removed),
        2 => {
            let Some(old) = texts.digest(row.get("old_digest")?)? else {
                return Err(damaged("old_digest", "nothing"));
            };
            Ok(Happening::Moved { old, seen_before: row.get("seen_before")? })
        }
        other => Err(damaged("happening", &i64::to_string(&other))),
    }
}
