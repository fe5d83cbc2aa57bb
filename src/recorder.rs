//! The recorder: the one owner of the inventory. It takes in what the watches yield, has each
//! batch stored, and then says it.
//!
//! A batch is what arrived while the last one was being stored; no timer delays it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::inventory::change::Event;
use crate::inventory::{Inventory, PodEvent, ScopeId};
use crate::lines::escape;
use crate::record::{RecordError, Writer};
use crate::watch::{Output, Signal};

pub mod figures;
mod first_list;
mod health;
mod identity;
mod lingering;
mod measuring;
mod pending;
mod restored;
mod scopes;
mod speaker;
mod stamp;
mod storing;
mod watched;

pub use figures::Figures;
pub use health::Health;
use identity::Confirmed;
use measuring::Measuring;
use pending::Pending;
pub use restored::Restored;
use scopes::Scopes;
use speaker::Speaker;
use stamp::{Sight, Stamp};
use storing::Storing;
use watched::{Contradiction, UnderWay};

/// How often to look whether the program is to stop, while memory is full, and whether the output
/// still takes lines, when it is to stop.
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
    /// Tells how it is.
    health: watch::Sender<Health>,
    /// Tells what is measured.
    measuring: Measuring,
    /// The batch that is being stored.
    storing: Option<Storing>,
    /// How many batches were handed over.
    batches: u64,
    /// What came of scopes since their server has other authorities, until a pod tells that it is the
    /// cluster of the record.
    unconfirmed: BTreeMap<ScopeId, Vec<Signal>>,
    /// Whether the record is empty, and no more has come than a part of a list.
    is_first_list: bool,
}

impl Recorder {
    /// Records, after the `early` signals, until every watch has ended and all that they yielded is
    /// stored and said, or until nobody reads the lines any more.
    ///
    /// # Errors
    /// Where the record gave up or standard output failed.
    pub async fn run(
        mut self,
        early: Vec<Signal>,
        mut signals: Receiver<Signal>,
    ) -> Result<Ended, RecorderError> {
        let ended = self.record(early, &mut signals).await;
        match (ended, self.writer.finish().await) {
            // What became of the record is the cause of that, or else news.
            (Ok(_) | Err(RecorderError::WriterEnded), Err(error)) => Err(error.into()),
            (ended, _) => ended,
        }
    }

    async fn record(
        &mut self,
        early: Vec<Signal>,
        signals: &mut Receiver<Signal>,
    ) -> Result<Ended, RecorderError> {
        for signal in early {
            self.take_in(signal).await?;
        }
        let mut is_open = true;
        while !self.speaker.is_closed() {
            if is_open {
                self.end_lingers();
            }
            self.store(!is_open);
            self.tell_health();
            let (is_storing, is_speaking) = (self.storing.is_some(), self.speaker.is_speaking());
            // The end does not wait for a reader who does not read.
            if !is_open && !is_storing && (!is_speaking || self.speaker.is_stuck()) {
                self.speaker.end();
                return Ok(Ended::Stopped);
            }
            // What still waits once the signals have ended is little.
            let has_room = self.has_room() || signals.is_closed();
            let due = if is_storing { None } else { self.pending.due() };
            let due = due.into_iter().chain(self.lingers_until().filter(|_| is_open)).min();
            tokio::select! {
                written = self.writer.written(), if is_storing => {
                    self.follow(written)?;
                }
                wrote = self.speaker.went_on(), if is_speaking => {
                    wrote.map_err(RecorderError::Stdout)?;
                    let cursor = self.speaker.cursor();
                    self.measuring.written(cursor.sequence);
                    self.pending.cursor(cursor);
                }
                signal = signals.recv(), if is_open && has_room => {
                    if let Some(signal) = signal {
                        self.take_in(signal).await?;
                        while self.has_room() && let Ok(signal) = signals.try_recv() {
                            self.take_in(signal).await?;
                        }
                        self.say_unstored();
                    } else {
                        is_open = false;
                        self.see_the_end();
                        // The end must not wait for a disk that is full.
                        self.writer.stop_retrying();
                    }
                }
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                () = tokio::time::sleep(STOP_CHECK), if is_open && !has_room || !is_open && is_speaking => {
                    // Where nothing more is taken in, the end of the signals would go unseen.
                    if signals.is_closed() {
                        self.writer.stop_retrying();
                    }
                }
            }
        }
        Ok(Ended::OutputClosed)
    }

    async fn take_in(&mut self, signal: Signal) -> Result<(), RecorderError> {
        if signal.output == Output::Elsewhere {
            self.measuring.came(signal.scope, &signal.output, false);
        }
        match self.confirmed(signal)? {
            Confirmed::None => {}
            Confirmed::One(signal) => self.take_confirmed(signal).await?,
            Confirmed::Held(signals) => {
                for signal in signals {
                    self.take_confirmed(signal).await?;
                }
            }
        }
        Ok(())
    }

