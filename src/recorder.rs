//! The recorder: the one owner of the inventory. It takes in what the watches yield, has each
//! batch stored, and then says it.
//!
//! A batch is what arrived while the last one was being stored; no timer delays it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use crate::inventory::change::Event;
use crate::inventory::{Inventory, PodEvent, Scope, ScopeId};
use crate::lines::{Lines, Wrote, escape, write_stdout};
use crate::record::{Batch, Checkpoint, Cursor, Opened, RecordError, Store, Writer};
use crate::watch::{Output, Signal};

mod scopes;
mod stamp;

use scopes::Scopes;
use stamp::Stamp;

/// The name under which the record keeps how far standard output came.
const STDOUT: &str = "stdout";
/// Rows that a batch of a list gathers: smaller ones would cost a commit each, and nothing of a
/// list is said before its end.
const LIST_BATCH: usize = 1000;
/// Rows at which a batch is full, so that memory is bounded while a commit takes long.
const FULL_BATCH: usize = 4000;
/// How long a version may wait for something to be stored with.
const VERSION_DELAY: Duration = Duration::from_secs(5);
/// How long an output's cursor may wait: after a crash at most this much is said again.
const CURSOR_DELAY: Duration = Duration::from_secs(1);
/// Events replayed at a time.
const REPLAY: usize = 500;

/// Why the recorder could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The record failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Standard output failed.
    #[error("writing event lines to standard output: {0}; the record keeps them, and the next start says them")]
    Stdout(#[source] std::io::Error),
    /// The writer gave up.
    #[error("the record takes no more writes; see the messages above, mend it and start again")]
    WriterEnded,
}

/// How the recorder came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to stop.
    Stopped,
    /// Nobody reads the lines any more.
    OutputClosed,
}

/// Owns the inventory, and the record while the program runs.
#[derive(Debug)]
pub struct Recorder {
    inventory: Inventory,
    writer: Writer,
    lines: Lines,
    stamp: Stamp,
    scopes: Scopes,
    /// What is to be stored next.
    batch: Batch,
    /// Whether the batch has something to say of an image, which must not wait for a list.
    is_urgent: bool,
    /// Whether a batch is being stored.
    is_storing: bool,
    /// Since when something waits that may wait for company.
    version_waits: Option<Instant>,
    cursor_waits: Option<Instant>,
    said: u64,
}

/// A record that was opened, before anything is watched.
pub struct Restored {
    inventory: Inventory,
    store: Box<dyn Store>,
    /// What the record says of itself.
    pub opened: Opened,
}

impl Restored {
    /// Opens a record and takes back what it holds.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn open(mut store: Box<dyn Store>) -> Result<Self, RecordError> {
        let mut inventory = Inventory::default();
        let opened = store.open(&mut inventory)?;
        Ok(Self { inventory, store, opened })
    }

    /// The scope's number, and the version from which its watch can resume.
    pub fn scope(&mut self, scope: &Scope) -> (ScopeId, Option<Box<str>>) {
        let version = self.opened.checkpoints.get(&*scope.to_string()).cloned();
        (self.inventory.scope(scope), version)
    }

    /// Says what was stored but not said before the last end, and begins to record.
    ///
    /// # Errors
    /// Where the record or standard output fails.
    pub fn begin(mut self, scopes: &[(ScopeId, Scope)], lines: Lines) -> Result<Recorder, RecorderError> {
        let mut said = self.opened.cursors.get(STDOUT).copied().unwrap_or(0);
        loop {
            let entries = self.store.unsaid(said, REPLAY)?;
            let Some(last) = entries.last() else { break };
            said = last.id.sequence;
            let mut text = Vec::new();
            entries.iter().for_each(|entry| lines.write(entry, &mut text));
            write_stdout(&text).map_err(RecorderError::Stdout)?;
        }
        let stamp = Stamp::new(&self.opened);
        let scopes = Scopes::new(scopes, self.opened.last_seen);
        Ok(Recorder {
            inventory: self.inventory,
            writer: Writer::spawn(self.store)?,
            lines,
            stamp,
            scopes,
            batch: Batch { cursors: vec![Cursor { output: STDOUT, sequence: said }], ..Batch::default() },
            is_urgent: false,
            is_storing: false,
            version_waits: None,
            cursor_waits: Some(Instant::now()),
            said,
        })
    }
}

