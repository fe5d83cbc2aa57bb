//! How each scope's watch stands: since when it is out of sight, and whether it is live.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::stamp::Sight;
use crate::inventory::change::Event;
use crate::inventory::{Cause, PodEvent, Scope, ScopeId};
use crate::record::past::{Healed, Seen};

#[derive(Debug)]
pub(super) struct Scopes {
    watched: Vec<Watched>,
    /// Since when what the lists under way find may have happened, if a time is known.
    lists_tell_since: Option<Timestamp>,
}

/// What reads all pods of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnderWay {
    List,
    /// Beside which live events go on.
    Audit,
}

#[derive(Debug)]
struct Watched {
    id: ScopeId,
    text: Arc<str>,
    scope: Scope,
    sight: Sight,
    /// What is seen of it now, or was seen last in this start.
    seen: Option<Seen>,
    /// Whether a list began since it went out of sight: then what lived only meanwhile is missed.
    was_listed: bool,
    /// When the last whole list ended.
    listed_at: Option<Timestamp>,
    under_way: Option<UnderWay>,
    /// Since when what the latest list or audit found may have happened, if a time is known.
    tells_since: Option<Timestamp>,
    /// Whether the latest audit has found something.
    has_found: bool,
    pods_in_list: usize,
    is_live: bool,
}

