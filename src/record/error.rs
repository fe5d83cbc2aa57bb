//! What can go wrong with a record, and what to do about it.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

/// A record that cannot be used, or an operation on it that failed. Each message names the record,
/// the cause and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The folder of the record is not there.
    #[error("cannot make the record {}: there is no folder {}; make it, or name another file",
        path.display(), folder.display())]
    NoFolder {
        /// The record.
        path: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// There is no usual place for records.
    #[error(
        "there is no place for a record of the cluster {cluster:?}: neither XDG_STATE_HOME nor HOME \
        names a folder; name a file by --record, or keep nothing with --record memory"
    )]
    NoPlace {
        /// The cluster.
        cluster: String,
    },
    /// The folder for records cannot be made.
    #[error("cannot make the folder {} for records: {cause}; let this user make it, name a file by \
        --record, or keep nothing with --record memory", folder.display())]
    MakeFolder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A folder was named as the record.
    #[error("cannot use {} as the record: it is a folder; name a file in it", path.display())]
    IsFolder {
        /// What was named.
        path: PathBuf,
    },
    /// The system refused access to the record or its lock.
    #[error("cannot open the record {} for writing: {cause}; let this user read and write the file \
        and its folder, or name another file", path.display())]
    Access {
        /// The record.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file belongs to something else. It was not touched.
    #[error("{} is no record of kimager but {found}; it was left as it is: name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// The record was written by a newer kimager.
    #[error("the record {} has schema {found} and this kimager knows up to {known}; \
        use the newer kimager that wrote it, or name another file", path.display())]
    Newer {
        /// The record.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// Another process writes the record.
    #[error("another kimager is writing the record {}; stop it, or name another file", path.display())]
    Locked {
        /// The record.
        path: PathBuf,
    },
    /// The record is of another cluster.
    #[error("the record {} is of the cluster {recorded:?}, not of {given:?}; name another file, \
        or the cluster it belongs to", path.display())]
    OtherCluster {
        /// The record.
        path: PathBuf,
        /// The cluster it was begun for.
        recorded: String,
        /// The cluster that was asked for.
        given: String,
    },
    /// The record is of a cluster of the same name that has no pod in common with this one.
    #[error(
        "the record was written at another API server or CA, and none of the {known} pods it knows \
        is in this cluster: it is another one; name another record, or go on in this one with --adopt"
    )]
    OtherPods {
        /// How many pods the record knows.
        known: usize,
    },
    /// The database could not be opened, made or brought to this schema.
    #[error("cannot open the record {}: {cause}; {}", path.display(), remedy(cause))]
    Open {
        /// The record.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// What the record holds could not be read at start.
    #[error("cannot restore from the record {}: {cause}; {}", path.display(), remedy(cause))]
    Restore {
        /// The record.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// A batch could not be stored.
    #[error("cannot write to the record {}: {cause}; {}", path.display(), remedy(cause))]
    Commit {
        /// The record.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// What was opened no longer lies at its place: what is written there is lost with the process.
    #[error("cannot write to the record {}: it, or the file .lock beside it, was moved, deleted or replaced \
        while it was open; put it back, or start kimager again, which takes what lies there or begins anew",
        path.display())]
    Gone {
        /// The record.
        path: PathBuf,
    },
    /// Stored events could not be read.
    #[error("cannot read events from the record {}: {cause}; {}", path.display(), remedy(cause))]
    Replay {
        /// The record.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// The record could not be kept within its limits.
    #[error("cannot tidy the record {}: {cause}; {}", path.display(), remedy(cause))]
    Tidy {
        /// The record.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the record {}: {cause}; name the file that kimager writes (--record), \
        and let this user read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// What was asked of the record could not be read.
    #[error("cannot read the record {}: {cause}; {}", path.display(), remedy(cause))]
    Ask {
        /// The record.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// The record could not be closed tidily. Nothing that was committed is lost.
    #[error("cannot close the record {}: {cause}; {}", path.display(), remedy(cause))]
    Close {
        /// The record.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// A record that is kept elsewhere could not be asked.
    #[error("cannot ask the record at {place}: {cause}")]
    Elsewhere {
        /// Where.
        place: String,
        /// What came, and what to do about it.
        cause: String,
    },
    /// The thread that writes the record could not be started.
    #[error("cannot start the thread that writes the record: {cause}; raise the limit of processes")]
    Thread {
        /// What the system said.
        cause: io::Error,
    },
}

impl RecordError {
    /// Whether the file is damaged: what it holds is not what kimager wrote.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        self.damage().is_some()
    }

    /// What is wrong with the file, if it is damaged.
    #[must_use]
    pub fn damage(&self) -> Option<&rusqlite::Error> {
        match self {
            Self::Open { cause, .. }
            | Self::Restore { cause, .. }
            | Self::Commit { cause, .. }
            | Self::Replay { cause, .. }
            | Self::Tidy { cause, .. }
            | Self::Ask { cause, .. } => Some(cause).filter(|cause| is_damage(cause)),
            _ => None,
        }
    }
}

fn is_damage(cause: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedMoreThanOneRow,
        QueryReturnedNoRows,
    };
    match cause {
        // A row that does not decode, or one that others refer to and that is not there.
        FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | QueryReturnedNoRows
        | QueryReturnedMoreThanOneRow => true,
        cause => {
            matches!(cause.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        }
    }
}

/// What the user can do about an error of SQLite.
fn remedy(error: &rusqlite::Error) -> &'static str {
    if is_damage(error) {
        return "the file is damaged: start `kimager watch` on it again, which sets it aside and begins a new one";
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "make room on its disk",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "end the program that holds it locked",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "let this user write the file and its folder"
        }
        Some(ErrorCode::SystemIoFailure) => "check its disk",
        Some(ErrorCode::OutOfMemory) => "give kimager more memory",
        _ => "if it stays so, move the file away, and kimager begins a new one",
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::remedy;

    #[test]
    fn each_error_of_the_database_has_its_remedy() {
        let check = |code, expected: &str| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert!(remedy(&error).contains(expected), "{error}: {}", remedy(&error));
        };
        check(ffi::SQLITE_FULL, "make room");
        check(ffi::SQLITE_BUSY, "holds it locked");
        check(ffi::SQLITE_LOCKED, "holds it locked");
        check(ffi::SQLITE_READONLY, "let this user write");
        check(ffi::SQLITE_PERM, "let this user write");
        check(ffi::SQLITE_CANTOPEN, "let this user write");
        check(ffi::SQLITE_IOERR, "check its disk");
        check(ffi::SQLITE_NOMEM, "more memory");
        check(ffi::SQLITE_CORRUPT, "is damaged");
        check(ffi::SQLITE_NOTADB, "is damaged");
        check(ffi::SQLITE_MISUSE, "move the file away");
    }
}
