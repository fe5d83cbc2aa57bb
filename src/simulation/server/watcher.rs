//! One watch: a position in the store's log.
//!
//! There is no queue for each watch: the log is the queue of all of them. A watch that reads so
//! slowly that the log has forgotten its position is ended, as a real server drops a slow watcher.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use std::vec;

use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, Interval};

use super::Server;
use super::request::Start;
use crate::simulation::encoding::{bookmark, error_frame, pod_frame, shared_frame};
use crate::simulation::pod::Pod;
use crate::simulation::selector::Selector;
use crate::simulation::status::Refusal;
use crate::simulation::store::{Change, Event};
use crate::watch::wire::Encoding;

/// Initial pods are sent in pieces of about this many bytes.
const PIECE: usize = 64 << 10;
/// At most this many events are taken out of the log at a time.
const BATCH: usize = 512;
/// The server's own end of a watch, about the least that kube-apiserver grants by default.
const LONGEST: Duration = Duration::from_mins(30);

/// What is watched, and how it is written.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) namespace: Option<Box<str>>,
    pub(super) selector: Selector,
    pub(super) encoding: Encoding,
}

/// A watch under way.
#[derive(Debug)]
pub(super) struct Watcher {
    server: Server,
    watched: Watched,
    stage: Stage,
    /// Frames that wait to be sent.
    ready: VecDeque<Bytes>,
    bookmarks: Option<Interval>,
    deadline: Instant,
}

#[derive(Debug)]
enum Stage {
    Start(Start),
    Pods { left: vec::IntoIter<Arc<Pod>>, version: u64, marks_end: bool },
    Live { position: u64 },
    Over,
}

impl Watcher {
    pub(super) fn new(
        server: &Server,
        watched: Watched,
        start: Start,
        bookmarks: bool,
        timeout: Option<Duration>,
    ) -> Self {
        let now = Instant::now();
        let interval = server.options.bookmark_interval;
        Self {
            server: server.clone(),
            watched,
            stage: Stage::Start(start),
            ready: VecDeque::new(),
            bookmarks: bookmarks.then(|| tokio::time::interval_at(now + interval, interval)),
            deadline: now + timeout.unwrap_or(LONGEST).min(LONGEST),
        }
    }

    /// The next bytes to send; `None` ends the watch.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Start(start) => self.begin(start).await,
                Stage::Pods { left, version, marks_end } => self.send_pods(left, version, marks_end),
                Stage::Live { position } => self.follow(position).await,
                Stage::Over => return None,
            };
        }
    }

    async fn begin(&mut self, start: Start) -> Stage {
        let cluster = self.server.cluster.clone();
        match start {
            Start::Now => Stage::Live { position: cluster.with(|store| store.version()) },
            Start::After(position) => match cluster.with(|store| store.events_after(position).map(drop)) {
                Ok(()) => Stage::Live { position },
                Err(expired) => self.fail(&Refusal::expired(position, expired.oldest)),
            },
            Start::Pods { at_least, marks_end } => {
                if let Err(refusal) = self.server.wait_for(at_least).await {
                    return self.fail(&refusal);
                }
                let Watched { namespace, selector, .. } = &self.watched;
                let (pods, version) = cluster.with(|store| {
                    let pods = store.pods(namespace.as_deref()).filter(|pod| selector.matches(pod));
                    (pods.map(Arc::clone).collect::<Vec<_>>(), store.version())
                });
                // As a real server does: without bookmarks there is no last one either.
                let marks_end = marks_end && self.bookmarks.is_some();
                Stage::Pods { left: pods.into_iter(), version, marks_end }
            }
        }
    }

    fn fail(&mut self, refusal: &Refusal) -> Stage {
        self.ready.push_back(error_frame(refusal, self.watched.encoding));
        Stage::Over
    }

    fn send_pods(&mut self, mut left: vec::IntoIter<Arc<Pod>>, version: u64, marks_end: bool) -> Stage {
        let encoding = self.watched.encoding;
        let mut piece = BytesMut::new();
        while piece.len() < PIECE {
            let Some(pod) = left.next() else {
                if marks_end {
                    piece.extend_from_slice(&bookmark(version, true, encoding));
                }
                if !piece.is_empty() {
                    self.ready.push_back(piece.freeze());
                }
                return Stage::Live { position: version };
            };
            piece.extend_from_slice(&pod_frame(Change::Added, &pod, encoding));
        }
        self.ready.push_back(piece.freeze());
        Stage::Pods { left, version, marks_end }
    }

    async fn follow(&mut self, position: u64) -> Stage {
        if Instant::now() >= self.deadline {
            return Stage::Over;
        }
        let mut versions = self.server.cluster.versions();
        let (events, current) = self.server.cluster.with(|store| {
            let events = store.events_after(position);
            (events.map(|events| events.take(BATCH).map(Arc::clone).collect::<Vec<_>>()), store.version())
        });
        let Ok(events) = events else {
            return Stage::Over;
        };
        if let Some(last) = events.last() {
            self.ready.extend(events.iter().filter_map(|event| self.watched.frame(event)));
            return Stage::Live { position: last.pod.version };
        }
        // Nothing after `current` was there; a position in the future stays where it is.
        let position = position.max(current);
        let encoding = self.watched.encoding;
        let mut closing = self.server.closing.clone();
        tokio::select! {
            _ = versions.wait_for(|version| *version > current) => {}
            _ = closing.wait_for(|is_closing| *is_closing) => return Stage::Over,
            () = tick(self.bookmarks.as_mut()) => self.ready.push_back(bookmark(position, false, encoding)),
            () = tokio::time::sleep_until(self.deadline) => {
                let last = self.bookmarks.is_some().then(|| bookmark(position, false, encoding));
                self.ready.extend(last);
                return Stage::Over;
            }
        }
        Stage::Live { position }
    }
}

async fn tick(bookmarks: Option<&mut Interval>) {
    match bookmarks {
        Some(interval) => drop(interval.tick().await),
        None => std::future::pending().await,
    }
}

impl Watched {
    /// The event as this watch is told of it: a pod that begins to match is added, one that ceases to
    /// is deleted, with its old state and the version of the change.
    fn frame(&self, event: &Event) -> Option<Bytes> {
        if self.namespace.as_ref().is_some_and(|namespace| **namespace != *event.pod.namespace) {
            return None;
        }
        if self.selector.is_empty() {
            return Some(shared_frame(event, self.encoding));
        }
        let before = event.previous.as_ref().filter(|pod| self.selector.matches(pod));
        let after = event.change != Change::Deleted && self.selector.matches(&event.pod);
        match (before, after) {
            (None, false) => None,
            (None, true) if event.change == Change::Added => Some(shared_frame(event, self.encoding)),
            (None, true) => Some(pod_frame(Change::Added, &event.pod, self.encoding)),
            (Some(_), true) => Some(shared_frame(event, self.encoding)),
            (Some(before), false) => {
                let last = Pod { version: event.pod.version, ..Pod::clone(before) };
                Some(pod_frame(Change::Deleted, &last, self.encoding))
            }
        }
    }
}
