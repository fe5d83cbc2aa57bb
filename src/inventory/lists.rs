//! The scopes and their lists: which is under way, and for which pods it speaks.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pod::{Cause, Uid};
use super::scope::{Scope, ScopeId};

/// Deletions remembered during an audit, so that memory is bounded however long it takes.
pub(super) const DELETIONS_KEPT: usize = 50_000;

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
    /// The lives that ended since the audit under way began: it still lists them.
    deleted: BTreeSet<Uid>,
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
    /// An audit, beside which live events go on.
    Audit,
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
            let (scope, deleted) = Default::default();
            self.scopes.push(KnownScope { text: text.into(), scope, latest, deleted });
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

    fn get_mut(&mut self, id: ScopeId) -> &mut KnownScope {
        &mut self.scopes[usize::from(id.0)]
    }

    /// A list of the scope begins; one that was under way is void.
    pub(super) fn begin(&mut self, id: ScopeId, cause: Cause) {
        self.begin_as(id, cause, ListState::UnderWay);
    }

    /// An audit of the scope begins.
    pub(super) fn begin_audit(&mut self, id: ScopeId) {
        self.begin_as(id, Cause::Relist, ListState::Audit);
    }

    fn begin_as(&mut self, id: ScopeId, cause: Cause, state: ListState) {
        self.lists += 1;
        let latest = List { number: self.lists, cause, state };
        let known = self.get_mut(id);
        known.latest = latest;
        known.deleted = BTreeSet::new();
    }

    /// The list of the scope came to its end, or broke off before.
    pub(super) fn end(&mut self, id: ScopeId, is_whole: bool) {
        let known = self.get_mut(id);
        known.latest.state = if is_whole { ListState::Whole } else { ListState::Torn };
        known.deleted = BTreeSet::new();
    }

    /// A life ended in the scope.
    pub(super) fn note_deletion(&mut self, id: ScopeId, uid: Uid) {
        let known = self.get_mut(id);
        if known.latest.state == ListState::Audit && known.deleted.len() < DELETIONS_KEPT {
            known.deleted.insert(uid);
        }
    }

    /// Whether a pod that the audit under way lists may be gone since. If so, that proves nothing.
    pub(super) fn may_be_deleted(&self, id: ScopeId, uid: Uid, is_known: bool) -> bool {
        let deleted = &self.get(id).deleted;
        deleted.contains(&uid) || !is_known && deleted.len() >= DELETIONS_KEPT
    }

    /// Whether a list is under way anywhere, audits apart. Then removals wait: an image may only
    /// have moved.
    pub(super) fn are_listing(&self) -> bool {
        self.scopes.iter().any(|known| known.latest.state == ListState::UnderWay)
    }

    /// Whether a whole list of the scope is still to come: one is under way, or the latest broke off.
    pub(super) fn awaits_list(&self, id: ScopeId) -> bool {
        let known = self.get(id);
        known.latest.state != ListState::Whole && known.scope.is_some()
    }

    /// How an event of the scope comes to be known.
    pub(super) fn source(&self, id: ScopeId) -> Source {
        let live = Source { scope: id, is_listed: false, cause: Cause::Watch };
        self.list(id).filter(|_| self.get(id).latest.state == ListState::UnderWay).unwrap_or(live)
    }

    /// How the list or audit of the scope that is under way makes things known.
    pub(super) fn list(&self, id: ScopeId) -> Option<Source> {
        let List { cause, state, .. } = self.get(id).latest;
        let is_under_way = matches!(state, ListState::UnderWay | ListState::Audit);
        is_under_way.then_some(Source { scope: id, is_listed: true, cause })
    }

    /// How the audit of the scope that is under way makes things known.
    pub(super) fn audit(&self, id: ScopeId) -> Option<Source> {
        self.list(id).filter(|_| self.get(id).latest.state == ListState::Audit)
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