    async fn take_confirmed(&mut self, signal: Signal) -> Result<(), RecorderError> {
        if self.ends_first_list(&signal) {
            self.store_first_list().await?;
        }
        self.take(signal);
        Ok(())
    }

    fn take(&mut self, signal: Signal) {
        let Signal { scope, output, came } = signal;
        let now = stamp::now();
        self.measuring.came(scope, &output, self.scopes.is_listing(scope));
        match output {
            Output::Pod(event) => self.take_event(scope, event, now, came),
            Output::Version(version) => self.scopes.get_mut(scope).version(version, &mut self.pending),
            Output::Lost => self.scopes.get_mut(scope).lost(&mut self.pending),
            Output::InSight => self.scopes.get_mut(scope).in_sight(now, &mut self.pending),
            Output::Live => {
                if self.scopes.live(scope) {
                    self.tell_ready();
                }
            }
            // What follows the one is held back until it is confirmed; the other is only counted.
            Output::Elsewhere | Output::Unreadable => return,
            Output::Notice(notice) => {
                let level = notice.level();
                log::log!(target: "kimager::watch", level, "{}: {notice}", escape_scope(self.scopes.text(scope)));
                return;
            }
        }
        self.scopes.get_mut(scope).heard(now, &mut self.pending);
    }

    fn take_event(&mut self, scope: ScopeId, event: PodEvent, now: Timestamp, came: Instant) {
        let shows = self.scopes.shows(scope, &event);
        self.scopes.follow(scope, &event, now, &mut self.pending);
        let is_listing = self.scopes.is_listing(scope);
        let ends_list = matches!(event, PodEvent::InitDone { .. } | PodEvent::InitBroken(_));
        let swept = if let PodEvent::InitDone { sweep, .. } = event { Some(sweep) } else { None };
        let mut changes = self.inventory.apply(event, stamp::time(now));
        self.measuring.changed(&changes);
        if shows && !changes.pods.is_empty() {
            self.contradicted(scope);
        }
        if ends_list {
            self.end_list(scope, swept, now);
        }
        let is_news = !is_listing && !changes.is_empty();
        // In a list there is an event for each pod, and mostly nobody who hears it.
        changes.events.retain(|event| event.is_stored() || self.speaker.says(event));
        for event in changes.events.drain(..) {
            let sight = self.scopes.sight(scope, &event);
            self.say(event, now, sight, came);
        }
        if !self.is_first_list {
            self.pending.change(changes, now);
        }
        if is_news || ends_list {
            self.pending.hurry();
        }
    }

    /// An event, which came then, is to be stored and said.
    fn say(&mut self, event: Event, now: Timestamp, sight: Sight, came: Instant) {
        let has_line = self.speaker.says(&event);
        let entry = self.stamp.entry(event, now, sight);
        if has_line {
            self.measuring.will_be_written(entry.id.sequence, came);
        }
        self.pending.say(entry);
    }

    /// A list or an audit shows something else than what is known.
    fn contradicted(&mut self, scope: ScopeId) {
        let watched = self.scopes.get_mut(scope);
        let Some(Contradiction { by, since }) = watched.contradicted(&mut self.pending) else { return };
        let text = escape_scope(watched.text());
        let since = since.map_or_else(|| "nothing".to_owned(), |since| format!("since {since} nothing"));
        match by {
            UnderWay::Audit => log::warn!(
                target: "kimager::watch",
                "{text}: the audit found what the watch had not told: {since} is certain"
            ),
            UnderWay::List => log::info!(
                target: "kimager::watch",
                "{text}: all pods were listed before an audit could bear out what was seen: {since} is certain"
            ),
        }
    }

    /// A list or an audit has come to its end: a whole one, with or without a `sweep`, or a broken one.
    fn end_list(&mut self, scope: ScopeId, sweep: Option<bool>, now: Timestamp) {
        let watched = self.scopes.get_mut(scope);
        let Some(sweep) = sweep else {
            watched.under_way = None;
            return;
        };
        if watched.shown(sweep, now, &mut self.pending) {
            log::warn!(
                target: "kimager::watch",
                "{}: no pods there; does the namespace exist? The API answers the same for one that does not.",
                escape_scope(watched.text())
            );
        }
    }

    /// What was told by scopes that are watched no more stays known, but does not count.
    fn tell_ready(&self) {
        let mut pods = 0;
        let mut images = BTreeSet::new();
        for (shape, count) in self.inventory.shapes().filter(|(shape, _)| self.scopes.watch(&shape.scope)) {
            pods += count;
            images.extend(shape.containers.iter().map(|container| container.image));
        }
        let images = images.len();
        log::info!(target: "kimager::watch", "ready: {images} images in use by {pods} pods");
    }
}

fn escape_scope(text: &str) -> String {
    text.split(' ').map(|word| escape(word).to_string()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
