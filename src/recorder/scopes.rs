//! The watches of all scopes: which lists are under way, and what of what they tell was seen as it
//! happened.

use std::sync::Arc;

use jiff::Timestamp;

use super::figures::Gaps;
use super::pending::Pending;
use super::stamp::Sight;
use super::watched::{UnderWay, Watched};
use crate::inventory::change::Event;
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};
use crate::record::Opened;
use crate::record::past::Seen;

#[derive(Debug)]
pub(super) struct Scopes {
    watched: Vec<Watched>,
    /// Since when what the lists under way find may have happened, if a time is known.
    lists_tell_since: Option<Timestamp>,
}

impl Scopes {
    /// The scopes at the start, with what the record says of them.
    pub(super) fn new(scopes: &[(ScopeId, Scope)], opened: &Opened, gaps: &Gaps) -> Self {
        let watched = scopes.iter().map(|(id, scope)| {
            let text = scope.to_string();
            let last_seen = opened.last_seen.get(&*text).copied();
            let trust = opened.trusts.get(&*text).cloned();
            Watched::new(*id, scope.clone(), last_seen, trust, gaps.clone())
        });
        Self { watched: watched.collect(), lists_tell_since: None }
    }

    fn get(&self, scope: ScopeId) -> &Watched {
        match self.watched.iter().find(|watched| watched.id == scope) {
            Some(watched) => watched,
            None => unreachable!("a signal comes from a scope that is watched"),
        }
    }

    pub(super) fn get_mut(&mut self, scope: ScopeId) -> &mut Watched {
        match self.watched.iter_mut().find(|watched| watched.id == scope) {
            Some(watched) => watched,
            None => unreachable!("a signal comes from a scope that is watched"),
        }
    }

    /// Whether a scope of this text is one of them.
    pub(super) fn watch(&self, text: &str) -> bool {
        self.watched.iter().any(|watched| **watched.text() == *text)
    }

    /// The scope as its `Display` says it.
    pub(super) fn text(&self, scope: ScopeId) -> &Arc<str> {
        self.get(scope).text()
    }

    /// What is seen now of the scopes that are in sight.
    pub(super) fn seen(&self) -> impl Iterator<Item = Seen> {
        self.watched.iter().filter_map(|watched| watched.seen().cloned())
    }

    /// Of each scope whether it is in sight.
    pub(super) fn each_in_sight(&self) -> impl Iterator<Item = bool> {
        self.watched.iter().map(|watched| watched.sight == Sight::Live)
    }

    /// Whether all scopes are in sight.
    pub(super) fn are_in_sight(&self) -> bool {
        self.each_in_sight().all(|is_in_sight| is_in_sight)
    }

    /// Between these times what was seen could not be kept: returns what was seen up to then of each
    /// scope that is in sight and was then.
    pub(super) fn cut(&mut self, since: Timestamp, now: Timestamp, pending: &mut Pending) -> Vec<Seen> {
        self.watched.iter_mut().filter_map(|watched| watched.cut(since, now, pending)).collect()
    }

    /// The watch of a scope is live; whether that made all of them so, for the first time.
    pub(super) fn live(&mut self, scope: ScopeId) -> bool {
        let was_live = self.watched.iter().all(|watched| watched.is_live);
        self.get_mut(scope).is_live = true;
        !was_live && self.watched.iter().all(|watched| watched.is_live)
    }

    pub(super) fn is_listing(&self, scope: ScopeId) -> bool {
        self.get(scope).under_way == Some(UnderWay::List)
    }

    /// Follows the lists, before the inventory does.
    pub(super) fn follow(&mut self, scope: ScopeId, event: &PodEvent, now: Timestamp, pending: &mut Pending) {
        match event {
            PodEvent::Init(..) => self.begin(scope, UnderWay::List, now, pending),
            PodEvent::Audit(_) => self.begin(scope, UnderWay::Audit, now, pending),
            PodEvent::Apply(..) | PodEvent::Audited(..) | PodEvent::Keep { .. } => {
                self.get_mut(scope).pods_in_list += 1;
            }
            PodEvent::InitDone { .. } | PodEvent::InitBroken(_) | PodEvent::Delete { .. } => {}
        }
    }

    /// What lists that overlap find is said at the end of the last, so it may have happened since
    /// the earliest time from which any of them tells.
    fn begin(&mut self, scope: ScopeId, what: UnderWay, now: Timestamp, pending: &mut Pending) {
        let are_listing = self.watched.iter().any(|watched| watched.under_way.is_some());
        let watched = self.get_mut(scope);
        watched.begin(what, now, pending);
        let since = watched.tells_since();
        self.lists_tell_since = if are_listing { self.lists_tell_since.min(since) } else { since };
    }

    /// Whether the event is one by which a list or an audit shows pods.
    pub(super) fn shows(&self, scope: ScopeId, event: &PodEvent) -> bool {
        let under_way = self.get(scope).under_way;
        match event {
            PodEvent::Apply(..) => under_way == Some(UnderWay::List),
            PodEvent::Audited(..) | PodEvent::InitDone { .. } | PodEvent::InitBroken(_) => true,
            PodEvent::Init(..) | PodEvent::Audit(_) | PodEvent::Keep { .. } | PodEvent::Delete { .. } => {
                false
            }
        }
    }

    /// Whether the event was seen as it happened. A removal that lingered is dated by its last use.
    pub(super) fn sight(&self, scope: ScopeId, event: &Event) -> Sight {
        let cause = match event {
            Event::Image(event) if event.last_used.is_some() => return Sight::Live,
            Event::Image(event) => event.cause,
            Event::Pod(line) => line.cause,
        };
        match cause {
            Cause::Start | Cause::Relist => Sight::LostSince(self.lists_tell_since),
            Cause::Watch => self.get(scope).sight,
        }
    }
}