impl Scopes {
    /// The scopes at the start; each was seen until the time that `last_seen` has for its text.
    pub(super) fn new(scopes: &[(ScopeId, Scope)], last_seen: &BTreeMap<Box<str>, Timestamp>) -> Self {
        let watched = scopes.iter().map(|(id, scope)| Watched {
            id: *id,
            text: scope.to_string().into(),
            scope: scope.clone(),
            sight: Sight::LostSince(last_seen.get(&*scope.to_string()).copied()),
            seen: None,
            was_listed: false,
            listed_at: None,
            under_way: None,
            tells_since: None,
            has_found: false,
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

    /// Whether a scope of this text is one of them.
    pub(super) fn watch(&self, text: &str) -> bool {
        self.watched.iter().any(|watched| *watched.text == *text)
    }

    /// The scope as its `Display` says it.
    pub(super) fn text(&self, scope: ScopeId) -> &Arc<str> {
        &self.get(scope).text
    }

    /// The scope goes out of sight; returns what was seen of it, if it was in sight.
    pub(super) fn lost(&mut self, scope: ScopeId) -> Option<Seen> {
        let watched = self.get_mut(scope);
        if watched.sight != Sight::Live {
            return None;
        }
        watched.sight = Sight::LostSince(watched.seen.as_ref().map(|seen| seen.until));
        watched.was_listed = false;
        watched.seen.clone()
    }

    /// All that happened out of sight has been told.
    pub(super) fn in_sight(&mut self, scope: ScopeId, now: Timestamp) {
        let watched = self.get_mut(scope);
        if watched.sight == Sight::Live {
            return;
        }
        watched.sight = Sight::Live;
        // What follows a whole list is seen from its end on.
        let (healed, from) = match watched.listed_at.filter(|_| watched.was_listed) {
            Some(listed_at) => (Healed::Blind, listed_at.min(now)),
            None => (Healed::Bridged, now),
        };
        watched.seen = Some(Seen { scope: Arc::clone(&watched.text), from, until: now, healed });
    }

    /// What is seen now of the scopes that are in sight.
    pub(super) fn seen(&self) -> impl Iterator<Item = Seen> {
        self.watched.iter().filter(|watched| watched.sight == Sight::Live).filter_map(|one| one.seen.clone())
    }

    /// Whether all scopes are in sight.
    pub(super) fn are_in_sight(&self) -> bool {
        self.watched.iter().all(|watched| watched.sight == Sight::Live)
    }

    /// Between these times what was seen could not be kept: returns what was seen up to then of each
    /// scope in sight. Those that are not will have been as if listed.
    pub(super) fn cut(&mut self, since: Timestamp, now: Timestamp) -> Vec<Seen> {
        let cut = self.watched.iter_mut().filter_map(|watched| {
            watched.was_listed = true;
            let seen = watched.seen.as_mut().filter(|_| watched.sight == Sight::Live)?;
            let again = Seen { from: now, until: now, healed: Healed::Unwritable, ..seen.clone() };
            let before = std::mem::replace(seen, again);
            Some(Seen { until: before.from.max(since), ..before })
        });
        cut.collect()
    }

    /// Something came from a scope: so far it is seen. A clock that was set back must not turn that
    /// around.
    pub(super) fn heard(&mut self, scope: ScopeId, now: Timestamp) {
        let watched = self.get_mut(scope);
        if let Some(seen) = watched.seen.as_mut().filter(|_| watched.sight == Sight::Live) {
            seen.until = seen.from.max(now);
        }
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

    /// Follows the lists; whether the first of a single namespace has ended without a pod.
    pub(super) fn follow(&mut self, scope: ScopeId, event: &PodEvent, now: Timestamp) -> bool {
        match event {
            PodEvent::Init(..) => self.begin(scope, UnderWay::List),
            PodEvent::Audit(_) => self.begin(scope, UnderWay::Audit),
            PodEvent::Apply(..) | PodEvent::Audited(..) | PodEvent::Keep { .. } => {
                self.get_mut(scope).pods_in_list += 1;
            }
            PodEvent::InitDone { .. } => {
                let watched = self.get_mut(scope);
                watched.under_way = None;
                let is_first = watched.listed_at.replace(now).is_none();
                let Scope { namespace, selector, .. } = &watched.scope;
                let is_one_namespace = namespace.is_some() && selector.is_none();
                return is_first && is_one_namespace && watched.pods_in_list == 0;
            }
            PodEvent::InitBroken(_) => self.get_mut(scope).under_way = None,
            PodEvent::Delete { .. } => {}
        }
        false
    }

    /// What lists that overlap find is said at the end of the last, so it may have happened since
    /// the earliest time from which any of them tells.
    fn begin(&mut self, scope: ScopeId, list: UnderWay) {
        let are_listing = self.watched.iter().any(|watched| watched.under_way.is_some());
        let watched = self.get_mut(scope);
        watched.under_way = Some(list);
        watched.was_listed |= list == UnderWay::List;
        watched.pods_in_list = 0;
        let since = match watched.sight {
            Sight::Live => watched.listed_at,
            Sight::LostSince(since) => since,
        };
        (watched.tells_since, watched.has_found) = (since, false);
        self.lists_tell_since = if are_listing { self.lists_tell_since.min(since) } else { since };
    }

    /// Whether the event is one of an audit's own.
    pub(super) fn is_of_audit(&self, scope: ScopeId, event: &PodEvent) -> bool {
        let is_audited = self.get(scope).under_way == Some(UnderWay::Audit);
        let is_end = matches!(event, PodEvent::InitDone { .. } | PodEvent::InitBroken(_));
        is_audited && (is_end || matches!(event, PodEvent::Audited(..)))
    }

    /// The latest audit has found what the watch never told.
    pub(super) fn found(&mut self, scope: ScopeId) {
        self.get_mut(scope).has_found = true;
    }

    /// Once an audit that has found something is over: since the list before, the watch saw nothing.
    /// Returns what was seen up to then; from `now` on it is seen again.
    pub(super) fn kept_back(&mut self, scope: ScopeId, now: Timestamp) -> Option<Seen> {
        let watched = self.get_mut(scope);
        if watched.under_way.is_some() || !std::mem::take(&mut watched.has_found) {
            return None;
        }
        let seen = watched.seen.as_mut().filter(|_| watched.sight == Sight::Live)?;
        let again = Seen { from: now, until: now, healed: Healed::Blind, ..seen.clone() };
        let before = std::mem::replace(seen, again);
        Some(Seen { until: watched.tells_since.unwrap_or(before.from).max(before.from), ..before })
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