impl Recorder {
    /// Records until every watch has ended and all that they yielded is stored and said.
    ///
    /// # Errors
    /// Where the record gave up or standard output failed.
    pub async fn run(mut self, mut signals: Receiver<Signal>) -> Result<Ended, RecorderError> {
        let mut is_open = true;
        while is_open || self.is_storing {
            let due = self.due();
            tokio::select! {
                batch = self.writer.committed(), if self.is_storing => {
                    let Some(batch) = batch else {
                        self.writer.finish().await?;
                        return Err(RecorderError::WriterEnded);
                    };
                    if self.stored(batch)? == Wrote::Closed {
                        self.writer.finish().await?;
                        return Ok(Ended::OutputClosed);
                    }
                }
                signal = signals.recv(), if is_open && !self.is_full() => match signal {
                    Some(signal) => {
                        self.take(signal);
                        while !self.is_full() && let Ok(signal) = signals.try_recv() {
                            self.take(signal);
                        }
                    }
                    None => {
                        is_open = false;
                        // A stop must not wait for a disk that is full.
                        self.writer.stop_retrying();
                    }
                },
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            if !is_open {
                self.version_waits = self.version_waits.map(|_| Instant::now());
                self.cursor_waits = self.cursor_waits.map(|_| Instant::now());
            }
            self.store(is_open);
        }
        self.writer.finish().await?;
        Ok(Ended::Stopped)
    }

    fn rows(&self) -> usize {
        self.batch.changes.pods.len() + self.batch.entries.len()
    }

    fn is_full(&self) -> bool {
        self.rows() >= FULL_BATCH
    }

    /// When something that waits for company will have waited long enough.
    fn due(&self) -> Option<Instant> {
        if self.is_storing {
            return None;
        }
        let version = self.version_waits.map(|since| since + VERSION_DELAY);
        let cursor = self.cursor_waits.map(|since| since + CURSOR_DELAY);
        version.into_iter().chain(cursor).min()
    }

    fn take(&mut self, signal: Signal) {
        let Signal { scope, output } = signal;
        let now = self.stamp.now(Timestamp::now());
        match output {
            Output::Pod(event) => self.take_event(scope, event, now),
            Output::Version(resource_version) => {
                let text = Arc::clone(self.scopes.text(scope));
                self.batch.checkpoints.retain(|checkpoint| checkpoint.scope != text);
                self.batch.checkpoints.push(Checkpoint { scope: text, resource_version });
                self.version_waits.get_or_insert_with(Instant::now);
            }
            Output::Lost => self.scopes.lost(scope),
            Output::InSight => self.scopes.in_sight(scope),
            Output::Live => {
                if self.scopes.live(scope) {
                    self.tell_ready();
                }
            }
            Output::Notice(notice) => {
                let level = notice.level();
                log::log!(target: "kimager::watch", level, "{}: {notice}", escape_scope(self.scopes.text(scope)));
            }
        }
        self.scopes.heard(scope, now);
    }

    fn take_event(&mut self, scope: ScopeId, event: PodEvent, now: Timestamp) {
        if self.scopes.listed(scope, &event) {
            log::warn!(
                target: "kimager::watch",
                "{}: no pods there; does the namespace exist? The API answers the same for one that does not.",
                escape_scope(self.scopes.text(scope))
            );
        }
        let mut changes = self.inventory.apply(event);
        let text = self.scopes.text(scope);
        for event in changes.events.drain(..) {
            self.is_urgent |= matches!(event, Event::Image(_));
            let bounds = self.scopes.bounds(scope, &event, now);
            self.batch.entries.push(self.stamp.entry(event, Arc::clone(text), now, bounds));
        }
        self.batch.changes.append(changes);
        self.batch.at = now;
    }

    fn tell_ready(&self) {
        let pods = self.inventory.pods().count();
        let shapes = self.inventory.shapes().flat_map(|(shape, _)| shape.containers);
        let images = shapes.map(|container| container.image).collect::<BTreeSet<_>>().len();
        log::info!(target: "kimager::watch", "ready: {images} images in use by {pods} pods");
    }

    /// Hands over the batch if it should be stored now. A list's rows wait for each other, unless
    /// nothing more will come.
    fn store(&mut self, is_open: bool) {
        if self.is_storing {
            return;
        }
        let rows = self.rows();
        let may_gather = is_open && !self.is_urgent && self.scopes.are_listing();
        let least = if may_gather { LIST_BATCH } else { 1 };
        let now = Instant::now();
        if rows >= least || self.due().is_some_and(|due| due <= now) {
            let mut batch = std::mem::take(&mut self.batch);
            batch.at = self.stamp.latest();
            self.version_waits = None;
            self.cursor_waits = None;
            self.is_urgent = false;
            self.is_storing = true;
            self.writer.submit(batch);
        }
    }

    /// Says a batch that is stored.
    fn stored(&mut self, batch: Batch) -> Result<Wrote, RecorderError> {
        self.is_storing = false;
        let Some(last) = batch.entries.last() else { return Ok(Wrote::Done) };
        let mut text = Vec::new();
        batch.entries.iter().for_each(|entry| self.lines.write(entry, &mut text));
        self.said = last.id.sequence;
        let wrote = if text.is_empty() { Wrote::Done } else { write_stdout(&text).map_err(RecorderError::Stdout)? };
        if wrote == Wrote::Done {
            self.batch.cursors = vec![Cursor { output: STDOUT, sequence: self.said }];
            self.cursor_waits.get_or_insert_with(Instant::now);
        }
        Ok(wrote)
    }
}

fn escape_scope(text: &str) -> String {
    text.split(' ').map(|word| escape(word).to_string()).collect::<Vec<_>>().join(" ")
}
