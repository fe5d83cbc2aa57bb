//! The watch of one scope as a state machine: what came of the last request goes in; events,
//! versions, notices and the next request come out. No I/O and no clock: the driver has both.

use std::time::Duration;

use super::backoff::{Backoff, Random};
use super::notice::{Notice, Relist, Trouble, TroubleKind};
use super::step::{Input, Next, Output, Request};
use super::wire::{Change, Frame, Identity, ListItem, ListMeta, Status};
use crate::inventory::{Cause, PodEvent, ScopeId};

/// Bookmarks come each minute: without a byte for this long the connection is dead.
const WATCH_SILENCE: Duration = Duration::from_secs(150);
/// A list that sends no byte for this long has got stuck. A large one may take minutes in all.
const LIST_SILENCE: Duration = Duration::from_secs(60);
/// The time in which any request must begin to be answered; the server itself waits up to 3 s.
const ANSWER: Duration = Duration::from_secs(60);
/// How often all pods are read anew, unless told otherwise.
pub const AUDIT_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How soon at the latest a list looks for what was missed by a connection that did not end cleanly.
const AUDIT_AFTER_LOSS: Duration = Duration::from_secs(300);
/// A watch that ends sooner than this is followed by a pause, lest it becomes a busy loop.
const SHORT_WATCH: Duration = Duration::from_secs(5);
/// Lists for want of a version that follow each other sooner than this are paused between.
const RELISTS_APART: Duration = Duration::from_secs(30);
/// A watch that answered and held for this long counts as working, even if nothing happens.
const SETTLED: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pausing,
    Probing,
    WatchListing,
    Listing { is_first_page: bool },
    Watching,
}

/// The watch of one scope.
#[derive(Debug)]
pub struct Machine {
    scope: ScopeId,
    state: State,
    /// From where to resume; `None` calls for a list.
    version: Option<Box<str>>,
    /// The version of the list whose pages are being read.
    list_version: Option<Box<str>>,
    /// Whether `Init` was told and `InitDone` was not.
    is_listing: bool,
    /// Whether the list under way held a pod without a readable name.
    is_damaged: bool,
    /// Whether the next list is the first of this program's life.
    is_start: bool,
    lacks_watch_list: bool,
    /// Whether the account may list; unknown before the first probe, and after a 403.
    may_list: Option<bool>,
    told_may_not_list: bool,
    is_lost: bool,
    trouble: Option<(Duration, TroubleKind)>,
    begun_at: Duration,
    heard_at: Duration,
    audit_every: Duration,
    audit_at: Duration,
    relisted_at: Option<Duration>,
    backoff: Backoff,
    random: Random,
}

impl Machine {
    /// A machine that resumes from `version`, or begins with a list. `seed` spreads its pauses.
    #[must_use]
    pub fn new(scope: ScopeId, version: Option<Box<str>>, seed: u64) -> Self {
        Self {
            scope,
            state: State::Pausing,
            version,
            list_version: None,
            is_listing: false,
            is_damaged: false,
            is_start: true,
            lacks_watch_list: false,
            may_list: None,
            told_may_not_list: false,
            is_lost: true,
            trouble: None,
            begun_at: Duration::ZERO,
            heard_at: Duration::ZERO,
            audit_every: AUDIT_EVERY,
            audit_at: Duration::MAX,
            relisted_at: None,
            backoff: Backoff::new(seed),
            random: Random(!seed),
        }
    }

    /// The machine with audits at another pace, also the one that follows a loss.
    #[must_use]
    pub fn auditing_every(self, audit_every: Duration) -> Self {
        Self { audit_every, ..self }
    }

