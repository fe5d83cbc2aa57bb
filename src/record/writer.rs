//! The thread that writes the record, so that no fsync ever holds up the watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc as async_mpsc;

use super::error::RecordError;
use super::store::{Batch, Store};

/// The pause after a commit that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Owns a store on a thread of its own. Batches go in by [`submit`](Self::submit) and come back by
/// [`committed`](Self::committed), in order, once they are safe: what is to be said of a batch
/// travels with it.
///
/// A commit that fails is tried again each second until it succeeds; that it fails is logged once,
/// and so is the end of it.
#[derive(Debug)]
pub struct Writer {
    batches: mpsc::Sender<Arc<Batch>>,
    committed: async_mpsc::UnboundedReceiver<Arc<Batch>>,
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
    /// Starts the thread. Restore and replay from the store before.
    ///
    /// # Errors
    /// [`RecordError::Thread`] where the system gives no thread.
    pub fn spawn(store: Box<dyn Store>) -> Result<Self, RecordError> {
        Self::spawn_with(store, PAUSE)
    }

    fn spawn_with(store: Box<dyn Store>, pause: Duration) -> Result<Self, RecordError> {
        let (batches, submitted) = mpsc::channel();
        let (done, committed) = async_mpsc::unbounded_channel();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread = thread::Builder::new()
            .name("record".to_owned())
            .spawn(move || run(store, &submitted, &done, &shared, pause))
            .map_err(|cause| RecordError::Thread { cause })?;
        Ok(Self { batches, committed, state, thread: Some(thread) })
    }

    /// Hands over a batch to be committed. To keep memory bounded, collect the next batch while
    /// this one is under way.
    pub fn submit(&self, batch: Arc<Batch>) {
        // The thread ends early only when it gave up; `committed` and `finish` tell of that.
        let _ = self.batches.send(batch);
    }

    /// The next batch that is safe; `None` once the writer gave up, after
    /// [`stop_retrying`](Self::stop_retrying). Dropping the future loses nothing.
    pub async fn committed(&mut self) -> Option<Arc<Batch>> {
        self.committed.recv().await
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

    /// Commits what was submitted, closes the store and ends the thread. Batches that were not
    /// taken from [`committed`](Self::committed) before are dropped.
    ///
    /// # Errors
    /// [`RecordError::Commit`] where a batch could not be stored, [`RecordError::Close`] where the
    /// store could not be closed tidily.
    pub async fn finish(mut self) -> Result<(), RecordError> {
        self.stop_retrying();
        self.batches = mpsc::channel().0;
        while self.committed.recv().await.is_some() {}
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

fn run(
    mut store: Box<dyn Store>,
    submitted: &mpsc::Receiver<Arc<Batch>>,
    done: &async_mpsc::UnboundedSender<Arc<Batch>>,
    state: &State,
    pause: Duration,
) -> Result<(), RecordError> {
    for batch in submitted {
        commit(&mut *store, &batch, state, pause)?;
        // Nobody may be listening any more; the batch is safe all the same.
        let _ = done.send(batch);
    }
    store.close()
}

/// Commits a batch, however long it takes; fails only when the writer is to stop.
fn commit(store: &mut dyn Store, batch: &Batch, state: &State, pause: Duration) -> Result<(), RecordError> {
    let mut failing_since = None;
    loop {
        let error = match store.commit(batch) {
            Ok(()) => break,
            Err(error) if state.is_stopping.load(Ordering::Acquire) => return Err(error),
            Err(error) => error,
        };
        if failing_since.is_none() {
            failing_since = Some(Instant::now());
            state.is_failing.store(true, Ordering::Relaxed);
            log::error!("{error} (trying again each second)");
        }
        // `stop_retrying` wakes it; to be woken by chance is only an early try.
        thread::park_timeout(pause);
    }
    if let Some(since) = failing_since {
        state.is_failing.store(false, Ordering::Relaxed);
        log::warn!("the record takes writes again, after {} s", since.elapsed().as_secs());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
