//! The recorder: the one owner of the inventory. It takes in what the watches yield, has each
//! batch stored, and then says it.
//!
//! A batch is what arrived while the last one was being stored; no timer delays it.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use crate::inventory::{Inventory, PodEvent, Scope, ScopeId, Time};
use crate::lines::{Lines, escape};
use crate::record::{Batch, Opened, RecordError, Store, Writer};
use crate::watch::{Output, Signal};

mod pending;
mod scopes;
mod speaker;
mod stamp;

use pending::Pending;
use scopes::Scopes;
use speaker::Speaker;
use stamp::{Sight, Stamp};

/// Events replayed at a time.
const REPLAY: usize = 500;

/// While memory is full, how often to look whether the program is to stop.
const STOP_CHECK: Duration = Duration::from_secs(1);

/// Why the recorder could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The record failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Standard output failed.
    #[error(
        "writing event lines to standard output: {0}; the record keeps them, and the next start says them"
    )]
    Stdout(#[source] io::Error),
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
    speaker: Speaker,
    stamp: Stamp,
    scopes: Scopes,
    /// What is to be stored next.
    pending: Pending,
    /// Whether a batch is being stored.
    is_storing: bool,
    /// Until when every scope was seen; `None` if they never were.
    seen_until: Option<Timestamp>,
}

/// A record that was opened, before anything is watched.
pub struct Restored {
    inventory: Inventory,
    store: Box<dyn Store>,
    /// What the record says of itself.
    pub opened: Opened,
}

impl fmt::Debug for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored").field("opened", &self.opened).finish_non_exhaustive()
    }
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

    /// How long images without users linger; see [`Inventory::set_linger`].
    pub fn set_linger(&mut self, linger: Duration) {
        self.inventory.set_linger(u64::try_from(linger.as_millis()).unwrap_or(u64::MAX));
    }

    /// The scope's number, and the version from which its watch can resume.
    pub fn scope(&mut self, scope: &Scope) -> (ScopeId, Option<Box<str>>) {
        let version = self.opened.checkpoints.get(&*scope.to_string()).cloned();
        (self.inventory.scope(scope), version)
    }

    /// Says what was stored but not said before the last end, and begins to record. Lines go to
    /// standard output.
    ///
    /// # Errors
    /// Where the record or standard output fails.
    pub fn begin(self, scopes: &[(ScopeId, Scope)], lines: Lines) -> Result<Recorder, RecorderError> {
        self.begin_on(Box::new(io::stdout()), scopes, lines)
    }

    /// [`begin`](Self::begin), with `out` in place of standard output.
    ///
    /// # Errors
    /// Where the record or `out` fails.
    pub fn begin_on(
        mut self,
        out: Box<dyn Write + Send>,
        scopes: &[(ScopeId, Scope)],
        lines: Lines,
    ) -> Result<Recorder, RecorderError> {
        let mut speaker = Speaker::new(out, lines, &self.opened);
        let mut pending = Pending::default();
        while !speaker.is_closed() {
            let entries = self.store.unsaid(speaker.said(), REPLAY)?;
            if entries.is_empty() {
                break;
            }
            speaker.say(&entries).map_err(RecorderError::Stdout)?;
            pending.cursor(speaker.cursor());
        }
        Ok(Recorder {
            inventory: self.inventory,
            writer: Writer::spawn(self.store)?,
            speaker,
            stamp: Stamp::new(&self.opened),
            scopes: Scopes::new(scopes, self.opened.last_seen),
            pending,
            is_storing: false,
            seen_until: self.opened.last_seen,
        })
    }
}

impl Recorder {
    /// Records until every watch has ended and all that they yielded is stored and said, or until
    /// nobody reads the lines any more.
    ///
    /// # Errors
    /// Where the record gave up or standard output failed.
    pub async fn run(mut self, mut signals: Receiver<Signal>) -> Result<Ended, RecorderError> {
        let ended = self.record(&mut signals).await;
        match (ended, self.writer.finish().await) {
            // What became of the record is the cause of that, or else news.
            (Ok(_) | Err(RecorderError::WriterEnded), Err(error)) => Err(error.into()),
            (ended, _) => ended,
        }
    }

