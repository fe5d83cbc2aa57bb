//! What the server's refusals mean.

use std::time::Duration;

use super::{Machine, State};
use crate::watch::notice::{Notice, Relist, Trouble, TroubleKind};
use crate::watch::step::{Next, Output, Page, Request};
use crate::watch::wire::Status;

/// Versions that turn out to be useless sooner after each other than this are a server's fault.
const STALE_APART: Duration = Duration::from_mins(2);

enum Meaning {
    /// Perhaps the account may still watch; if not, the watch will say so.
    MayNotList,
    NoWatchList,
    /// The version to resume from is of no use.
    Stale(Relist),
    /// The list grew too old between two of its pages.
    PageExpired,
    Trouble(TroubleKind),
}

impl Machine {
    fn meaning(&self, status: &Status) -> Meaning {
        let has_version = self.version.is_some();
        // After an error of its store the server cannot tell what changed either.
        let is_expired = status.is_expired() || status.reason == "StoreReadError";
        match self.state {
            State::Probing if status.code == 403 => Meaning::MayNotList,
            State::Probing | State::Watching if has_version && is_expired => Meaning::Stale(Relist::Expired),
            State::Probing | State::Watching if has_version && status.is_version_too_large() => {
                Meaning::Stale(Relist::Ahead)
            }
            State::WatchListing if status.refuses_watch_list() => Meaning::NoWatchList,
            State::Paging if status.is_expired() && self.list.is_under_way() && !self.list.is_in_one => {
                Meaning::PageExpired
            }
            _ => Meaning::Trouble(match status.code {
                401 => TroubleKind::Unauthorized,
                403 => TroubleKind::Forbidden,
                429 => TroubleKind::Throttled,
                _ => TroubleKind::Refused,
            }),
        }
    }

    pub(super) fn refused(&mut self, now: Duration, status: &Status, out: &mut Vec<Output>) -> Next {
        match self.meaning(status) {
            Meaning::MayNotList => {
                self.may_list = Some(false);
                self.resume(now)
            }
            Meaning::NoWatchList if self.may_list == Some(false) => {
                let text =
                    format!("the server does not stream lists ({status}), and the account may not list");
                self.fail(now, Trouble { kind: TroubleKind::Forbidden, text }, None, out)
            }
            Meaning::NoWatchList => self.without_watch_list(now, status.to_string(), out),
            Meaning::Stale(why) => self.stale(now, why, status, out),
            Meaning::PageExpired => {
                self.drop_list(out);
                self.list.is_in_one = true;
                out.push(Output::Notice(Notice::Relist(Relist::PageExpired)));
                self.request(now, State::Paging, Request::List(Page::All))
            }
            Meaning::Trouble(kind) => {
                let text = format!("the server refused: {status}");
                self.fail(now, Trouble { kind, text }, status.retry_after, out)
            }
        }
    }

    /// Lists at once; but a server that makes each version useless must not be flooded.
    fn stale(&mut self, now: Duration, why: Relist, status: &Status, out: &mut Vec<Output>) -> Next {
        self.drop_audit(out);
        if self.state == State::Probing {
            // A server asks for the right before it looks at the version.
            self.may_list = Some(true);
        }
        self.version = None;
        out.push(Output::Version(None));
        self.go_blind(out);
        let last = self.stale_at.replace(now);
        if last.is_some_and(|last| now.saturating_sub(last) < STALE_APART) {
            let text = format!("the server refused again what it had just listed: {status}");
            return self.fail(now, Trouble { kind: TroubleKind::Refused, text }, status.retry_after, out);
        }
        out.push(Output::Notice(Notice::Relist(why)));
        self.resume(now)
    }

    pub(super) fn without_watch_list(
        &mut self,
        now: Duration,
        reason: String,
        out: &mut Vec<Output>,
    ) -> Next {
        self.drop_list(out);
        self.list.is_paged = true;
        out.push(Output::Notice(Notice::NoWatchList { reason }));
        self.ask_for_list(now)
    }
}
