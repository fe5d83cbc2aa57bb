//! Audits: a list though nothing asks for it, to heal what no watch shows, such as a server whose
//! store was set back and has passed the version of the watch since.
//!
//! The list comes by a request beside the watch, which goes on. It is of the very version that the
//! watch has come to, so that whatever differs from what is known, and was not told of since, is
//! what the watch kept back; no versions need to be compared.

use std::time::Duration;

use super::{LIST_SILENCE, Machine};
use crate::inventory::PodEvent;
use crate::watch::notice::{Notice, Relist};
use crate::watch::step::{Input, Next, Output, Page};
use crate::watch::wire::ListItem;

/// One audit that fails is no news: the watch may just have expired, or the server be busy.
const FAILURES_TOLD: u32 = 2;

/// The audit under way, and how those before it ended.
#[derive(Debug, Default)]
pub(super) struct Audit {
    progress: Option<Progress>,
    /// How many have failed in a row.
    failures: u32,
}

#[derive(Debug)]
struct Progress {
    heard_at: Duration,
    /// Whether it, or the watch meanwhile, held a pod without a readable name.
    is_damaged: bool,
}

impl Audit {
    /// A pod came of which not even the name could be read.
    pub(super) fn damage(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.is_damaged = true;
        }
    }

    /// When the silence of the one under way has lasted too long.
    pub(super) fn given_up_at(&self) -> Option<Duration> {
        self.progress.as_ref().map(|progress| progress.heard_at.saturating_add(LIST_SILENCE))
    }
}

impl Machine {
    /// Whether an audit is under way. The driver drops the request of one that is not.
    #[must_use]
    pub fn is_auditing(&self) -> bool {
        self.audit.progress.is_some()
    }

    /// It is time for an audit.
    pub(super) fn begin_audit(&mut self, now: Duration, out: &mut Vec<Output>) -> Next {
        out.push(Output::Notice(Notice::Relist(Relist::Audit)));
        let version = self.version.clone().filter(|_| self.may_list == Some(true));
        let Some(version) = version else {
            // An account that may not list can only watch anew from the beginning. What happens
            // in between is not seen. The version is good until the list begins to come: one that
            // fails costs no more than a resume.
            self.go_blind(out);
            self.list.has_watched = true;
            return self.ask_for_list(now);
        };
        self.pace.begun();
        self.audit.progress = Some(Progress { heard_at: now, is_damaged: false });
        self.list.unreadable = 0;
        out.push(Output::Pod(PodEvent::Audit(self.scope)));
        Next::Beside(Page::FirstAt(version))
    }

    /// Takes in what came of the request beside the watch. The answer is never [`Next::Do`].
    pub fn beside(&mut self, now: Duration, input: Input, out: &mut Vec<Output>) -> Next {
        let Some(progress) = &mut self.audit.progress else { return Next::Read };
        progress.heard_at = now;
        match input {
            Input::Item(ListItem::Pod(pod)) => out.push(Output::Pod(PodEvent::Audited(self.scope, pod))),
            Input::Item(ListItem::Unreadable { identity, reason }) => {
                self.unreadable(now, None, identity, reason, out);
            }
            Input::Page(meta) => match meta.continue_token {
                Some(token) => return Next::Beside(Page::After(token)),
                None => self.end_audit(now, out),
            },
            Input::Refused(status) => self.fail_audit(now, format!("the server refused: {status}"), out),
            Input::Failed(trouble) | Input::Broken(trouble) => self.fail_audit(now, trouble.text, out),
            Input::Ready | Input::Begun | Input::Frame(_) | Input::Ended | Input::Heard | Input::Tick => {}
        }
        Next::Read
    }

    fn end_audit(&mut self, now: Duration, out: &mut Vec<Output>) {
        let is_damaged = self.audit.progress.take().is_some_and(|progress| progress.is_damaged);
        self.audit.failures = 0;
        self.pace.done(now);
        if is_damaged {
            self.pace.hurry(now);
        }
        out.push(Output::Pod(PodEvent::InitDone { scope: self.scope, sweep: !is_damaged }));
    }

    fn fail_audit(&mut self, now: Duration, reason: String, out: &mut Vec<Output>) {
        self.drop_audit(out);
        self.pace.hurry(now);
        self.audit.failures = self.audit.failures.saturating_add(1);
        if self.audit.failures == FAILURES_TOLD {
            out.push(Output::Notice(Notice::NoAudit { reason }));
        }
    }

    /// The audit under way is given up if its server is silent.
    pub(super) fn tick_audit(&mut self, now: Duration, out: &mut Vec<Output>) {
        if self.audit.given_up_at().is_some_and(|at| at <= now) {
            let reason = format!("the server sent nothing for {} s", LIST_SILENCE.as_secs());
            self.fail_audit(now, reason, out);
        }
    }

    /// An audit ends without a result: the watch broke, or a list comes that is as good. It is owed
    /// to the next watch that resumes.
    pub(super) fn drop_audit(&mut self, out: &mut Vec<Output>) {
        if self.audit.progress.take().is_some() {
            self.pace.owe();
            out.push(Output::Pod(PodEvent::InitBroken(self.scope)));
        }
    }
}
