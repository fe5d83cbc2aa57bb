//! The pods of an API server and the log of what happened to them: what etcd and the watch cache
//! are together. It does no I/O and has no clock.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use super::encoding::Frames;
use super::pod::Pod;

/// Why a change was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A pod of that name exists.
    #[error("creating a pod: one of that name exists; delete it first")]
    Exists,
    /// No pod of that name exists.
    #[error("changing a pod: there is none of that name; create it first")]
    Missing,
}

/// The log does not reach back to the version that was asked for; only a list can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reading the log: it begins after version {oldest}; list instead")]
pub struct Expired {
    /// The oldest version whose followers are all known.
    pub oldest: u64,
}

/// What happened to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was created.
    Added,
    /// It is otherwise than before.
    Modified,
    /// It was deleted.
    Deleted,
}

impl Change {
    /// The watch protocol's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// An entry of the log.
#[derive(Debug)]
pub struct Event {
    /// What happened.
    pub change: Change,
    /// The pod after it; of a deletion its last state. Its version is that of the event.
    pub pod: Arc<Pod>,
    /// The pod before it, if there was one.
    pub previous: Option<Arc<Pod>>,
    /// The event as it is sent, encoded once for all who watch.
    pub(super) frames: Frames,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its pods, by key.
    pub pods: Vec<Arc<Pod>>,
    /// The key the next page begins at; `None` after the last.
    pub next: Option<Box<str>>,
}

/// The pods by key (`NAMESPACE/NAME`, the order of etcd) and the log.
#[derive(Debug)]
pub struct Store {
    pods: BTreeMap<Box<str>, Arc<Pod>>,
    version: u64,
    log: VecDeque<Arc<Event>>,
    history: usize,
    /// The version of the last event that left the log.
    oldest: u64,
}

impl Store {
    /// An empty store at `version` that remembers the last `history` events.
    #[must_use]
    pub fn new(version: u64, history: usize) -> Self {
        Self { pods: BTreeMap::new(), version, log: VecDeque::new(), history, oldest: version }
    }

    /// The version of the last change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many pods there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether there is no pod.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    /// The pod of that name.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Arc<Pod>> {
        self.pods.get(&*key(namespace, name))
    }

