//! The thread that writes the record, so that no fsync ever holds up the watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc as async_mpsc;

use super::clock::Clock;
use super::error::RecordError;
use super::limits::Limits;
use super::meters::Meters;
use super::store::{Batch, Store};

/// The pause after a commit that failed.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 1000 });

/// How often to look whether the record has grown beyond its limits.
const TIDY_EVERY: Duration = Duration::from_mins(1);

/// How long commits may fail before [`Written::Late`] tells of it.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 5000 });

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The next batch, in the order of their submission, is safe.
    Safe,
    /// The next batch has been refused for 5 s, and is still tried. Told once.
    Late,
}

/// Owns a store on a thread of its own. Batches go in by [`submit`](Self::submit);
/// [`written`](Self::written) tells what becomes of them.
///
/// A commit that fails is tried again each second until it succeeds, unless the file is damaged; that
/// it fails is logged once, and so is the end of it.
///
/// While no batch waits it keeps the record within its limits, a small step at a time. Where the
/// wall clock jumped ahead, ages count by the time that was expected.
#[derive(Debug)]
pub struct Writer {
    batches: mpsc::Sender<Arc<Batch>>,
    written: async_mpsc::UnboundedReceiver<Written>,
    state: Arc<State>,
    thread: Option<JoinHandle<Result<(), RecordError>>>,
}

#[derive(Debug, Default)]
struct State {
    /// The last commit failed, and is being tried again.
    is_failing: AtomicBool,
    /// A commit that fails is not tried again.
    is_stopping: AtomicBool,
}

impl Writer {
    /// Starts the thread, which tells `meters` how it goes. Restore and replay from the store before.
    ///
    /// # Errors
    /// [`RecordError::Thread`] where the system gives no thread, [`RecordError::Restore`] where the
    /// store cannot be read.
    pub fn spawn(store: Box<dyn Store>, limits: Limits, meters: Meters) -> Result<Self, RecordError> {
        Self::spawn_with(store, limits, meters, Pace::default(), Timestamp::now)
    }

    fn spawn_with(
        store: Box<dyn Store>,
        limits: Limits,
        meters: Meters,
        pace: Pace,
        wall: fn() -> Timestamp,
    ) -> Result<Self, RecordError> {
        let clock = Clock::after(&store.seen()?);
        let (batches, submitted) = mpsc::channel();
        let (tell, written) = async_mpsc::unbounded_channel();
        let state = Arc::new(State::default());
        meters.size.set(store.size());
        let work =
            Work { state: Arc::clone(&state), tell, meters, pace, limits, wall, clock, cannot_tidy: false };
        let thread = thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || work.run(store, &submitted))
            .map_err(|cause| RecordError::Thread { cause })?;
        Ok(Self { batches, written, state, thread: Some(thread) })
    }

    /// Hands over a batch to be committed. To keep memory bounded, collect the next batch while
    /// this one is under way.
    pub fn submit(&self, batch: Arc<Batch>) {
        // The thread ends early only when it gave up; `written` and `finish` tell of that.
        let _ = self.batches.send(batch);
    }

    /// What became of the next batch; `None` once the writer gave up, after
    /// [`stop_retrying`](Self::stop_retrying). Dropping the future loses nothing.
    pub async fn written(&mut self) -> Option<Written> {
        self.written.recv().await
    }

    /// Whether the record takes writes: false from a commit that failed to one that succeeds.
    #[must_use]
    pub fn takes_writes(&self) -> bool {
        !self.state.is_failing.load(Ordering::Relaxed)
    }

    /// From now on a commit that fails is not tried again: for a shutdown, which must not wait for
    /// a full disk. The batches under way are still tried once.
    pub fn stop_retrying(&self) {
        self.state.is_stopping.store(true, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Commits what was submitted, closes the store and ends the thread.
    ///
    /// # Errors
    /// [`RecordError::Commit`] where a batch could not be stored, [`RecordError::Close`] where the
    /// store could not be closed tidily.
    pub async fn finish(mut self) -> Result<(), RecordError> {
        self.stop_retrying();
        self.batches = mpsc::channel().0;
        while self.written.recv().await.is_some() {}
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    /// Lets the thread end; [`finish`](Self::finish) waits for it too.
    fn drop(&mut self) {
        self.stop_retrying();
    }
}

/// How long the thread waits for what.
#[derive(Clone, Copy, Debug)]
struct Pace {
    pause: Duration,
    patience: Duration,
    tidy_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause: PAUSE, patience: PATIENCE, tidy_every: TIDY_EVERY }
    }
}

