//! How each scope's watch stands: since when it is out of sight, and whether it is live.

use std::sync::Arc;

use jiff::Timestamp;

use super::stamp::Sight;
use crate::inventory::change::Event;
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};

#[derive(Debug)]
pub(super) struct Scopes {
    watched: Vec<Watched>,
    /// Since when what the lists under way find may have happened, if a time is known.
    lists_tell_since: Option<Timestamp>,
}

#[derive(Debug)]
struct Watched {
    id: ScopeId,
    text: Arc<str>,
    is_one_namespace: bool,
    sight: Sight,
    heard_at: Option<Timestamp>,
    /// When the last whole list ended.
    listed_at: Option<Timestamp>,
    is_listing: bool,
    pods_in_list: usize,
    is_live: bool,
}

impl Scopes {
    /// The scopes at the start; nothing was seen since `last_seen`.
    pub(super) fn new(scopes: &[(ScopeId, Scope)], last_seen: Option<Timestamp>) -> Self {
        let watched = scopes.iter().map(|(id, scope)| Watched {
            id: *id,
            text: scope.to_string().into(),
            is_one_namespace: scope.namespace.is_some() && scope.selector.is_none(),
            sight: Sight::LostSince(last_seen),
            heard_at: None,
            listed_at: None,
            is_listing: false,
            pods_in_list: 0,
            is_live: false,
        });
        Self { watched: watched.collect(), lists_tell_since: None }
    }

    fn get(&self, scope: ScopeId) -> &Watched {
        match self.watched.iter().find(|watched| watched.id == scope) {
            Some(watched) => watched,
            None => unreachable!("a signal comes from a scope that is watched"),
        }
    }

    fn get_mut(&mut self, scope: ScopeId) -> &mut Watched {
        match self.watched.iter_mut().find(|watched| watched.id == scope) {
            Some(watched) => watched,
            None => unreachable!("a signal comes from a scope that is watched"),
        }
    }

    /// The scope as its `Display` says it.
    pub(super) fn text(&self, scope: ScopeId) -> &Arc<str> {
        &self.get(scope).text
    }

    pub(super) fn lost(&mut self, scope: ScopeId) {
        let watched = self.get_mut(scope);
        watched.sight = Sight::LostSince(watched.heard_at);
    }

    pub(super) fn in_sight(&mut self, scope: ScopeId) {
        self.get_mut(scope).sight = Sight::Live;
    }

    /// Whether changes are seen live in every scope.
    pub(super) fn are_in_sight(&self) -> bool {
        self.watched.iter().all(|watched| watched.sight == Sight::Live)
    }

    pub(super) fn heard(&mut self, scope: ScopeId, now: Timestamp) {
        let watched = self.get_mut(scope);
        if watched.sight == Sight::Live {
            watched.heard_at = Some(now);
        }
    }

    /// The watch of a scope is live; whether that made all of them so, for the first time.
    pub(super) fn live(&mut self, scope: ScopeId) -> bool {
        let was_live = self.watched.iter().all(|watched| watched.is_live);
        self.get_mut(scope).is_live = true;
        !was_live && self.watched.iter().all(|watched| watched.is_live)
    }

    pub(super) fn is_listing(&self, scope: ScopeId) -> bool {
        self.get(scope).is_listing
    }

    /// Follows the lists; whether the first of a single namespace has ended without a pod.
    pub(super) fn follow(&mut self, scope: ScopeId, event: &PodEvent, now: Timestamp) -> bool {
        match event {
            PodEvent::Init(..) => self.begin_list(scope),
            PodEvent::Apply(..) | PodEvent::Keep { .. } => self.get_mut(scope).pods_in_list += 1,
            PodEvent::InitDone { .. } => {
                let watched = self.get_mut(scope);
                watched.is_listing = false;
                let is_first = watched.listed_at.replace(now).is_none();
                return is_first && watched.is_one_namespace && watched.pods_in_list == 0;
            }
            PodEvent::InitBroken(_) => self.get_mut(scope).is_listing = false,
            PodEvent::Delete { .. } => {}
        }
        false
    }

    /// What lists that overlap find is said at the end of the last, so it may have happened since
    /// the earliest time from which any of them tells.
    fn begin_list(&mut self, scope: ScopeId) {
        let are_listing = self.watched.iter().any(|watched| watched.is_listing);
        let watched = self.get_mut(scope);
        watched.is_listing = true;
        watched.pods_in_list = 0;
        let since = match watched.sight {
            Sight::Live => watched.listed_at,
            Sight::LostSince(since) => since,
        };
        self.lists_tell_since = if are_listing { self.lists_tell_since.min(since) } else { since };
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
