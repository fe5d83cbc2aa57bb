//! The watch of one scope as a state machine: what came of the last request goes in; events,
//! versions, notices and the next request come out. No I/O and no clock: the driver has both.
//!
//! ```text
//!            ┌──────────────── pause ◀── any failure
//!            ▼                                          page ─▶ page ─┐
//! start ─▶ probe ─▶ has a version? ── no ─▶ WatchList ─ or ─┘         │
//!            ▲            └─ yes ─▶ watch ◀── the list is whole ◀─────┘
//!            └── the watch ended ─────┘  └── 410 ─▶ list
//! ```
//!
//! Beside the watch, now and then, an audit: pages of a list that tell what it should have told.

mod audit;
mod list;
mod outage;
mod pace;
mod refusal;

use std::time::Duration;

use fastrand::Rng;

use self::audit::Audit;
use self::list::List;
use self::outage::Outage;
pub use self::pace::AUDIT_EVERY;
use self::pace::Pace;
use super::backoff::{Backoff, up_to};
use super::notice::{Notice, Trouble, TroubleKind};
use super::step::{Input, Next, Output, Page, Request};
use super::wire::{Change, Frame};
use crate::inventory::{PodEvent, ScopeId};

/// Bookmarks come each minute: without a byte for this long the connection is dead.
const WATCH_SILENCE: Duration = Duration::from_secs(150);
/// A list that sends no byte for this long has got stuck. A large one may take minutes in all.
const LIST_SILENCE: Duration = Duration::from_mins(1);
/// The time in which any request must begin to be answered; the server itself waits up to 3 s.
const ANSWER: Duration = Duration::from_mins(1);
/// A watch that held for this long works; one that ends sooner does not, however politely.
const SETTLED: Duration = Duration::from_secs(5);
/// A server that answers 200 and then sends an error, as for a version that expired, does so at
/// once: a watch that is silent for this long was accepted.
const ACCEPTED: Duration = Duration::from_millis(50);
/// A server that asks for more patience than this is asked again all the same.
const LONGEST_WISH: Duration = Duration::from_mins(5);
/// The server ends a watch after this, and up to as much again: spread, so that not all watches
/// of a cluster begin anew together.
const WATCH_FOR: Duration = Duration::from_mins(5);
/// The server sends a bookmark each minute, and one 2 s before it ends a watch. So a watch that
/// resumes ends soon: its bookmark says the sooner that all that happened unseen was told.
const BRIEF_WATCH: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pausing,
    Probing,
    WatchListing,
    Paging,
    Watching,
}

/// Whether changes are seen as they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Clear,
    /// They are not, and no watch was asked for since.
    Lost,
    /// They are not, as far as the watch has told.
    Resuming,
}

/// The watch of one scope.
#[derive(Debug)]
pub struct Machine {
    scope: ScopeId,
    state: State,
    /// Since when the request under way is being answered.
    begun_at: Option<Duration>,
    heard_at: Duration,
    /// From where to resume; `None` calls for a list.
    version: Option<Box<str>>,
    list: List,
    /// Whether the account may list; unknown before the first probe, and after a 403.
    may_list: Option<bool>,
    told_may_not_list: bool,
    /// Whether a resumed watch was answered, and may be refused after all.
    is_doubtful: bool,
    sight: Sight,
    outage: Outage,
    audit: Audit,
    pace: Pace,
    /// When a version last turned out to be useless.
    stale_at: Option<Duration>,
    backoff: Backoff,
    random: Rng,
}

impl Machine {
    /// A machine that resumes from `version`, or begins with a list. `seed` spreads its pauses.
    #[must_use]
    pub fn new(scope: ScopeId, version: Option<Box<str>>, seed: u64) -> Self {
        Self {
            scope,
            state: State::Pausing,
            begun_at: None,
            heard_at: Duration::ZERO,
            version,
            list: List::default(),
            may_list: None,
            told_may_not_list: false,
            is_doubtful: false,
            sight: Sight::Lost,
            outage: Outage::default(),
            audit: Audit::default(),
            pace: Pace::new(seed.rotate_left(1)),
            stale_at: None,
            backoff: Backoff::new(seed),
            random: Rng::with_seed(!seed),
        }
    }

