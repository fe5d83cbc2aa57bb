//! Texts that rows share, stored once.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

/// Turns texts into ids, within one transaction: a rollback takes new ids back.
pub(super) struct Ids<'batch> {
    connection: &'batch Connection,
    known: HashMap<&'batch str, i64>,
}

impl<'batch> Ids<'batch> {
    pub(super) fn new(connection: &'batch Connection) -> Self {
        Self { connection, known: HashMap::new() }
    }

    /// The id of a text, given at its first mention in the record.
    pub(super) fn of(&mut self, text: &'batch str) -> rusqlite::Result<i64> {
        if let Some(&id) = self.known.get(text) {
            return Ok(id);
        }
        let stored = self
            .connection
            .prepare_cached("SELECT id FROM name WHERE text = ?1")?
            .query_row([text], |row| row.get(0))
            .optional()?;
        let id = match stored {
            Some(id) => id,
            None => self.connection.prepare_cached("INSERT INTO name (text) VALUES (?1)")?.insert([text])?,
        };
        self.known.insert(text, id);
        Ok(id)
    }

    /// The id of a text that may be absent.
    pub(super) fn of_some(&mut self, text: Option<&'batch Arc<str>>) -> rusqlite::Result<Option<i64>> {
        text.map(|text| self.of(text)).transpose()
    }
}

/// Turns ids into texts that are shared, however many rows name them.
pub(super) struct Texts<'record> {
    connection: &'record Connection,
    known: HashMap<i64, Arc<str>>,
}

impl<'record> Texts<'record> {
    pub(super) fn new(connection: &'record Connection) -> Self {
        Self { connection, known: HashMap::new() }
    }

    /// The text of an id.
    pub(super) fn of(&mut self, id: i64) -> rusqlite::Result<Arc<str>> {
        if let Some(text) = self.known.get(&id) {
            return Ok(Arc::clone(text));
        }
        let mut select = self.connection.prepare_cached("SELECT text FROM name WHERE id = ?1")?;
        let text: Arc<str> = select.query_row([id], |row| row.get(0))?;
        self.known.insert(id, Arc::clone(&text));
        Ok(text)
    }

    /// The text of an id that may be absent.
    pub(super) fn of_some(&mut self, id: Option<i64>) -> rusqlite::Result<Option<Arc<str>>> {
        id.map(|id| self.of(id)).transpose()
    }
}