    /// All pods, or those of one namespace, by key.
    pub fn pods(&self, namespace: Option<&str>) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.range::<str, _>(range_of(namespace, None).bounds()).map(|(_, pod)| pod)
    }

    /// Adds a pod and gives it a version.
    ///
    /// # Errors
    ///
    /// A pod of that name exists.
    pub fn create(&mut self, mut pod: Pod) -> Result<u64, StoreError> {
        let key = key(&pod.namespace, &pod.name);
        if self.pods.contains_key(&key) {
            return Err(StoreError::Exists);
        }
        pod.version = self.version + 1;
        let pod = Arc::new(pod);
        self.pods.insert(key, Arc::clone(&pod));
        Ok(self.record(Change::Added, pod, None))
    }

    /// Changes a pod in place; as with a real server, a patch that changes nothing is no event.
    ///
    /// # Errors
    ///
    /// There is no such pod.
    pub fn patch(
        &mut self,
        namespace: &str,
        name: &str,
        patch: impl FnOnce(&mut Pod),
    ) -> Result<u64, StoreError> {
        let stored = self.pods.get_mut(&*key(namespace, name)).ok_or(StoreError::Missing)?;
        let mut pod = Pod::clone(stored);
        patch(&mut pod);
        if pod == **stored {
            return Ok(self.version);
        }
        pod.version = self.version + 1;
        let pod = Arc::new(pod);
        let previous = std::mem::replace(stored, Arc::clone(&pod));
        Ok(self.record(Change::Modified, pod, Some(previous)))
    }

    /// Removes a pod.
    ///
    /// # Errors
    ///
    /// There is no such pod.
    pub fn delete(&mut self, namespace: &str, name: &str) -> Result<u64, StoreError> {
        let previous = self.pods.remove(&*key(namespace, name)).ok_or(StoreError::Missing)?;
        let last = Pod { version: self.version + 1, ..Pod::clone(&previous) };
        Ok(self.record(Change::Deleted, Arc::new(last), Some(previous)))
    }

    fn record(&mut self, change: Change, pod: Arc<Pod>, previous: Option<Arc<Pod>>) -> u64 {
        self.version = pod.version;
        self.log.push_back(Arc::new(Event { change, pod, previous, frames: Frames::default() }));
        while self.log.len() > self.history {
            if let Some(event) = self.log.pop_front() {
                self.oldest = event.pod.version;
            }
        }
        self.version
    }

    /// Forgets the log, as a restart of the server does.
    pub fn forget(&mut self) {
        self.log.clear();
        self.oldest = self.version;
    }

    /// The events after a version, oldest first. A version from the future has none yet, and then
    /// only those after it: a real server does not notice either.
    ///
    /// # Errors
    ///
    /// The log does not reach back that far.
    pub fn events_after(&self, version: u64) -> Result<impl Iterator<Item = &Arc<Event>>, Expired> {
        if version < self.oldest {
            return Err(Expired { oldest: self.oldest });
        }
        let known = self.log.partition_point(|event| event.pod.version <= version);
        Ok(self.log.range(known..))
    }

    /// The first `limit` pods at a past version that `matches`, from the key `start` on.
    ///
    /// # Errors
    ///
    /// The log does not reach back to that version.
    pub fn page(
        &self,
        version: u64,
        namespace: Option<&str>,
        start: Option<&str>,
        limit: usize,
        matches: impl Fn(&Pod) -> bool,
    ) -> Result<Page, Expired> {
        // What was otherwise at that version: the oldest event after it knows what was before.
        let mut then: BTreeMap<Box<str>, Option<&Arc<Pod>>> = BTreeMap::new();
        let range = range_of(namespace, start);
        for event in self.events_after(version)? {
            let key = key(&event.pod.namespace, &event.pod.name);
            if range.contains(&key) {
                then.entry(key).or_insert(event.previous.as_ref());
            }
        }
        let mut now = self.pods.range::<str, _>(range.bounds()).peekable();
        let mut then = then.iter().peekable();
        let merged = std::iter::from_fn(|| {
            let past_is_next = match (now.peek(), then.peek()) {
                (Some((now, _)), Some((then, _))) => then <= now,
                (None, then) => then.is_some(),
                (Some(_), None) => false,
            };
            if past_is_next {
                let (key, pod) = then.next()?;
                now.next_if(|(now, _)| *now == key);
                Some((key, *pod))
            } else {
                now.next().map(|(key, pod)| (key, Some(pod)))
            }
        });
        let mut page = Page { pods: Vec::new(), next: None };
        for (key, pod) in merged.filter_map(|(key, pod)| Some((key, pod?))).filter(|(_, pod)| matches(pod)) {
            if page.pods.len() == limit {
                page.next = Some(key.clone());
                break;
            }
            page.pods.push(Arc::clone(pod));
        }
        Ok(page)
    }
}

fn key(namespace: &str, name: &str) -> Box<str> {
    format!("{namespace}/{name}").into()
}

/// Keys from one on, up to the end of a namespace.
struct KeyRange {
    start: String,
    end: Option<String>,
}

fn range_of(namespace: Option<&str>, start: Option<&str>) -> KeyRange {
    let first = namespace.map_or(String::new(), |namespace| format!("{namespace}/"));
    // `0` comes right after `/`.
    let end = namespace.map(|namespace| format!("{namespace}0"));
    let start = start.map_or(first.clone(), |start| first.max(start.to_owned()));
    // A range that ends before it starts would be a panic.
    let start = end.iter().fold(start, |start, end| start.min(end.clone()));
    KeyRange { start, end }
}

impl KeyRange {
    fn bounds(&self) -> (Bound<&str>, Bound<&str>) {
        (Bound::Included(&self.start), self.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded))
    }

    fn contains(&self, key: &str) -> bool {
        *self.start <= *key && self.end.as_deref().is_none_or(|end| key < end)
    }
}

#[cfg(test)]
mod tests;
