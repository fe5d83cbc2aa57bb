//! Standard output, and how far it came.

use std::fmt;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc as async_mpsc;

use crate::inventory::change::Event;
use crate::lines::{Lines, Wrote, write_whole};
use crate::record::{Cursor, Entry, Opened};

/// The name under which the record keeps how far standard output came.
const STDOUT: &str = "stdout";
/// Lines that may wait for a reader, in bytes: some ten thousands.
const MOST_WAITING: usize = 4 << 20;
/// An output that takes nothing for this long is read by nobody.
const STUCK: Duration = Duration::from_secs(5);

/// Says entries on an output, in order.
///
/// A thread of its own writes, so that a reader who does not read holds up no watch: what waits for
/// the reader is kept in memory, up to a bound.
pub(super) struct Speaker {
    lines: Lines,
    texts: mpsc::Sender<Text>,
    written: async_mpsc::UnboundedReceiver<(Text, io::Result<Wrote>)>,
    /// Bytes, and texts, that were handed over to the thread and did not come back.
    bytes_waiting: usize,
    texts_waiting: usize,
    /// Since when the text in front waits.
    waits_since: Instant,
    /// The number of the last entry that was handed over.
    heard: u64,
    said: u64,
    is_closed: bool,
}

/// The lines of some entries.
struct Text {
    bytes: Vec<u8>,
    /// The number of the last of them.
    last: u64,
}

impl Speaker {
    /// A speaker that goes on where the record says that it came to.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn new(out: Box<dyn Write + Send>, lines: Lines, opened: &Opened) -> io::Result<Self> {
        let said = opened.cursors.get(STDOUT).copied().unwrap_or(0);
        let (texts, to_write) = mpsc::channel();
        let (done, written) = async_mpsc::unbounded_channel();
        thread::Builder::new().name("lines".to_owned()).spawn(move || write(out, &to_write, &done))?;
        Ok(Self {
            lines,
            texts,
            written,
            bytes_waiting: 0,
            texts_waiting: 0,
            waits_since: Instant::now(),
            heard: said,
            said,
            is_closed: false,
        })
    }

    /// Says entries, without waiting for their reader.
    pub(super) fn say(&mut self, entries: &[Entry]) {
        let Some(last) = entries.last() else { return };
        let mut bytes = Vec::new();
        for entry in entries {
            self.lines.write(entry, &mut bytes);
        }
        if !self.is_speaking() {
            self.waits_since = Instant::now();
        }
        self.bytes_waiting += bytes.len();
        self.texts_waiting += 1;
        self.heard = last.id.sequence;
        // The thread ends early only where the output failed or was closed, which it has told.
        let _ = self.texts.send(Text { bytes, last: self.heard });
    }

    /// Whether the event has a line.
    pub(super) fn says(&self, event: &Event) -> bool {
        self.lines.is_said(event)
    }

    /// Waits until the output came further. What nobody reads any more counts as unsaid. Dropping
    /// the future loses nothing.
    ///
    /// # Errors
    /// Where the output failed.
    pub(super) async fn went_on(&mut self) -> io::Result<()> {
        let Some((text, wrote)) = self.written.recv().await else {
            self.is_closed = true;
            return Ok(());
        };
        self.bytes_waiting -= text.bytes.len();
        self.texts_waiting -= 1;
        self.waits_since = Instant::now();
        match wrote? {
            Wrote::Closed => self.is_closed = true,
            Wrote::Done => self.said = text.last,
        }
        Ok(())
    }

    /// Whether something is yet to be written.
    pub(super) fn is_speaking(&self) -> bool {
        self.texts_waiting > 0
    }

    /// Whether something is yet to be written, and has been for long.
    pub(super) fn is_stuck(&self) -> bool {
        self.is_speaking() && self.waits_since.elapsed() >= STUCK
    }

    /// Says nothing more, and tells of lines that it leaves unsaid.
    pub(super) fn end(&mut self) {
        if self.is_speaking() {
            log::warn!(
                target: "kimager::lines",
                "nobody reads standard output: the last {} bytes of lines are left; with a record in a file \
                the next start says them",
                self.bytes_waiting
            );
        }
    }

    /// Whether more may wait for the reader.
    pub(super) fn has_room(&self) -> bool {
        self.bytes_waiting < MOST_WAITING
    }

    /// The number of the last entry that was to be said.
    pub(super) fn heard(&self) -> u64 {
        self.heard
    }

    /// The number of the last entry that was said, for the record.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor { output: STDOUT, sequence: self.said }
    }

    /// Whether nobody reads the lines any more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }
}

/// Writes texts until there are no more, or until the output takes none.
fn write(
    mut out: Box<dyn Write + Send>,
    texts: &mpsc::Receiver<Text>,
    done: &async_mpsc::UnboundedSender<(Text, io::Result<Wrote>)>,
) {
    for text in texts {
        let wrote = if text.bytes.is_empty() { Ok(Wrote::Done) } else { write_whole(&mut out, &text.bytes) };
        let is_over = !matches!(wrote, Ok(Wrote::Done));
        if done.send((text, wrote)).is_err() || is_over {
            return;
        }
    }
}

impl fmt::Debug for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, heard, said, is_closed, .. } = self;
        f.debug_struct("Speaker")
            .field("lines", lines)
            .field("heard", heard)
            .field("said", said)
            .field("is_closed", is_closed)
            .finish_non_exhaustive()
    }
}
