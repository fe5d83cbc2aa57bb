//! A store that many use at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::store::Store;

/// A simulated cluster: clones are handles of the same one.
#[derive(Clone, Debug)]
pub struct Cluster {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Mutex<Store>,
    version: watch::Sender<u64>,
}

impl Cluster {
    /// A cluster of what `store` holds.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let version = watch::Sender::new(store.version());
        Self { shared: Arc::new(Shared { store: Mutex::new(store), version }) }
    }

    /// Looks at the store, or changes it; all who wait for changes are woken once, at the end.
    pub fn with<T>(&self, work: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.lock();
        let result = work(&mut store);
        let version = store.version();
        drop(store);
        self.shared.version.send_if_modified(|known| {
            let is_newer = version > *known;
            *known = version.max(*known);
            is_newer
        });
        result
    }

    /// Tells of each new version of the store.
    pub(super) fn versions(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// Every change of the store is whole before the next begins, so one that panicked did no harm.
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
