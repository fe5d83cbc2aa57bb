//! How each scope's watch stands: since when it is out of sight, and whether it is live.

use std::sync::Arc;

use jiff::Timestamp;

use super::stamp::Bounds;
use crate::inventory::change::Event;
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};

#[derive(Debug)]
pub(super) struct Scopes {
    watched: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    id: ScopeId,
    text: Arc<str>,
    is_one_namespace: bool,
    /// Since when changes happen unseen: since the time in it, if one is known.
    unseen: Option<Option<Timestamp>>,
    heard_at: Option<Timestamp>,
    /// When the last whole list ended.
    listed_at: Option<Timestamp>,
    is_listing: bool,
    /// Whether a list ended with the signal under way.
    has_listed: bool,
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
            unseen: Some(last_seen),
            heard_at: None,
            listed_at: None,
            is_listing: false,
            has_listed: false,
            pods_in_list: 0,
            is_live: false,
        });
        Self { watched: watched.collect() }
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
        watched.unseen = Some(watched.heard_at);
    }

    pub(super) fn in_sight(&mut self, scope: ScopeId) {
        self.get_mut(scope).unseen = None;
    }

    pub(super) fn heard(&mut self, scope: ScopeId, now: Timestamp) {
        let watched = self.get_mut(scope);
        if watched.unseen.is_none() {
            watched.heard_at = Some(now);
        }
        if std::mem::take(&mut watched.has_listed) {
            watched.listed_at = Some(now);
        }
    }

    /// The watch of a scope is live; whether that made all of them so, for the first time.
    pub(super) fn live(&mut self, scope: ScopeId) -> bool {
        let was_live = self.watched.iter().all(|watched| watched.is_live);
        self.get_mut(scope).is_live = true;
        !was_live && self.watched.iter().all(|watched| watched.is_live)
    }

    pub(super) fn are_listing(&self) -> bool {
        self.watched.iter().any(|watched| watched.is_listing)
    }

    /// Follows the lists; whether one of a single namespace has ended without a pod.
    pub(super) fn listed(&mut self, scope: ScopeId, event: &PodEvent) -> bool {
        let watched = self.get_mut(scope);
        match event {
            PodEvent::Init(..) => {
                watched.is_listing = true;
                watched.pods_in_list = 0;
            }
            PodEvent::Apply(..) | PodEvent::Keep { .. } if watched.is_listing => watched.pods_in_list += 1,
            PodEvent::InitDone { .. } => {
                watched.is_listing = false;
                watched.has_listed = true;
                return watched.is_one_namespace && watched.pods_in_list == 0;
            }
            PodEvent::InitBroken(_) => watched.is_listing = false,
            PodEvent::Apply(..) | PodEvent::Keep { .. } | PodEvent::Delete { .. } => {}
        }
        false
    }

    /// Within which times the event happened, if it was not seen live.
    pub(super) fn bounds(&self, scope: ScopeId, event: &Event, now: Timestamp) -> Bounds {
        let watched = self.get(scope);
        let cause = match event {
            Event::Image(event) => event.cause,
            Event::Pod(line) => line.cause,
        };
        let unseen = match cause {
            Cause::Start | Cause::Relist => Some(watched.unseen.unwrap_or(watched.listed_at)),
            Cause::Watch => watched.unseen,
        };
        // A clock that was set back must not turn the interval around.
        unseen.map(|since| since.filter(|since| *since <= now))
    }
}
