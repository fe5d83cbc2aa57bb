//! The record as one SQLite file.
//!
//! The file is in WAL mode: readers work beside the writer, and a batch costs one fsync.

mod columns;
mod events;
mod file;
mod images;
mod names;
mod pods;
mod schema;
mod uses;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Result, TransactionBehavior, params};

use self::names::{Ids, Texts};
use super::entry::Entry;
use super::error::RecordError;
use super::store::{Batch, Checkpoint, Cursor, Identity, Opened, Restore, Store, random_id};

/// A record in a file, held for writing.
pub struct SqliteStore {
    path: PathBuf,
    record: Arc<str>,
    server: String,
    connection: Connection,
    // After the connection: nobody else may write before it is closed.
    _lock: File,
}

impl SqliteStore {
    /// Opens the record at `path` for writing, or makes it, for its owner alone, where there is
    /// none. A file beside it, `<path>.lock`, keeps other writers out; readers are welcome.
    ///
    /// A record of this cluster that was written at another server is continued, with a warning and
    /// without its checkpoints.
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
        if server != identity.server {
            log::warn!(
                "the record {} of the cluster {cluster:?} was written at another API server or CA and is \
                 continued, with all pods read anew; if this is another cluster, stop and name another record",
                path.display()
            );
        }
        Ok(Self { path, record, server: identity.server.clone(), connection, _lock: lock })
    }

    fn start(&mut self) -> Result<Opened> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Where the server is another, so may its history be: no version of the old one tells where to resume.
        transaction
            .execute("DELETE FROM checkpoint WHERE (SELECT server FROM record) <> ?1", [&self.server])?;
        transaction.execute(
            "UPDATE record SET starts = starts + 1, server = ?1,
                 server_since = iif(server = ?1, server_since, starts + 1)",
            [&self.server],
        )?;
        let mut opened =
            transaction.query_one("SELECT starts, last_sequence, last_seen FROM record", [], |row| {
                Ok(Opened {
                    record: Arc::clone(&self.record),
                    start: row.get("starts").map(i64::cast_unsigned)?,
                    last_sequence: row.get("last_sequence").map(i64::cast_unsigned)?,
                    checkpoints: BTreeMap::new(),
                    cursors: BTreeMap::new(),
                    last_seen: columns::time(row, "last_seen")?,
                    known_images: 0,
                    known_pods: 0,
                })
            })?;
        let mut checkpoints = transaction
            .prepare("SELECT text, resource_version FROM checkpoint JOIN name ON name.id = scope")?;
        for row in checkpoints.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (scope, resource_version) = row?;
            opened.checkpoints.insert(scope, resource_version);
        }
        drop(checkpoints);
        let mut cursors = transaction.prepare("SELECT output, sequence FROM cursor")?;
        for row in cursors.query_map([], |row| Ok((row.get(0)?, row.get(1).map(i64::cast_unsigned)?)))? {
            let (output, sequence) = row?;
            opened.cursors.insert(output, sequence);
        }
        drop(cursors);
        transaction.commit()?;
        Ok(opened)
    }

    fn restore(&self, into: &mut dyn Restore, opened: &mut Opened) -> Result<()> {
        let mut texts = Texts::new(&self.connection);
        images::restore(&self.connection, &mut texts, |image| {
            opened.known_images += usize::from(image.spelling.is_some());
            into.image(image);
        })?;
        pods::restore_shapes(&self.connection, &mut texts, |shape| into.shape(shape))?;
        pods::restore_pods(&self.connection, &mut texts, |pod| {
            opened.known_pods += 1;
            into.pod(pod);
        })
    }
}

impl Store for SqliteStore {
    fn open(&mut self, into: &mut dyn Restore) -> std::result::Result<Opened, RecordError> {
        self.start()
            .and_then(|mut opened| self.restore(into, &mut opened).map(|()| opened))
            .map_err(|cause| RecordError::Restore { path: self.path.clone(), cause })
    }

    fn commit(&mut self, batch: &Batch) -> std::result::Result<(), RecordError> {
        commit(&mut self.connection, batch)
            .map_err(|cause| RecordError::Commit { path: self.path.clone(), cause })
    }

    fn unsaid(&mut self, after: u64, limit: usize) -> std::result::Result<Vec<Entry>, RecordError> {
        events::after(&self.connection, &self.record, after, limit)
            .map_err(|cause| RecordError::Replay { path: self.path.clone(), cause })
    }

    fn close(self: Box<Self>) -> std::result::Result<(), RecordError> {
        let Self { path, record: _, server: _, connection, _lock: lock } = *self;
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
        "INSERT INTO record (one, id, cluster, server, server_since, starts, last_sequence)
         VALUES (1, ?1, ?2, ?3, 1, 0, 0)",
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

fn commit(connection: &mut Connection, batch: &Batch) -> Result<()> {
    let Batch { changes, entries, checkpoints, cursors, at, seen_until } = batch;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut ids = Ids::new(&transaction);
    for change in &changes.images {
        images::apply(&transaction, &mut ids, change)?;
    }
    for change in &changes.pods {
        pods::apply(&transaction, &mut ids, change)?;
    }
    for change in &changes.uses {
        uses::apply(&transaction, &mut ids, change, *at)?;
    }
    for entry in entries {
        events::store(&transaction, &mut ids, entry)?;
    }
    for Checkpoint { scope, resource_version } in checkpoints {
        let scope = ids.of(scope)?;
        match resource_version {
            Some(version) => transaction
                .prepare_cached("INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2)")?
                .execute(params![scope, version])?,
            None => {
                transaction.prepare_cached("DELETE FROM checkpoint WHERE scope = ?1")?.execute([scope])?
            }
        };
    }
    for Cursor { output, sequence } in cursors {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)")?
            .execute(params![output, sequence.cast_signed()])?;
    }
    // Events that are not stored use up numbers too: a cursor may stand on one.
    let last_sequence = entries.iter().map(|entry| entry.id.sequence).max().unwrap_or_default();
    transaction
        .prepare_cached(
            "UPDATE record SET last_sequence = max(last_sequence, ?1), began = ifnull(began, ?2),
                 last_seen = ifnull(?3, last_seen)",
        )?
        .execute(params![
            last_sequence.cast_signed(),
            columns::stored(*at),
            seen_until.map(columns::stored)
        ])?;
    drop(ids);
    transaction.commit()
}

#[cfg(test)]
mod tests;