/// What the thread does.
struct Work {
    state: Arc<State>,
    tell: async_mpsc::UnboundedSender<Written>,
    meters: Meters,
    pace: Pace,
    limits: Limits,
    /// What the wall clock says.
    wall: fn() -> Timestamp,
    clock: Clock,
    /// The last step towards keeping the record within its limits failed.
    cannot_tidy: bool,
}

impl Work {
    fn run(
        mut self,
        mut store: Box<dyn Store>,
        submitted: &mpsc::Receiver<Arc<Batch>>,
    ) -> Result<(), RecordError> {
        let begin = Instant::now();
        let mut due = begin + self.pace.tidy_every;
        loop {
            match submitted.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(batch) => {
                    self.commit(&mut *store, &batch)?;
                    self.meters.size.set(store.size());
                    self.tell(Written::Safe);
                }
                Err(RecvTimeoutError::Timeout) => {
                    let there_is_more = self.tidy(&mut *store, begin.elapsed());
                    self.meters.size.set(store.size());
                    due = Instant::now();
                    due += if there_is_more { Duration::ZERO } else { self.pace.tidy_every };
                }
                Err(RecvTimeoutError::Disconnected) => return store.close(),
            }
        }
    }

    /// Does a step towards keeping the record within its limits; whether another is due. A failure
    /// does no harm: a disk that is full fails commits too.
    fn tidy(&mut self, store: &mut dyn Store, uptime: Duration) -> bool {
        let (now, jump) = self.clock.read((self.wall)(), uptime);
        if let Some(jump) = jump {
            log::warn!("{jump}");
        }
        match store.tidy(now, &self.limits) {
            Ok(there_is_more) => {
                self.cannot_tidy = false;
                there_is_more
            }
            Err(error) => {
                if !std::mem::replace(&mut self.cannot_tidy, true) {
                    log::error!("{error} (trying again each minute)");
                }
                false
            }
        }
    }

    /// Nobody may be listening any more; a batch is safe all the same.
    fn tell(&self, written: Written) {
        let _ = self.tell.send(written);
    }

    /// Commits a batch, however long it takes; fails only when the writer is to stop.
    fn commit(&self, store: &mut dyn Store, batch: &Batch) -> Result<(), RecordError> {
        let Self { state, meters, pace: Pace { pause, patience, .. }, .. } = self;
        let mut failing_since = None;
        let mut is_late = false;
        loop {
            let began = Instant::now();
            let error = match store.commit(batch) {
                Ok(()) => {
                    meters.commits.observe(began.elapsed().as_secs_f64());
                    break;
                }
                // A damaged file does not mend itself: the next start sets it aside.
                Err(error) if state.is_stopping.load(Ordering::Acquire) || error.is_damage() => {
                    return Err(error);
                }
                Err(error) => error,
            };
            let since = *failing_since.get_or_insert_with(|| {
                state.is_failing.store(true, Ordering::Relaxed);
                meters.takes_writes.set(0);
                log::error!("{error} (trying again each second)");
                Instant::now()
            });
            if !is_late && since.elapsed() >= *patience {
                is_late = true;
                self.tell(Written::Late);
            }
            // `stop_retrying` wakes it; to be woken by chance is only an early try.
            thread::park_timeout(*pause);
        }
        if let Some(since) = failing_since {
            state.is_failing.store(false, Ordering::Relaxed);
            meters.takes_writes.set(1);
            log::warn!("the record takes writes again, after {} s", since.elapsed().as_secs());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
