//! The schema: numbered steps, each applied once.

use rusqlite::{Connection, Transaction};

/// `kimg`: tells a record from other SQLite databases (<https://sqlite.org/fileformat2.html>).
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"kimg");

/// A step is never edited once it has been released; a change is a further step.
const MIGRATIONS: [&str; VERSION as usize] = [include_str!("../migrations/0001_first.sql")];

/// The schema that this program writes.
pub(super) const VERSION: u32 = 1;

/// The schema of a database: the number of steps that were applied.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies the steps after the first `from`.
pub(super) fn migrate(transaction: &Transaction<'_>, from: u32) -> rusqlite::Result<()> {
    for step in MIGRATIONS.iter().skip(from as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)
}
