//! The tables of starts, of what was seen and how far it can be trusted, and of how far watches and
//! outputs came.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, Result, params};

use super::columns::{code, damaged, stored, time, time_of, time_or_none, word};
use crate::record::past::{Healed, Seen, Sight, Start};
use crate::record::store::{Checkpoint, Cursor, Doubt, Trust};

/// How gaps were healed, in the order of their codes.
const HEALED: [Healed; 3] = [Healed::Bridged, Healed::Blind, Healed::Unwritable];

/// Stores what was seen of a scope; a row that began at the same time goes on. What was pruned of it
/// stays so.
pub(super) fn put_seen(connection: &Connection, seen: &Seen) -> Result<()> {
    let Seen { scope, from, until, healed } = seen;
    connection
        .prepare_cached(
            "INSERT INTO seen SELECT ?1, max(?2, ifnull(pruned_until, ?2)), ?3, ?4
             FROM record WHERE ?3 >= ifnull(pruned_until, ?3)
             ON CONFLICT DO UPDATE SET seen_until = ?3, healed = max(healed, ?4)",
        )?
        .execute(params![scope, stored(*from), stored(*until), code(*healed, &HEALED)])?;
    Ok(())
}

/// What was seen of a scope after a time no longer counts as seen.
pub(super) fn take_back(connection: &Connection, doubt: &Doubt) -> Result<()> {
    let columns = params![doubt.scope, stored(doubt.after)];
    connection.prepare_cached("DELETE FROM seen WHERE scope = ?1 AND seen_from > ?2")?.execute(columns)?;
    connection
        .prepare_cached("UPDATE seen SET seen_until = ?2 WHERE scope = ?1 AND seen_until > ?2")?
        .execute(columns)?;
    Ok(())
}

pub(super) fn put_trust(connection: &Connection, trust: &Trust) -> Result<()> {
    let Trust { scope, proven, on_trust, heals } = trust;
    let heals = heals.map(|heals| code(heals, &HEALED));
    connection.prepare_cached("INSERT OR REPLACE INTO trust VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        scope,
        proven.map(stored),
        on_trust.map(stored),
        heals
    ])?;
    Ok(())
}

pub(super) fn put_checkpoint(connection: &Connection, checkpoint: &Checkpoint) -> Result<()> {
    let Checkpoint { scope, resource_version } = checkpoint;
    match resource_version {
        Some(version) => connection
            .prepare_cached("INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2)")?
            .execute(params![scope, version])?,
        None => connection.prepare_cached("DELETE FROM checkpoint WHERE scope = ?1")?.execute([scope])?,
    };
    Ok(())
}

pub(super) fn put_cursor(connection: &Connection, cursor: Cursor) -> Result<()> {
    let Cursor { output, sequence } = cursor;
    connection
        .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)")?
        .execute(params![output, sequence.cast_signed()])?;
    Ok(())
}

pub(super) fn checkpoints(connection: &Connection) -> Result<BTreeMap<Box<str>, Box<str>>> {
    let mut select = connection.prepare("SELECT scope, resource_version FROM checkpoint")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

pub(super) fn cursors(connection: &Connection) -> Result<BTreeMap<Box<str>, u64>> {
    let mut select = connection.prepare("SELECT output, sequence FROM cursor")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1).map(i64::cast_unsigned)?)))?.collect()
}

/// Until when each scope was seen.
pub(super) fn last_seen(connection: &Connection) -> Result<BTreeMap<Box<str>, jiff::Timestamp>> {
    let mut select = connection.prepare("SELECT scope, max(seen_until) FROM seen GROUP BY scope")?;
    select.query_map([], |row| Ok((row.get(0)?, time_of("seen_until", row.get(1)?)?)))?.collect()
}

/// How far what is kept of each scope can be trusted.
pub(super) fn trusts(connection: &Connection) -> Result<BTreeMap<Box<str>, Trust>> {
    let mut select = connection.prepare("SELECT * FROM trust")?;
    let trusts = select.query_map([], |row| {
        let scope: Arc<str> = row.get("scope")?;
        let heals: Option<i64> = row.get("heals")?;
        let trust = Trust {
            scope: Arc::clone(&scope),
            proven: time_or_none(row, "proven")?,
            on_trust: time_or_none(row, "on_trust")?,
            heals: heals.map(|_| word(row, "heals", &HEALED)).transpose()?,
        };
        Ok((scope.as_ref().into(), trust))
    })?;
    trusts.collect()
}

/// Everything that was seen, and by which starts.
pub(super) fn read(connection: &Connection) -> Result<Sight> {
    let mut starts = connection.prepare("SELECT number, at, scopes FROM start ORDER BY number")?;
    let starts = starts.query_map([], |row| {
        let scopes: String = row.get("scopes")?;
        Ok(Start {
            number: row.get("number").map(i64::cast_unsigned)?,
            at: time(row, "at")?,
            scopes: scopes_of(&scopes)?,
        })
    })?;
    let starts = starts.collect::<Result<_>>()?;
    let mut seen = connection.prepare("SELECT * FROM seen ORDER BY seen_from, scope")?;
    let seen = seen.query_map([], |row| {
        Ok(Seen {
            scope: row.get("scope")?,
            from: time(row, "seen_from")?,
            until: time(row, "seen_until")?,
            healed: word(row, "healed", &HEALED)?,
        })
    })?;
    Ok(Sight { starts, seen: seen.collect::<Result<_>>()? })
}

fn scopes_of(text: &str) -> Result<Vec<Arc<str>>> {
    let scopes: Vec<String> = serde_json::from_str(text).map_err(|_| damaged("scopes", text))?;
    Ok(scopes.into_iter().map(Into::into).collect())
}
