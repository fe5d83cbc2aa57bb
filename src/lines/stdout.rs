//! Standard output, whose reader may go away.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

/// What became of bytes that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// They are written and flushed.
    Done,
    /// The reader has gone (`kimager | head`), which is its right and no error.
    Closed,
}

/// Writes `bytes`, whole, to standard output.
///
/// # Errors
/// What the system says, but for a closed pipe: that is [`Wrote::Closed`].
pub fn write_stdout(bytes: &[u8]) -> io::Result<Wrote> {
    write_whole(&mut io::stdout().lock(), bytes)
}

/// Writes `bytes`, whole, to `to`.
///
/// # Errors
/// As [`write_stdout`].
pub fn write_whole(to: &mut impl Write, bytes: &[u8]) -> io::Result<Wrote> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Ok(()) => Ok(Wrote::Done),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Wrote::Closed),
        Err(error) => Err(error),
    }
}

/// Writes `bytes` to standard output. Where that is a file and takes only a part of them, as on a
/// full disk, it is left as it was: half a line can mean something else.
///
/// # Errors
/// As [`write_stdout`].
pub fn write_stdout_or_nothing(bytes: &[u8]) -> io::Result<Wrote> {
    match file_of_stdout() {
        Some(mut file) => write_whole_or_nothing(&mut file, bytes).map(|()| Wrote::Done),
        None => write_stdout(bytes),
    }
}

/// Writes `bytes` to the end of a file, or leaves it as it was.
fn write_whole_or_nothing(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.write_all(bytes).inspect_err(|_| {
        // There is nothing else to try; the error that is returned is the one to know of.
        let _ = file.set_len(length);
    })
}

/// Standard output, if it is a file of a disk.
#[cfg(unix)]
fn file_of_stdout() -> Option<File> {
    use std::os::fd::AsFd as _;
    let file = File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

#[cfg(not(unix))]
fn file_of_stdout() -> Option<File> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{self, ErrorKind};

    use super::{Wrote, write_whole};

    #[test]
    fn a_reader_that_went_away_is_told_from_a_failure() -> io::Result<()> {
        let mut out = Vec::new();
        assert_eq!(write_whole(&mut out, b"a line\n")?, Wrote::Done);
        assert_eq!(out, b"a line\n");

        let (reader, mut writer) = io::pipe()?;
        drop(reader);
        assert_eq!(write_whole(&mut writer, b"a line\n")?, Wrote::Closed);

        let mut read_only = File::open(file!())?;
        let error = write_whole(&mut read_only, b"a line\n").expect_err("it is open for reading");
        assert_ne!(error.kind(), ErrorKind::BrokenPipe);
        Ok(())
    }
}