    async fn record(&mut self, signals: &mut Receiver<Signal>) -> Result<Ended, RecorderError> {
        let mut is_open = true;
        while !self.speaker.is_closed() {
            self.end_lingers();
            self.store(!is_open);
            if !is_open && !self.is_storing {
                return Ok(Ended::Stopped);
            }
            let due = if self.is_storing { None } else { self.pending.due() };
            let due = due.into_iter().chain(self.linger_due()).min();
            tokio::select! {
                batch = self.writer.committed(), if self.is_storing => {
                    self.stored(&batch.ok_or(RecorderError::WriterEnded)?)?;
                }
                signal = signals.recv(), if is_open && !self.pending.is_full() => {
                    if let Some(signal) = signal {
                        self.take(signal);
                        while !self.pending.is_full() && let Ok(signal) = signals.try_recv() {
                            self.take(signal);
                        }
                    } else {
                        is_open = false;
                        // The end must not wait for a disk that is full.
                        self.writer.stop_retrying();
                    }
                }
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                () = tokio::time::sleep(STOP_CHECK), if is_open && self.pending.is_full() => {
                    // Nothing more is taken in, so that the end of the signals would go unseen.
                    if signals.is_closed() {
                        self.writer.stop_retrying();
                    }
                }
            }
        }
        Ok(Ended::OutputClosed)
    }

    fn take(&mut self, signal: Signal) {
        let Signal { scope, output } = signal;
        let now = stamp::now();
        match output {
            Output::Pod(event) => self.take_event(scope, event, now),
            Output::Version(version) => self.pending.version(self.scopes.text(scope), version),
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
                return;
            }
        }
        self.scopes.heard(scope, now);
        if self.scopes.are_in_sight() {
            self.seen_until = Some(now);
        }
    }

    fn take_event(&mut self, scope: ScopeId, event: PodEvent, now: Timestamp) {
        if self.scopes.follow(scope, &event, now) {
            log::warn!(
                target: "kimager::watch",
                "{}: no pods there; does the namespace exist? The API answers the same for one that does not.",
                escape_scope(self.scopes.text(scope))
            );
        }
        let is_listing = self.scopes.is_listing(scope);
        let ends_list = matches!(event, PodEvent::InitDone { .. } | PodEvent::InitBroken(_));
        let mut changes = self.inventory.apply(event, stamp::time(now));
        let is_news = !is_listing && !changes.is_empty();
        for event in changes.events.drain(..) {
            let sight = self.scopes.sight(scope, &event);
            self.pending.say(self.stamp.entry(event, now, sight));
        }
        self.pending.change(changes, now);
        if is_news || ends_list {
            self.pending.hurry();
        }
    }

    /// When the next image will have lingered long enough. While a scope is out of sight none does:
    /// a user may have come there.
    fn linger_due(&self) -> Option<Instant> {
        let is_time = self.scopes.are_in_sight() && !self.pending.is_full();
        let Time(due) = if is_time { self.inventory.due()? } else { return None };
        let left = due.saturating_sub(stamp::now().as_millisecond());
        Some(Instant::now() + Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// Takes in that images have lingered long enough.
    fn end_lingers(&mut self) {
        if self.linger_due().is_none_or(|due| due > Instant::now()) {
            return;
        }
        let now = stamp::now();
        let mut changes = self.inventory.tick(stamp::time(now));
        for event in changes.events.drain(..) {
            self.pending.say(self.stamp.entry(event, now, Sight::Live));
        }
        self.pending.change(changes, now);
        self.pending.hurry();
    }

    fn tell_ready(&self) {
        let pods = self.inventory.pods().count();
        let shapes = self.inventory.shapes().flat_map(|(shape, _)| shape.containers);
        let images = shapes.map(|container| container.image).collect::<BTreeSet<_>>().len();
        log::info!(target: "kimager::watch", "ready: {images} images in use by {pods} pods");
    }

    /// Hands over what is pending if it should be stored now, or if nothing follows.
    fn store(&mut self, is_last: bool) {
        let is_worth_it =
            if is_last { !self.pending.is_empty() } else { self.pending.is_ready(Instant::now()) };
        if is_worth_it && !self.is_storing {
            self.is_storing = true;
            self.writer.submit(self.pending.take(stamp::now(), self.seen_until));
        }
    }

    /// Says a batch that is stored.
    fn stored(&mut self, batch: &Batch) -> Result<(), RecorderError> {
        self.is_storing = false;
        if !batch.entries.is_empty() {
            self.speaker.say(&batch.entries).map_err(RecorderError::Stdout)?;
            self.pending.cursor(self.speaker.cursor());
        }
        Ok(())
    }
}

fn escape_scope(text: &str) -> String {
    text.split(' ').map(|word| escape(word).to_string()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
