//! The record as one SQLite file.
//!
//! The file is in WAL mode: readers work beside the writer, and a batch costs one fsync.

mod coalesce;
mod columns;
mod events;
mod file;
mod ids;
mod images;
mod pods;
mod prune;
mod reader;
mod schema;
mod sight;
mod tidy;
mod uses;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Error, Result, TransactionBehavior, params};

pub use self::reader::SqlitePast;

use self::columns::stored;
use self::ids::{Ids, Remembered, Texts};
use super::entry::Entry;
use super::error::RecordError;
use super::limits::Limits;
use super::past::Seen;
use super::store::{Batch, Identity, NewStart, Opened, Restore, Store, random_id};

/// A record in a file, held for writing.
pub struct SqliteStore {
    path: PathBuf,
    record: Arc<str>,
    server: String,
    is_elsewhere: bool,
    connection: Connection,
    remembered: Remembered,
    /// What the names of the record and its lock led to when they were opened.
    files: file::Files,
    tidied: tidy::Progress,
    // After the connection: nobody else may write before it is closed.
    _lock: File,
}

impl SqliteStore {
    /// Opens the record at `path` for writing, or makes it, for its owner alone, where there is
    /// none. A file beside it, `<path>.lock`, keeps other writers out; readers are welcome.
    ///
    /// A record of this cluster that was written at another server is opened all the same: whether
    /// it is the same cluster, its pods must tell. Its checkpoints are void.
    ///
    /// # Errors
    /// Where there is no such folder, no right, another writer, another program's file, a newer
    /// schema or another cluster: each is a [`RecordError`] of its own, and the file is unchanged.
    pub fn create_or_open(path: &Path, identity: &Identity) -> std::result::Result<Self, RecordError> {
        file::refuse_foreign(path)?;
        let path = file::make(path)?;
        let lock = file::lock(&path)?;
        let failed = |cause| RecordError::Open { path: path.clone(), cause };
        let mut connection = file::connect(&path).map_err(failed)?;
        let found = schema::version(&connection).map_err(failed)?;
        if found > schema::VERSION {
            return Err(RecordError::Newer { path, found, known: schema::VERSION });
        }
        if found == 0 {
            create(&mut connection, identity).map_err(failed)?;
        }
        let Known { record, cluster, server } = known(&connection).map_err(failed)?;
        if cluster != identity.cluster {
            return Err(RecordError::OtherCluster {
                path,
                recorded: cluster,
                given: identity.cluster.clone(),
            });
        }
        if found > 0 {
            migrate(&mut connection, found).map_err(failed)?;
        }
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        let is_elsewhere = server != identity.server;
        let (remembered, tidied) = Default::default();
        let files = file::files(&path);
        Ok(Self {
            files,
            path,
            record,
            server: identity.server.clone(),
            is_elsewhere,
            connection,
            remembered,
            tidied,
            _lock: lock,
        })
    }

    /// Moves a damaged record out of the way, so that a new one can be begun in its place; returns
    /// where it lies now.
    ///
    /// # Errors
    /// [`RecordError::Locked`] where another process writes it, [`RecordError::Access`] where it
    /// cannot be moved.
    pub fn set_aside(path: &Path, at: Timestamp) -> std::result::Result<PathBuf, RecordError> {
        file::set_aside(path, at)
    }

    fn read(&self, into: &mut dyn Restore) -> Result<Opened> {
        let connection = &self.connection;
        let last_sequence: i64 =
            connection.query_one("SELECT last_sequence FROM record", [], |row| row.get(0))?;
        // Where the server is another, so may its history be: no version of the old one tells where to resume.
        let checkpoints = if self.is_elsewhere { BTreeMap::new() } else { sight::checkpoints(connection)? };
        let mut opened = Opened {
            record: Arc::clone(&self.record),
            last_sequence: last_sequence.cast_unsigned(),
            checkpoints,
            cursors: sight::cursors(connection)?,
            last_seen: sight::last_seen(connection)?,
            trusts: sight::trusts(connection)?,
            known_images: 0,
            known_pods: 0,
            is_elsewhere: self.is_elsewhere,
        };
        images::restore(connection, |image| {
            opened.known_images += usize::from(image.spelling.is_some());
            into.image(image);
        })?;
        let mut texts = Texts::new(connection);
        pods::restore_shapes(connection, &mut texts, |shape| into.shape(shape))?;
        pods::restore_pods(connection, &mut texts, |pod| {
            opened.known_pods += 1;
            into.pod(pod);
        })?;
        Ok(opened)
    }

    fn start(&mut self, start: &NewStart) -> Result<u64> {
        let NewStart { at, scopes, is_adopting } = start;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let scopes: Vec<&str> = scopes.iter().map(|scope| &**scope).collect();
        let scopes = serde_json::to_string(&scopes).map_err(|e| Error::ToSqlConversionFailure(e.into()))?;
        transaction.execute(
            "DELETE FROM checkpoint WHERE ?1 OR scope NOT IN (SELECT value FROM json_each(?2))",
            params![self.is_elsewhere, scopes],
        )?;
        transaction.execute(
            "UPDATE record SET starts = starts + 1, batch = 0, server = ?1, epoch = epoch + ?2",
            params![self.server, is_adopting],
        )?;
        transaction.execute(
            "INSERT INTO start SELECT starts, ?1, epoch, ?2, ?3 FROM record",
            params![stored(*at), env!("CARGO_PKG_VERSION"), scopes],
        )?;
        let number: i64 = transaction.query_one("SELECT starts FROM record", [], |row| row.get(0))?;
        transaction.commit()?;
        Ok(number.cast_unsigned())
    }

