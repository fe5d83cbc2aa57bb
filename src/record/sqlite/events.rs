//! The table of events.

use std::sync::Arc;

use rusqlite::{Connection, Result, Row, params};

use super::columns::{cause, damaged, kind, stored, time};
use super::names::{Ids, Texts};
use crate::inventory::change::{Event, Happening, ImageEvent, User};
use crate::inventory::{Reference, Time};
use crate::record::entry::{Entry, EventId};

/// Stores an event of the kinds that are stored.
pub(super) fn store<'batch>(
    connection: &Connection,
    ids: &mut Ids<'batch>,
    entry: &'batch Entry,
) -> Result<()> {
    let Entry { id, observed, not_before, not_after, event } = entry;
    let Event::Image(event) = event else { return Ok(()) };
    if !event.happening.is_stored() {
        return Ok(());
    }
    let ImageEvent { happening, image, spelling, user, digest, last_used, scope, cause } = event;
    let (old, seen_before) = match happening {
        Happening::Moved { old, seen_before } => (Some(old), Some(seen_before)),
        _ => (None, None),
    };
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO event
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19)",
    )?;
    insert.execute(params![
        id.sequence.cast_signed(),
        id.start.cast_signed(),
        stored(*observed),
        not_before.map(stored),
        not_after.map(stored),
        happening.word(),
        cause.word(),
        ids.of(image.text())?,
        ids.of(spelling)?,
        ids.of_some(digest.as_ref())?,
        last_used.map(|Time(millisecond)| millisecond),
        ids.of_some(old)?,
        seen_before,
        ids.of(&user.namespace)?,
        user.pod,
        ids.of(&user.workload)?,
        ids.of(&user.container)?,
        user.kind.word(),
        ids.of(scope)?,
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

fn entry(row: &Row<'_>, record: &Arc<str>, texts: &mut Texts<'_>) -> Result<Entry> {
    let number = |column: &str| row.get(column).map(i64::cast_unsigned);
    let user = User {
        namespace: texts.of(row.get("namespace")?)?,
        pod: row.get("pod")?,
        workload: texts.of(row.get("workload")?)?,
        container: texts.of(row.get("container")?)?,
        kind: kind(row, "kind")?,
    };
    let event = ImageEvent {
        happening: happening(row, texts)?,
        image: Reference::parse(&texts.of(row.get("reference")?)?),
        spelling: texts.of(row.get("spelling")?)?,
        user: Arc::new(user),
        digest: texts.of_some(row.get("digest")?)?,
        last_used: row.get::<_, Option<i64>>("last_used")?.map(Time),
        scope: texts.of(row.get("scope")?)?,
        cause: cause(row, "cause")?,
    };
    Ok(Entry {
        id: EventId { record: Arc::clone(record), start: number("start")?, sequence: number("sequence")? },
        observed: time(row, "observed")?.unwrap_or_default(),
        not_before: time(row, "not_before")?,
        not_after: time(row, "not_after")?,
        event: Event::Image(event),
    })
}

fn happening(row: &Row<'_>, texts: &mut Texts<'_>) -> Result<Happening> {
    let word: Box<str> = row.get("happening")?;
    match &*word {
        "added" => Ok(Happening::Added),
        "removed" => Ok(Happening::Removed),
        "moved" => Ok(Happening::Moved {
            old: texts.of(row.get("old_digest")?)?,
            seen_before: row.get("seen_before")?,
        }),
        other => Err(damaged("happening", other)),
    }
}
