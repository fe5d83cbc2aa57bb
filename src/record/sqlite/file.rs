//! The file of a record: whose it is, who may write it.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::APPLICATION_ID;
use crate::record::error::RecordError;

/// The first bytes of a SQLite database, and where in its header stands what
/// (<https://sqlite.org/fileformat2.html>, "The Database Header").
const MAGIC: &[u8] = b"SQLite format 3\0";
/// The application's id.
const ID_PLACE: Range<usize> = 68..72;
/// Whether there is a log with more: 2 for writers, 2 for readers, or else 1.
const LOG_PLACE: Range<usize> = 18..20;
/// How often tables were made or changed.
const SCHEMA_PLACE: Range<usize> = 40..44;
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
    match kind_of(file).map_err(access(path))? {
        Kind::Record | Kind::Empty => Ok(()),
        Kind::Foreign(found) => foreign(found),
    }
}

/// Refuses what cannot be read as a record.
pub(super) fn refuse_unreadable(path: &Path) -> Result<(), RecordError> {
    let unreadable = |cause| RecordError::Unreadable { path: path.to_owned(), cause };
    let foreign = |found| Err(RecordError::Foreign { path: path.to_owned(), found });
    if path.is_dir() {
        return Err(RecordError::IsFolder { path: path.to_owned() });
    }
    match File::open(path).and_then(kind_of).map_err(unreadable)? {
        Kind::Record => Ok(()),
        Kind::Empty => foreign("an empty file"),
        Kind::Foreign(found) => foreign(found),
    }
}

/// What a file is.
enum Kind {
    Record,
    Empty,
    Foreign(&'static str),
}

fn kind_of(file: File) -> io::Result<Kind> {
    if !file.metadata()?.is_file() {
        return Ok(Kind::Foreign("a device or a pipe"));
    }
    let mut header = Vec::new();
    file.take(HEADER_LENGTH).read_to_end(&mut header)?;
    Ok(if header.is_empty() {
        Kind::Empty
    } else if !header.starts_with(MAGIC) {
        Kind::Foreign("a file of another kind")
    } else if header.get(ID_PLACE) == Some(&APPLICATION_ID.to_be_bytes()) {
        Kind::Record
    } else if header.get(LOG_PLACE) == Some(&[1; 2]) && header.get(SCHEMA_PLACE) == Some(&[0; 4]) {
        // It never had a table: whoever began to make it died at once.
        Kind::Empty
    } else {
        Kind::Foreign("a database of another program")
    })
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
    let mut options = OpenOptions::new();
    let file = private(options.write(true).create(true)).open(lock_of(path)).map_err(access(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RecordError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(access(path)(cause)),
    }
}

/// Which files a writer has open: those that a name leads to may become others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Files([Option<(u64, u64)>; 2]);

/// The files that the names of the record and its lock lead to now.
pub(super) fn files(path: &Path) -> Files {
    Files([path, &lock_of(path)].map(|path| std::fs::metadata(path).ok().map(|file| number(&file))))
}

fn number(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// The bytes of the record and its log.
pub(super) fn size(path: &Path) -> u64 {
    let sizes = [path, &log_of(path)].map(|path| std::fs::metadata(path).map_or(0, |file| file.len()));
    sizes.iter().sum()
}

/// Moves a damaged record out of the way, with its log; returns where it lies now. Nothing of it is
/// deleted.
pub(super) fn set_aside(path: &Path, at: Timestamp) -> Result<PathBuf, RecordError> {
    let _lock = lock(path)?;
    let stamp = at.strftime("%Y%m%dT%H%M%SZ");
    let aside = |suffix: &str| with_suffix(path, &format!(".damaged-{stamp}{suffix}"));
    // The log first: a database without its log may seem whole.
    for suffix in ["-wal", "-shm", ""] {
        match std::fs::rename(with_suffix(path, suffix), aside(suffix)) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(access(path)(cause)),
            _ => {}
        }
    }
    Ok(aside(""))
}

/// A connection for writing, set up but for what is stored in the file.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Without SQLITE_OPEN_URI a name that begins with `file:` is only a name.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    keep_statements(&connection)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A committed batch survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The root of a container may be read-only.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A first sync is one long write: moving it into the file in fewer, larger steps saves fsyncs.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    // A reader that took long made the log long; it need not stay so. The same 4000 pages, in bytes.
    connection.pragma_update(None, "journal_size_limit", 16_384_000)?;
    Ok(connection)
}

/// A connection for reading, beside a writer or without one.
///
/// To read a log that another process may write, SQLite wants to write beside the file. Where it may
/// not and there is no log, nobody writes, and the file can be read as it lies.
pub(super) fn connect_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, read_only)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_query_value(None, "schema_version", |_| Ok(()))?;
        Ok(connection)
    };
    let connection = open().or_else(|error: rusqlite::Error| {
        let is_refused =
            matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly));
        if !is_refused || log_of(path).exists() {
            return Err(error);
        }
        let uri = format!("file:{}?immutable=1", escaped(path));
        Connection::open_with_flags(uri, read_only | OpenFlags::SQLITE_OPEN_URI)
    })?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Lets each statement be made once. Where a plan may depend on values that are bound, as it may with
/// partial indexes, SQLite makes the statement anew each time they change.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// The log beside a database, which SQLite removes when the last connection closes.
fn log_of(path: &Path) -> PathBuf {
    with_suffix(path, "-wal")
}

/// The lock beside a database.
fn lock_of(path: &Path) -> PathBuf {
    with_suffix(path, ".lock")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A path within a URI, each byte escaped (<https://sqlite.org/uri.html>, "URI Filenames In SQLite").
fn escaped(path: &Path) -> String {
    use std::fmt::Write as _;
    path.as_os_str().as_encoded_bytes().iter().fold(String::new(), |mut uri, byte| {
        // Writing to a String cannot fail.
        let _ = write!(uri, "%{byte:02x}");
        uri
    })
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