    /// When the machine wants a [`Tick`](Input::Tick), unless something else comes first.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        let silent = self.heard_at.saturating_add(self.longest_silence());
        let audit = if self.state == State::Watching { self.audit_at } else { Duration::MAX };
        let settled =
            if self.trouble.is_some() { self.begun_at.saturating_add(SETTLED) } else { Duration::MAX };
        silent.min(audit).min(settled)
    }

    fn longest_silence(&self) -> Duration {
        match self.state {
            State::Watching if self.begun_at != Duration::MAX => WATCH_SILENCE,
            State::Watching | State::Probing | State::Pausing => ANSWER,
            State::WatchListing | State::Listing { .. } => LIST_SILENCE,
        }
    }

    /// Takes in what came of the request under way at `now`, a time since any fixed moment.
    pub fn step(&mut self, now: Duration, input: Input, out: &mut Vec<Output>) -> Next {
        if !matches!(input, Input::Tick) {
            self.heard_at = now;
        }
        match (self.state, input) {
            (_, Input::Heard) => Next::Read,
            (_, Input::Tick) => self.tick(now, out),
            (_, Input::Ready) => self.go(now),
            (State::Probing, Input::Begun) => {
                self.may_list = Some(true);
                self.resume(now)
            }
            (State::Probing, Input::Refused(status)) => self.probe_refused(now, &status, out),
            (_, Input::Begun) => self.begun(now, out),
            (_, Input::Frame(frame)) => self.frame(now, frame, out),
            (_, Input::Item(item)) => self.item(now, item, out),
            (_, Input::Page(meta)) => self.page(now, meta, out),
            (_, Input::Ended) => self.ended(now, out),
            (_, Input::Refused(status)) => self.refused(now, &status, out),
            (_, Input::Failed(trouble) | Input::Broken(trouble)) => self.lost(now, trouble, None, out),
        }
    }

    fn request(&mut self, now: Duration, state: State, request: Request) -> Next {
        self.state = state;
        self.heard_at = now;
        self.begun_at = Duration::MAX;
        Next::Do(request)
    }

    /// The request that the state of knowledge calls for, from the beginning.
    fn go(&mut self, now: Duration) -> Next {
        if self.version.is_some() || self.may_list.is_none() {
            let version = self.version.clone();
            return self.request(now, State::Probing, Request::Probe { version });
        }
        self.resume(now)
    }

    /// The request that follows a probe.
    fn resume(&mut self, now: Duration) -> Next {
        let timeout = Duration::from_secs(300) + self.random.up_to(Duration::from_secs(300));
        match self.version.clone() {
            Some(version) => self.request(now, State::Watching, Request::Watch { version, timeout }),
            None => self.list(now, timeout),
        }
    }

    fn list(&mut self, now: Duration, timeout: Duration) -> Next {
        if self.lacks_watch_list {
            let request = Request::List { continue_token: None };
            return self.request(now, State::Listing { is_first_page: true }, request);
        }
        self.request(now, State::WatchListing, Request::WatchList { timeout })
    }

    fn tick(&mut self, now: Duration, out: &mut Vec<Output>) -> Next {
        if self.begun_at.saturating_add(SETTLED) <= now {
            self.recovered(now, out);
        }
        let silent_for = now.saturating_sub(self.heard_at);
        if silent_for >= self.longest_silence() {
            let text = format!("the server sent nothing for {} s", silent_for.as_secs());
            if self.state == State::WatchListing && self.may_list != Some(false) {
                return self.without_watch_list(now, text, out);
            }
            return self.lost(now, Trouble { kind: TroubleKind::Lost, text }, None, out);
        }
        if self.state == State::Watching && self.audit_at <= now {
            return self.relist(now, Relist::Audit, out);
        }
        Next::Read
    }

    fn begun(&mut self, now: Duration, out: &mut Vec<Output>) -> Next {
        self.begun_at = now;
        if self.may_list == Some(false) && !std::mem::replace(&mut self.told_may_not_list, true) {
            out.push(Output::Notice(Notice::NoListRight));
        }
        if matches!(self.state, State::WatchListing | State::Listing { is_first_page: true }) {
            let cause = if self.is_start { Cause::Start } else { Cause::Relist };
            self.is_listing = true;
            self.is_damaged = false;
            out.push(Output::Version(None));
            out.push(Output::Pod(PodEvent::Init(self.scope, cause)));
        }
        if self.state == State::Watching {
            if self.audit_at == Duration::MAX {
                // Resumed without a list in this program's life: what a store that was set back
                // hides from such a watch, only a list shows.
                self.audit_soon(now);
            }
            out.push(Output::Live);
        }
        Next::Read
    }

    fn recovered(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some((since, _)) = self.trouble.take() {
            out.push(Output::Notice(Notice::Recovered { after: now.saturating_sub(since) }));
        }
    }

    fn frame(&mut self, now: Duration, frame: Frame, out: &mut Vec<Output>) -> Next {
        match frame {
            Frame::Error(status) => return self.refused(now, &status, out),
            Frame::Pod { change, pod, resource_version } => {
                out.push(Output::Pod(match change {
                    Change::Added | Change::Modified => PodEvent::Apply(self.scope, pod),
                    Change::Deleted => PodEvent::Delete {
                        scope: self.scope,
                        namespace: pod.namespace,
                        name: pod.name,
                        uid: pod.uid,
                    },
                }));
                self.pass(resource_version, out);
            }
            Frame::Unreadable { change, identity, reason } => {
                let is_deleted = change == Some(Change::Deleted);
                self.unreadable(now, identity, is_deleted, reason, out);
            }
            Frame::Bookmark { resource_version, ends_initial_list } => {
                if self.state == State::WatchListing && ends_initial_list {
                    self.list_done(now, resource_version, out);
                    self.state = State::Watching;
                } else {
                    self.pass(resource_version, out);
                    self.in_sight(out);
                }
            }
        }
        self.recovered(now, out);
        Next::Read
    }

    /// A version was passed. Those of a list under way are in no order and mean nothing.
    fn pass(&mut self, resource_version: Box<str>, out: &mut Vec<Output>) {
        if self.state == State::Watching {
            self.version = Some(resource_version.clone());
            out.push(Output::Version(Some(resource_version)));
        }
    }

    fn in_sight(&mut self, out: &mut Vec<Output>) {
        if self.state == State::Watching && std::mem::take(&mut self.is_lost) {
            out.push(Output::InSight);
        }
    }

    fn item(&mut self, now: Duration, item: ListItem, out: &mut Vec<Output>) -> Next {
        match item {
            ListItem::Pod(pod) => out.push(Output::Pod(PodEvent::Apply(self.scope, pod))),
            ListItem::Unreadable { identity, reason } => self.unreadable(now, identity, false, reason, out),
        }
        Next::Read
    }

    fn unreadable(
        &mut self,
        now: Duration,
        identity: Option<Identity>,
        is_deleted: bool,
        reason: String,
        out: &mut Vec<Output>,
    ) {
        match identity.clone() {
            Some(Identity { namespace, name, uid }) if is_deleted => {
                out.push(Output::Pod(PodEvent::Delete { scope: self.scope, namespace, name, uid }));
            }
            Some(Identity { namespace, name, uid: _ }) => {
                out.push(Output::Pod(PodEvent::Keep { scope: self.scope, namespace, name }));
            }
            None => {
                self.is_damaged = true;
                self.audit_soon(now);
            }
        }
        out.push(Output::Notice(Notice::Unreadable { identity, reason }));
    }

    fn page(&mut self, now: Duration, meta: ListMeta, out: &mut Vec<Output>) -> Next {
        let ListMeta { resource_version, continue_token } = meta;
        // All pages are of the version that the first one tells.
        let version = self.list_version.take().unwrap_or(resource_version);
        if continue_token.is_some() {
            self.list_version = Some(version);
            let state = State::Listing { is_first_page: false };
            return self.request(now, state, Request::List { continue_token });
        }
        self.list_done(now, version, out);
        self.recovered(now, out);
        self.resume(now)
    }

    fn list_done(&mut self, now: Duration, version: Box<str>, out: &mut Vec<Output>) {
        self.is_listing = false;
        self.is_start = false;
        self.is_lost = false;
        self.audit_at = now + self.audit_every + self.random.up_to(self.audit_every / 12);
        if self.is_damaged {
            self.audit_soon(now);
        }
        self.version = Some(version.clone());
        out.push(Output::Pod(PodEvent::InitDone { scope: self.scope, sweep: !self.is_damaged }));
        out.push(Output::Version(Some(version)));
        out.push(Output::InSight);
        out.push(Output::Live);
    }

    fn audit_soon(&mut self, now: Duration) {
        self.audit_at = self.audit_at.min(now + AUDIT_AFTER_LOSS.min(self.audit_every));
    }

    /// A list that broke off tells nothing; the next one starts over.
    fn drop_list(&mut self, out: &mut Vec<Output>) {
        self.list_version = None;
        if std::mem::take(&mut self.is_listing) {
            out.push(Output::Pod(PodEvent::InitBroken(self.scope)));
        }
    }

    fn ended(&mut self, now: Duration, out: &mut Vec<Output>) -> Next {
        if self.state != State::Watching {
            let text = "the server ended the list before it was whole".to_owned();
            return self.lost(now, Trouble { kind: TroubleKind::Lost, text }, None, out);
        }
        self.recovered(now, out);
        if now.saturating_sub(self.begun_at) < SHORT_WATCH {
            let pause = self.backoff.pause(now);
            return self.pause(now, pause);
        }
        self.go(now)
    }

    fn pause(&mut self, now: Duration, pause: Duration) -> Next {
        self.request(now, State::Pausing, Request::Pause(pause))
    }

    fn probe_refused(&mut self, now: Duration, status: &Status, out: &mut Vec<Output>) -> Next {
        if status.code == 403 {
            // Perhaps the account may still watch; if not, the watch will say so.
            self.may_list = Some(false);
            return self.resume(now);
        }
        self.refused(now, status, out)
    }

    fn refused(&mut self, now: Duration, status: &Status, out: &mut Vec<Output>) -> Next {
        let is_stale = status.is_expired() || status.is_version_too_large();
        if is_stale && self.version.is_some() && !self.is_listing {
            let why = if status.is_expired() { Relist::Expired } else { Relist::Ahead };
            return self.relist(now, why, out);
        }
        if self.state == State::WatchListing && status.refuses_watch_list() && self.may_list != Some(false) {
            return self.without_watch_list(now, status.to_string(), out);
        }
        let kind = match status.code {
            401 => TroubleKind::Unauthorized,
            403 => TroubleKind::Forbidden,
            429 => TroubleKind::Throttled,
            _ => TroubleKind::Refused,
        };
        let text = format!("the server refused: {status}");
        self.lost(now, Trouble { kind, text }, status.retry_after, out)
    }

    fn relist(&mut self, now: Duration, why: Relist, out: &mut Vec<Output>) -> Next {
        out.push(Output::Notice(Notice::Relist(why)));
        self.version = None;
        if why == Relist::Audit {
            self.audit_at = now + self.audit_every;
            self.is_start = false;
            return self.resume(now);
        }
        out.push(Output::Version(None));
        self.go_blind(out);
        // A server that expires each list at once must not be flooded.
        let is_repeated = self.relisted_at.is_some_and(|last| now.saturating_sub(last) < RELISTS_APART);
        self.relisted_at = Some(now);
        if is_repeated {
            let pause = self.backoff.pause(now);
            return self.pause(now, pause);
        }
        self.resume(now)
    }

    fn go_blind(&mut self, out: &mut Vec<Output>) {
        if !std::mem::replace(&mut self.is_lost, true) {
            out.push(Output::Lost);
        }
    }

    fn without_watch_list(&mut self, now: Duration, reason: String, out: &mut Vec<Output>) -> Next {
        self.drop_list(out);
        self.lacks_watch_list = true;
        out.push(Output::Notice(Notice::NoWatchList { reason }));
        self.list(now, Duration::ZERO)
    }

    /// The request failed or broke off: tells it once, and tries again after a pause.
    fn lost(
        &mut self,
        now: Duration,
        trouble: Trouble,
        retry_after: Option<Duration>,
        out: &mut Vec<Output>,
    ) -> Next {
        self.drop_list(out);
        let broke_off = self.state == State::Watching && self.begun_at != Duration::MAX;
        if broke_off || trouble.kind == TroubleKind::Unreachable {
            self.audit_soon(now);
        }
        self.go_blind(out);
        self.begun_at = Duration::MAX;
        let since = self.trouble.map_or(now, |(since, _)| since);
        let is_new = self.trouble.is_none_or(|(_, kind)| kind != trouble.kind);
        self.trouble = Some((since, trouble.kind));
        if trouble.kind == TroubleKind::Forbidden {
            self.may_list = None;
        }
        if is_new {
            out.push(Output::Notice(Notice::Trouble(trouble)));
        }
        let pause = self.backoff.pause(now).max(retry_after.unwrap_or_default());
        self.pause(now, pause)
    }
}

#[cfg(test)]
mod tests;