    fn failed(&self) -> impl FnOnce(rusqlite::Error) -> RecordError {
        let path = self.path.clone();
        move |cause| RecordError::Commit { path, cause }
    }
}

impl Store for SqliteStore {
    fn restore(&mut self, into: &mut dyn Restore) -> std::result::Result<Opened, RecordError> {
        self.read(into).map_err(|cause| RecordError::Restore { path: self.path.clone(), cause })
    }

    fn seen(&self) -> std::result::Result<Vec<Seen>, RecordError> {
        let path = self.path.clone();
        let sight = sight::read(&self.connection).map_err(|cause| RecordError::Restore { path, cause })?;
        Ok(sight.seen)
    }

    fn begin(&mut self, start: &NewStart) -> std::result::Result<u64, RecordError> {
        self.start(start).map_err(self.failed())
    }

    fn commit(&mut self, batch: &Batch) -> std::result::Result<(), RecordError> {
        // SQLite would go on in a file that nobody finds again.
        if file::files(&self.path) != self.files {
            return Err(RecordError::Gone { path: self.path.clone() });
        }
        let stored = commit(&mut self.connection, &mut self.remembered, batch);
        if stored.is_err() {
            self.remembered = Remembered::default();
        }
        stored.map_err(self.failed())
    }

    fn unsaid(&mut self, after: u64, limit: usize) -> std::result::Result<Vec<Entry>, RecordError> {
        events::after(&self.connection, &self.record, after, limit)
            .map_err(|cause| RecordError::Replay { path: self.path.clone(), cause })
    }

    fn tidy(&mut self, now: Timestamp, limits: &Limits) -> std::result::Result<bool, RecordError> {
        self.remembered = Remembered::default();
        tidy::step(&mut self.connection, &mut self.tidied, now, limits)
            .map_err(|cause| RecordError::Tidy { path: self.path.clone(), cause })
    }

    fn size(&self) -> u64 {
        file::size(&self.path)
    }

    fn close(self: Box<Self>) -> std::result::Result<(), RecordError> {
        let Self { path, connection, _lock: lock, .. } = *self;
        // The last connection to close moves the log into the database and deletes it.
        let closed = connection.close().map_err(|(_, cause)| RecordError::Close { path, cause });
        drop(lock);
        closed
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What a record says of itself, in every schema.
struct Known {
    record: Arc<str>,
    cluster: String,
    server: String,
}

fn known(connection: &Connection) -> Result<Known> {
    connection.query_one("SELECT id, cluster, server FROM record", [], |row| {
        Ok(Known { record: row.get(0)?, cluster: row.get(1)?, server: row.get(2)? })
    })
}

fn create(connection: &mut Connection, identity: &Identity) -> Result<()> {
    // Lets a later pruning give space back; it can only be chosen before the first table.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::migrate(&transaction, 0)?;
    transaction.execute(
        "INSERT INTO record (one, id, cluster, server, epoch, starts, batch, last_sequence)
         VALUES (1, ?1, ?2, ?3, 1, 0, 0, 0)",
        params![random_id(), identity.cluster, identity.server],
    )?;
    transaction.commit()
}

fn migrate(connection: &mut Connection, from: u32) -> Result<()> {
    if from == schema::VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::migrate(&transaction, from)?;
    transaction.commit()
}

fn commit(connection: &mut Connection, remembered: &mut Remembered, batch: &Batch) -> Result<()> {
    let Batch {
        number,
        is_whole_at,
        images,
        pods,
        uses,
        entries,
        checkpoints,
        cursors,
        doubts,
        seen,
        trusts,
    } = batch;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Events that are not stored use up numbers too: a cursor may stand on one.
    let last_sequence = entries.iter().map(|entry| entry.id.sequence).max().unwrap_or_default();
    let is_new = transaction
        .prepare_cached(
            "UPDATE record SET batch = ?1, last_sequence = max(last_sequence, ?2) WHERE batch < ?1",
        )?
        .execute(params![number.cast_signed(), last_sequence.cast_signed()])?;
    if is_new == 0 {
        return Ok(());
    }
    if is_whole_at.is_some() {
        transaction.execute_batch("DELETE FROM pod; DELETE FROM shape; DELETE FROM image")?;
    }
    for change in images {
        images::apply(&transaction, change)?;
    }
    for change in pods {
        pods::apply(&transaction, change)?;
    }
    let mut ids = Ids::new(&transaction, remembered);
    match is_whole_at {
        Some(at) => uses::replace(&transaction, &mut ids, uses, *at)?,
        None => uses.iter().try_for_each(|change| uses::apply(&transaction, &mut ids, change))?,
    }
    for entry in entries {
        events::store(&transaction, &mut ids, entry)?;
    }
    for checkpoint in checkpoints {
        sight::put_checkpoint(&transaction, checkpoint)?;
    }
    for cursor in cursors {
        sight::put_cursor(&transaction, *cursor)?;
    }
    for doubt in doubts {
        sight::take_back(&transaction, doubt)?;
    }
    for seen in seen {
        sight::put_seen(&transaction, seen)?;
    }
    for trust in trusts {
        sight::put_trust(&transaction, trust)?;
    }
    transaction.commit()
}

#[cfg(test)]
mod tests;
