//! Texts that many rows share: references, digests, places, each stored once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use rusqlite::types::{FromSql as _, ToSql, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Result, params};

use super::columns::{KINDS, borrowed, code, digest_of, digest_value};
use crate::inventory::ContainerKind;

/// The most texts of a kind to remember: for a first list, and for what changes in a while.
const REMEMBERED: usize = 4096;

/// Ids of texts that are stored. What a batch that failed or a tidying may have taken away must be
/// forgotten.
#[derive(Default)]
pub(super) struct Remembered {
    references: HashMap<Arc<str>, i64>,
    digests: HashMap<Arc<str>, i64>,
    places: HashMap<Place, i64>,
}

/// Turns texts into ids, within one transaction.
pub(super) struct Ids<'batch> {
    connection: &'batch Connection,
    remembered: &'batch mut Remembered,
}

impl<'batch> Ids<'batch> {
    pub(super) fn new(connection: &'batch Connection, remembered: &'batch mut Remembered) -> Self {
        Self { connection, remembered }
    }

    /// The id of a reference, given at its first mention in the record.
    pub(super) fn reference(&mut self, text: &Arc<str>) -> Result<i64> {
        remembered(&mut self.remembered.references, text, || {
            let [select, insert] =
                ["SELECT id FROM reference WHERE text = ?1", "INSERT INTO reference (text) VALUES (?1)"];
            find_or_insert(self.connection, select, insert, [text])
        })
    }

    /// The id of a digest that may be absent.
    pub(super) fn digest(&mut self, text: Option<&Arc<str>>) -> Result<Option<i64>> {
        let Some(text) = text else { return Ok(None) };
        let id = remembered(&mut self.remembered.digests, text, || {
            let [select, insert] =
                ["SELECT id FROM digest WHERE value = ?1", "INSERT INTO digest (value) VALUES (?1)"];
            let value = digest_value(text);
            find_or_insert(self.connection, select, insert, [&borrowed(&value) as &dyn ToSql])
        });
        id.map(Some)
    }

    /// The id of a place.
    pub(super) fn place(&mut self, place: &Place) -> Result<i64> {
        remembered(&mut self.remembered.places, place, || {
            let Place { namespace, workload, container, kind, scope } = place;
            let [select, insert] = [
                "SELECT id FROM place
                 WHERE namespace = ?1 AND workload = ?2 AND container = ?3 AND kind = ?4 AND scope = ?5",
                "INSERT INTO place (namespace, workload, container, kind, scope) VALUES (?1, ?2, ?3, ?4, ?5)",
            ];
            let columns = params![namespace, workload, container, code(*kind, &KINDS), scope];
            find_or_insert(self.connection, select, insert, columns)
        })
    }
}

fn remembered<K: Clone + Eq + Hash>(
    ids: &mut HashMap<K, i64>,
    key: &K,
    find: impl FnOnce() -> Result<i64>,
) -> Result<i64> {
    if let Some(&id) = ids.get(key) {
        return Ok(id);
    }
    let id = find()?;
    if ids.len() >= REMEMBERED {
        ids.clear();
    }
    ids.insert(key.clone(), id);
    Ok(id)
}

fn find_or_insert(
    connection: &Connection,
    select: &str,
    insert: &str,
    columns: impl Params + Copy,
) -> Result<i64> {
    let found = connection.prepare_cached(select)?.query_row(columns, |row| row.get(0)).optional()?;
    match found {
        Some(id) => Ok(id),
        None => connection.prepare_cached(insert)?.insert(columns),
    }
}

/// A place of use: a container of a workload, as a scope saw it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) namespace: Arc<str>,
    pub(super) workload: Arc<str>,
    pub(super) container: Arc<str>,
    pub(super) kind: ContainerKind,
    pub(super) scope: Arc<str>,
}

/// Turns ids into texts that are shared, however many rows name them.
pub(super) struct Texts<'record> {
    connection: &'record Connection,
    /// In order, as rows that were stored one after the other mostly name texts that were.
    references: BTreeMap<i64, Arc<str>>,
    digests: BTreeMap<i64, Arc<str>>,
    places: HashMap<i64, Place>,
    /// Namespaces, scopes and the like: places share them.
    words: HashMap<Box<str>, Arc<str>>,
}

impl<'record> Texts<'record> {
    pub(super) fn new(connection: &'record Connection) -> Self {
        let (references, digests, places, words) = Default::default();
        Self { connection, references, digests, places, words }
    }

    /// The reference of an id.
    pub(super) fn reference(&mut self, id: i64) -> Result<Arc<str>> {
        if let Some(text) = self.references.get(&id) {
            return Ok(Arc::clone(text));
        }
        let mut select = self.connection.prepare_cached("SELECT text FROM reference WHERE id = ?1")?;
        let text: Arc<str> = select.query_row([id], |row| row.get(0))?;
        self.references.insert(id, Arc::clone(&text));
        Ok(text)
    }

    /// The digest of an id that may be absent.
    pub(super) fn digest(&mut self, id: Option<i64>) -> Result<Option<Arc<str>>> {
        let Some(id) = id else { return Ok(None) };
        if let Some(text) = self.digests.get(&id) {
            return Ok(Some(Arc::clone(text)));
        }
        let mut select = self.connection.prepare_cached("SELECT value FROM digest WHERE id = ?1")?;
        let text = select.query_row([id], |row| digest_of(row.get_ref(0)?))?;
        self.digests.insert(id, Arc::clone(&text));
        Ok(Some(text))
    }

    /// The reference of an id, from a row that was joined with it: of many rows that costs half as
    /// much as a search for each.
    pub(super) fn joined_reference(&mut self, id: i64, joined: ValueRef<'_>) -> Result<Arc<str>> {
        match self.references.entry(id) {
            Entry::Occupied(known) => Ok(Arc::clone(known.get())),
            Entry::Vacant(new) => Ok(Arc::clone(new.insert(Arc::column_result(joined)?))),
        }
    }

    /// The digest of an id that may be absent, from a row that was joined with it.
    pub(super) fn joined_digest(
        &mut self,
        id: Option<i64>,
        joined: ValueRef<'_>,
    ) -> Result<Option<Arc<str>>> {
        let Some(id) = id else { return Ok(None) };
        match self.digests.entry(id) {
            Entry::Occupied(known) => Ok(Some(Arc::clone(known.get()))),
            Entry::Vacant(new) => Ok(Some(Arc::clone(new.insert(digest_of(joined)?)))),
        }
    }

    /// The place of an id.
    pub(super) fn place(&mut self, id: i64) -> Result<&Place> {
        if !self.places.contains_key(&id) {
            let mut select = self.connection.prepare_cached(
                "SELECT namespace, workload, container, kind, scope FROM place WHERE id = ?1",
            )?;
            let place = select.query_row([id], |row| {
                let mut text = |column: usize| row.get(column).map(|text: Box<str>| self.word(text));
                Ok(Place {
                    namespace: text(0)?,
                    workload: text(1)?,
                    container: text(2)?,
                    kind: super::columns::word(row, "kind", &KINDS)?,
                    scope: text(4)?,
                })
            })?;
            self.places.insert(id, place);
        }
        Ok(&self.places[&id])
    }

    /// One copy of a text that rows repeat.
    pub(super) fn word(&mut self, text: Box<str>) -> Arc<str> {
        if let Some(word) = self.words.get(&text) {
            return Arc::clone(word);
        }
        let word: Arc<str> = Arc::from(&*text);
        self.words.insert(text, Arc::clone(&word));
        word
    }
}
