//! The file of a record: whose it is, who may write it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::schema::APPLICATION_ID;
use crate::record::error::RecordError;

/// The first bytes of a SQLite database, and where in its header the application's id stands
/// (<https://sqlite.org/fileformat2.html>, "The Database Header").
const MAGIC: &[u8] = b"SQLite format 3\0";
const ID_PLACE: Range<usize> = 68..72;
const HEADER_LENGTH: u64 = 100;

/// How long a reader that recovers the log may hold up a write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Refuses a file that is no record, before anything could touch it. A file that is absent or
/// empty becomes one.
pub(super) fn refuse_foreign(path: &Path) -> Result<(), RecordError> {
    let foreign = |found| Err(RecordError::Foreign { path: path.to_owned(), found });
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(cause) => {
            return match (cause.kind(), path.parent()) {
                (ErrorKind::IsADirectory, _) => Err(RecordError::IsFolder { path: path.to_owned() }),
                (ErrorKind::NotFound, Some(folder)) if !folder.as_os_str().is_empty() && !folder.exists() => {
                    Err(RecordError::NoFolder { path: path.to_owned(), folder: folder.to_owned() })
                }
                (ErrorKind::NotFound, _) => Ok(()),
                _ => Err(access(path)(cause)),
            };
        }
    };
    if !file.metadata().map_err(access(path))?.is_file() {
        return foreign("a device or a pipe");
    }
    let mut header = Vec::new();
    file.take(HEADER_LENGTH).read_to_end(&mut header).map_err(access(path))?;
    if header.is_empty() {
        Ok(())
    } else if !header.starts_with(MAGIC) {
        foreign("a file of another kind")
    } else if header.get(ID_PLACE) != Some(&APPLICATION_ID.to_be_bytes()) {
        foreign("a database of another program")
    } else {
        Ok(())
    }
}

/// Makes the file, for its owner alone, if it is not there; its path without symbolic links.
pub(super) fn make(path: &Path) -> Result<PathBuf, RecordError> {
    private(OpenOptions::new().write(true).create(true)).open(path).map_err(access(path))?;
    path.canonicalize().map_err(access(path))
}

/// Locks the record against other writers for as long as the returned file is open; the system
/// unlocks it when the process ends, however it ends. Readers do not ask for the lock.
///
/// The lock has a file of its own because closing any handle of the database would drop SQLite's
/// own locks (<https://sqlite.org/howtocorrupt.html>). That file stays: to delete it would let two
/// writers lock two files of one name.
pub(super) fn lock(path: &Path) -> Result<File, RecordError> {
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let file = private(OpenOptions::new().write(true).create(true)).open(lock_path).map_err(access(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RecordError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(access(path)(cause)),
    }
}

/// A connection for writing, set up but for what is stored in the file.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Without SQLITE_OPEN_URI a name that begins with `file:` is only a name.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "foreign_keys", true)?;
    // A committed batch survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The root of a container may be read-only.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A first sync is one long write: moving it into the file in fewer, larger steps saves fsyncs.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    Ok(connection)
}

/// Lets only the owner read and write what is made.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.truncate(false)
}

fn access(path: &Path) -> impl Fn(io::Error) -> RecordError {
    move |cause| RecordError::Access { path: path.to_owned(), cause }
}
