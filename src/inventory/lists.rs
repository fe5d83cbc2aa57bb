//! The scopes and their lists: which is under way, and for which pods it speaks.

use std::sync::Arc;

use super::pod::Cause;
use super::scope::{Scope, ScopeId};

/// How something came to be known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) scope: ScopeId,
    /// Whether a list told it: then its net effect is said at the end of the list.
    pub(super) is_listed: bool,
    pub(super) cause: Cause,
}

/// All scopes that are watched, or were by those who made the record.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    scopes: Vec<KnownScope>,
    /// How many lists began, in all scopes: the time by which sightings of pods are dated.
    lists: u32,
}

#[derive(Debug)]
struct KnownScope {
    text: Arc<str>,
    /// Unknown for a scope that only the record remembers.
    scope: Option<Scope>,
    latest: List,
}

/// The latest list of a scope.
#[derive(Clone, Copy, Debug)]
struct List {
    /// Its number; sightings of this number and higher ones are at least as young.
    number: u32,
    cause: Cause,
    state: ListState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListState {
    /// It came whole, or there was none.
    Whole,
    UnderWay,
    /// It broke off: an image that it took from a pod may stand in one that it did not come to.
    Torn,
}

impl Scopes {
    /// The number of a scope, given at its first mention.
    pub(super) fn number(&mut self, scope: &Scope) -> ScopeId {
        let id = self.number_of_text(&scope.to_string());
        self.scopes[usize::from(id.0)].scope = Some(scope.clone());
        id
    }

    /// The number of a scope of which only the text is known.
    pub(super) fn number_of_text(&mut self, text: &str) -> ScopeId {
        let at = self.scopes.iter().position(|known| &*known.text == text).unwrap_or_else(|| {
            let latest = List { number: 0, cause: Cause::Start, state: ListState::Whole };
            self.scopes.push(KnownScope { text: text.into(), scope: None, latest });
            self.scopes.len() - 1
        });
        ScopeId(u16::try_from(at).unwrap_or(u16::MAX))
    }

    fn get(&self, id: ScopeId) -> &KnownScope {
        &self.scopes[usize::from(id.0)]
    }

    pub(super) fn text(&self, id: ScopeId) -> &Arc<str> {
        &self.get(id).text
    }

    /// A list of the scope begins; one that was under way is void.
    pub(super) fn begin(&mut self, id: ScopeId, cause: Cause) {
        self.lists += 1;
        let latest = List { number: self.lists, cause, state: ListState::UnderWay };
        self.scopes[usize::from(id.0)].latest = latest;
    }

    /// The list of the scope came to its end, or broke off before.
    pub(super) fn end(&mut self, id: ScopeId, is_whole: bool) {
        let state = if is_whole { ListState::Whole } else { ListState::Torn };
        self.scopes[usize::from(id.0)].latest.state = state;
    }

    /// Whether a list of the scope is under way.
    pub(super) fn is_listed(&self, id: ScopeId) -> bool {
        self.get(id).latest.state == ListState::UnderWay
    }

    /// Whether a list is under way anywhere. Then removals wait: an image may only have moved.
    pub(super) fn are_listing(&self) -> bool {
        self.scopes.iter().any(|known| known.latest.state == ListState::UnderWay)
    }

    /// Whether the scope's latest list broke off, and another will come.
    pub(super) fn is_torn(&self, id: ScopeId) -> bool {
        let known = self.get(id);
        known.latest.state == ListState::Torn && known.scope.is_some()
    }

    /// How an event of the scope comes to be known.
    pub(super) fn source(&self, id: ScopeId) -> Source {
        let is_listed = self.is_listed(id);
        Source {
            scope: id,
            is_listed,
            cause: if is_listed { self.get(id).latest.cause } else { Cause::Watch },
        }
    }

    /// The date of a sighting now.
    pub(super) fn date(&self) -> u32 {
        self.lists
    }

    /// Whether a sighting of this date is older than the scope's latest list.
    pub(super) fn is_before_list(&self, id: ScopeId, date: u32) -> bool {
        date < self.get(id).latest.number
    }

    /// Whether the scope can tell that a pod is gone which `seen_in` was the last to see. A pod
    /// that another scope saw may only be out of this one's sight.
    pub(super) fn speaks_for(&self, id: ScopeId, seen_in: ScopeId, namespace: &str) -> bool {
        let proves = || self.get(id).scope.as_ref().is_some_and(|scope| scope.proves_absence_in(namespace));
        seen_in == id || proves()
    }
}
