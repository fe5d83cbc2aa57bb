//! Standard output, and how far it came.

use std::fmt;
use std::io::{self, Write};

use crate::lines::{Lines, Wrote, write_whole};
use crate::record::{Cursor, Entry, Opened};

/// The name under which the record keeps how far standard output came.
const STDOUT: &str = "stdout";

/// Says entries on an output, in order.
pub(super) struct Speaker {
    out: Box<dyn Write + Send>,
    lines: Lines,
    said: u64,
    is_closed: bool,
}

impl Speaker {
    /// A speaker that goes on where the record says that it came to.
    pub(super) fn new(out: Box<dyn Write + Send>, lines: Lines, opened: &Opened) -> Self {
        let said = opened.cursors.get(STDOUT).copied().unwrap_or(0);
        Self { out, lines, said, is_closed: false }
    }

    /// Says entries. Those that nobody reads any more count as unsaid.
    pub(super) fn say(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut text = Vec::new();
        for entry in entries {
            self.lines.write(entry, &mut text);
        }
        let wrote = if text.is_empty() { Wrote::Done } else { write_whole(&mut self.out, &text)? };
        match (wrote, entries.last()) {
            (Wrote::Closed, _) => self.is_closed = true,
            (Wrote::Done, Some(last)) => self.said = last.id.sequence,
            (Wrote::Done, None) => {}
        }
        Ok(())
    }

    /// The number of the last entry that was said.
    pub(super) fn said(&self) -> u64 {
        self.said
    }

    /// The same, for the record.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor { output: STDOUT, sequence: self.said }
    }

    /// Whether nobody reads the lines any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }
}

impl fmt::Debug for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { out: _, lines, said, is_closed } = self;
        f.debug_struct("Speaker")
            .field("lines", lines)
            .field("said", said)
            .field("is_closed", is_closed)
            .finish_non_exhaustive()
    }
}
