//! Lists: streamed by a watch, or in pages.

use std::time::Duration;

use super::{Machine, Sight, State};
use crate::inventory::{Cause, PodEvent};
use crate::watch::notice::Notice;
use crate::watch::step::{Next, Output, Page, Request};
use crate::watch::wire::{Change, Identity, ListItem, ListMeta};

/// Of a list and the watch after it, this many unreadable pods are told one by one.
const UNREADABLE_TOLD: u32 = 10;

/// The list under way, and what must be known of those before it.
#[derive(Debug, Default)]
pub(super) struct List {
    progress: Option<Progress>,
    /// Whether this program has watched already: a list now is not that of its start.
    pub(super) has_watched: bool,
    /// Whether lists come in pages: the server streams none.
    pub(super) is_paged: bool,
    /// Whether the next list is to come in one piece: its pages expire.
    pub(super) is_in_one: bool,
    /// Unreadable pods since the list began.
    pub(super) unreadable: u32,
}

/// Between `Init` and `InitDone`.
#[derive(Debug, Default)]
struct Progress {
    /// Whether it held a pod without a readable name.
    is_damaged: bool,
    /// The version of its first page, which is that of all.
    version: Option<Box<str>>,
}

impl List {
    pub(super) fn is_under_way(&self) -> bool {
        self.progress.is_some()
    }
}

impl Machine {
    /// The answer to a list begins; of a list in pages, to any page.
    pub(super) fn begin_list(&mut self, out: &mut Vec<Output>) {
        if self.list.is_under_way() {
            return;
        }
        self.list.progress = Some(Progress::default());
        self.list.unreadable = 0;
        self.version = None;
        let cause = if self.list.has_watched { Cause::Relist } else { Cause::Start };
        out.push(Output::Version(None));
        out.push(Output::Pod(PodEvent::Init(self.scope, cause)));
    }

    pub(super) fn item(&mut self, now: Duration, item: ListItem, out: &mut Vec<Output>) -> Next {
        match item {
            ListItem::Pod(pod) => out.push(Output::Pod(PodEvent::Apply(self.scope, pod))),
            ListItem::Unreadable { identity, reason } => self.unreadable(now, None, identity, reason, out),
        }
        Next::Read
    }

    /// A pod that does not decode: what was known of it stays. Where not even its name does, the
    /// list under way proves nobody's absence, and another one must come soon.
    pub(super) fn unreadable(
        &mut self,
        now: Duration,
        change: Option<Change>,
        identity: Option<Identity>,
        reason: String,
        out: &mut Vec<Output>,
    ) {
        let scope = self.scope;
        match identity.clone() {
            Some(Identity { namespace, name, uid }) if change == Some(Change::Deleted) => {
                out.push(Output::Pod(PodEvent::Delete { scope, namespace, name, uid }));
            }
            Some(Identity { namespace, name, uid: _ }) => {
                out.push(Output::Pod(PodEvent::Keep { scope, namespace, name }));
            }
            None => {
                if let Some(progress) = &mut self.list.progress {
                    progress.is_damaged = true;
                }
                self.audit.damage();
                self.pace.hurry(now);
            }
        }
        out.push(Output::Unreadable);
        self.list.unreadable = self.list.unreadable.saturating_add(1);
        if self.list.unreadable <= UNREADABLE_TOLD {
            out.push(Output::Notice(Notice::Unreadable { identity, reason }));
        } else if self.list.unreadable == UNREADABLE_TOLD + 1 {
            out.push(Output::Notice(Notice::ManyUnreadable));
        }
    }

    pub(super) fn page(&mut self, now: Duration, meta: ListMeta, out: &mut Vec<Output>) -> Next {
        let ListMeta { resource_version, continue_token } = meta;
        let progress = self.list.progress.get_or_insert_default();
        let version = progress.version.get_or_insert(resource_version).clone();
        if let Some(token) = continue_token {
            return self.request(now, State::Paging, Request::List(Page::After(token)));
        }
        self.list_done(now, version, out);
        self.resume(now)
    }

    /// The list is whole, and the watch goes on from `version`.
    pub(super) fn list_done(&mut self, now: Duration, version: Box<str>, out: &mut Vec<Output>) {
        let is_damaged = self.list.progress.take().is_some_and(|progress| progress.is_damaged);
        self.list.has_watched = true;
        self.list.is_in_one = false;
        self.pace.done(now);
        if is_damaged {
            self.pace.hurry(now);
        }
        self.sight = Sight::Clear;
        self.version = Some(version.clone());
        out.push(Output::Pod(PodEvent::InitDone { scope: self.scope, sweep: !is_damaged }));
        out.push(Output::Version(Some(version)));
        out.push(Output::InSight);
    }

    /// A list that broke off tells nothing; the next one starts over.
    pub(super) fn drop_list(&mut self, out: &mut Vec<Output>) {
        if self.list.progress.take().is_some() {
            out.push(Output::Pod(PodEvent::InitBroken(self.scope)));
        }
    }
}