    /// The machine with audits at another pace; none comes later than that, also after a loss.
    #[must_use]
    pub fn auditing_every(mut self, every: Duration) -> Self {
        self.pace.every(every);
        self
    }

    /// When the machine wants a [`Tick`](Input::Tick), unless something else comes first. The next
    /// tick at or after this moment changes it.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        let silent = self.heard_at.saturating_add(self.longest_silence());
        let begun_at = self.begun_at.filter(|_| self.state == State::Watching);
        let audit = self.audit.given_up_at().or(begun_at.map(|_| self.pace.at()));
        let settled = begun_at.filter(|_| self.outage.is_on()).map(|begun_at| begun_at + SETTLED);
        let accepted = begun_at.filter(|_| self.is_doubtful).map(|begun_at| begun_at + ACCEPTED);
        audit.into_iter().chain(settled).chain(accepted).fold(silent, Duration::min)
    }

    fn longest_silence(&self) -> Duration {
        match self.state {
            State::Watching if self.begun_at.is_some() => WATCH_SILENCE,
            State::Watching | State::Probing | State::Pausing => ANSWER,
            State::WatchListing | State::Paging => LIST_SILENCE,
        }
    }

    /// Takes in what came of the request under way at `now`, a time since any fixed moment.
    ///
    /// The next request follows whatever ends the one under way; only what does not is answered
    /// by [`Next::Read`].
    pub fn step(&mut self, now: Duration, input: Input, out: &mut Vec<Output>) -> Next {
        if !matches!(input, Input::Tick) {
            self.heard_at = now;
        }
        match input {
            Input::Heard => Next::Read,
            Input::Tick => self.tick(now, out),
            Input::Ready => self.go(now),
            Input::Begun => self.begun(now, out),
            Input::Frame(frame) => self.frame(now, frame, out),
            Input::Item(item) => self.item(now, item, out),
            Input::Page(meta) => self.page(now, meta, out),
            Input::Ended => self.ended(now, out),
            Input::Refused(status) => self.refused(now, &status, out),
            Input::Failed(trouble) | Input::Broken(trouble) => self.fail(now, trouble, None, out),
        }
    }

    fn request(&mut self, now: Duration, state: State, request: Request) -> Next {
        self.state = state;
        self.heard_at = now;
        self.begun_at = None;
        self.is_doubtful = false;
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
        let Some(version) = self.version.clone() else { return self.ask_for_list(now) };
        let timeout = if self.sight == Sight::Lost {
            // Once: not every server sends bookmarks.
            self.sight = Sight::Resuming;
            BRIEF_WATCH
        } else {
            self.watch_for()
        };
        self.request(now, State::Watching, Request::Watch { version, timeout })
    }

    fn ask_for_list(&mut self, now: Duration) -> Next {
        if self.list.is_paged {
            let page = if self.list.is_in_one { Page::All } else { Page::First };
            return self.request(now, State::Paging, Request::List(page));
        }
        let timeout = self.watch_for();
        self.request(now, State::WatchListing, Request::WatchList { timeout })
    }

    fn watch_for(&mut self) -> Duration {
        WATCH_FOR + up_to(WATCH_FOR, &mut self.random)
    }

    fn tick(&mut self, now: Duration, out: &mut Vec<Output>) -> Next {
        self.settle(now, out);
        if self.begun_at.is_some_and(|begun_at| begun_at + ACCEPTED <= now) {
            self.accepted(out);
        }
        let silent_for = now.saturating_sub(self.heard_at);
        if silent_for >= self.longest_silence() {
            let text = format!("the server sent nothing for {} s", silent_for.as_secs());
            if self.state == State::WatchListing && self.may_list != Some(false) {
                return self.without_watch_list(now, text, out);
            }
            return self.fail(now, Trouble { kind: TroubleKind::Lost, text }, None, out);
        }
        self.tick_audit(now, out);
        if self.is_live() && !self.is_auditing() && self.pace.at() <= now {
            return self.begin_audit(now, out);
        }
        Next::Read
    }

    fn begun(&mut self, now: Duration, out: &mut Vec<Output>) -> Next {
        self.begun_at = Some(now);
        match self.state {
            State::Probing => {
                self.may_list = Some(true);
                return self.resume(now);
            }
            State::WatchListing | State::Paging => self.begin_list(out),
            State::Watching => {
                self.pace.resumed(now);
                self.is_doubtful = true;
            }
            State::Pausing => {}
        }
        if self.may_list == Some(false) && !std::mem::replace(&mut self.told_may_not_list, true) {
            out.push(Output::Notice(Notice::NoListRight));
        }
        Next::Read
    }

    /// Whether a watch is open and past its list.
    fn is_live(&self) -> bool {
        self.state == State::Watching && self.begun_at.is_some()
    }

    fn is_settled(&self, now: Duration) -> bool {
        let is_old = self.begun_at.is_some_and(|begun_at| begun_at + SETTLED <= now);
        self.state == State::Watching && is_old
    }

    fn settle(&mut self, now: Duration, out: &mut Vec<Output>) {
        if self.is_settled(now) {
            self.outage.end(now, out);
        }
    }

    /// A resumed watch turned out to be no refusal.
    fn accepted(&mut self, out: &mut Vec<Output>) {
        if std::mem::take(&mut self.is_doubtful) {
            out.push(Output::Live);
        }
    }

    fn frame(&mut self, now: Duration, frame: Frame, out: &mut Vec<Output>) -> Next {
        if !matches!(frame, Frame::Error(_)) {
            self.accepted(out);
        }
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
                self.unreadable(now, change, identity, reason, out);
            }
            Frame::Bookmark { resource_version, ends_initial_list } => {
                if self.state == State::WatchListing && ends_initial_list {
                    self.list_done(now, resource_version, out);
                    self.state = State::Watching;
                    out.push(Output::Live);
                } else {
                    self.pass(resource_version, out);
                    self.in_sight(out);
                }
            }
        }
        self.settle(now, out);
        Next::Read
    }

    /// A version was passed. Those of a list under way are in no order and mean nothing.
    fn pass(&mut self, resource_version: Box<str>, out: &mut Vec<Output>) {
        if self.state == State::Watching {
            self.list.has_watched = true;
            self.version = Some(resource_version.clone());
            out.push(Output::Version(Some(resource_version)));
        }
    }

    fn in_sight(&mut self, out: &mut Vec<Output>) {
        if self.state == State::Watching && self.sight != Sight::Clear {
            self.sight = Sight::Clear;
            out.push(Output::InSight);
        }
    }

    fn ended(&mut self, now: Duration, out: &mut Vec<Output>) -> Next {
        let text = match self.state {
            State::Watching if self.is_settled(now) => {
                self.outage.end(now, out);
                return self.go(now);
            }
            State::Watching => "the server ended the watch as soon as it had begun",
            _ => "the server ended the list before it was whole",
        };
        // An end is not a break: nothing was missed.
        self.begun_at = None;
        self.fail(now, Trouble { kind: TroubleKind::Lost, text: text.to_owned() }, None, out)
    }

    fn go_blind(&mut self, out: &mut Vec<Output>) {
        if self.sight == Sight::Clear {
            self.sight = Sight::Lost;
            out.push(Output::Lost);
        }
    }

    /// Other authorities are trusted from here on than those that were: no version of the former server
    /// tells where to resume.
    pub fn moved(&mut self, out: &mut Vec<Output>) {
        self.drop_audit(out);
        self.drop_list(out);
        self.go_blind(out);
        self.version = None;
        out.extend([Output::Version(None), Output::Elsewhere]);
    }

    /// The request failed or broke off: tells it once, and tries again after a pause.
    fn fail(
        &mut self,
        now: Duration,
        trouble: Trouble,
        wish: Option<Duration>,
        out: &mut Vec<Output>,
    ) -> Next {
        if self.is_live() {
            self.pace.owe();
        }
        self.drop_audit(out);
        self.drop_list(out);
        self.go_blind(out);
        if trouble.kind == TroubleKind::Forbidden {
            self.may_list = None;
        }
        self.outage.meet(now, trouble, out);
        let pause = self.backoff.pause(now).max(wish.unwrap_or_default().min(LONGEST_WISH));
        self.request(now, State::Pausing, Request::Pause(pause))
    }
}

#[cfg(test)]
mod tests;
