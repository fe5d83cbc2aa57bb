//! What was watched when.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::gap::{Gap, GapKind};
use crate::inventory::Scope;
use crate::record::past::{Span, Start};

/// The epochs of a record, oldest first, without a pause; never empty.
#[derive(Clone, Debug)]
pub(super) struct Epochs(Vec<Epoch>);

/// A time during which the same scopes of one cluster were in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Epoch {
    /// Its first moment; `None` for the first epoch, to which all time before it belongs.
    pub(super) from: Option<Timestamp>,
    /// The first moment after it; `None` for the last.
    pub(super) until: Option<Timestamp>,
    /// Which of the clusters that the record was of, one after the other.
    pub(super) cluster: u64,
    /// The scopes in force that matter, sorted.
    pub(super) scopes: Vec<Arc<str>>,
    /// What was asked about and no scope held.
    unwatched: Vec<Arc<str>>,
}

impl Epoch {
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// A gap as long as the epoch for all that was asked about and no scope held.
    pub(super) fn unwatched(&self) -> impl Iterator<Item = Gap> {
        let gap = |scope| Gap { from: self.from, until: self.until, scope, kind: GapKind::Unwatched };
        self.unwatched.iter().cloned().map(gap)
    }
}

impl Epochs {
    pub(super) fn new(starts: &[Start], namespaces: &[impl AsRef<str>]) -> Self {
        let mut epochs: Vec<Epoch> = Vec::new();
        let mut next: Option<Timestamp> = None;
        for start in starts.iter().rev() {
            // The clock may have been set back; the later start is the one in force then.
            let from = next.map_or(start.at, |next| next.min(start.at));
            let (scopes, unwatched) = relevant(&start.scopes, namespaces);
            match epochs.last_mut() {
                Some(later) if (later.cluster, &later.scopes) == (start.epoch, &scopes) => {
                    later.from = Some(from);
                }
                _ => {
                    let cluster = start.epoch;
                    epochs.push(Epoch { from: Some(from), until: next, cluster, scopes, unwatched });
                }
            }
            next = Some(from);
        }
        if epochs.is_empty() {
            let (scopes, mut unwatched) = relevant(&[], namespaces);
            if unwatched.is_empty() {
                unwatched.push(Scope::default().to_string().into());
            }
            epochs.push(Epoch { from: None, until: None, cluster: 1, scopes, unwatched });
        }
        epochs.reverse();
        if let Some(first) = epochs.first_mut() {
            first.from = None;
        }
        Self(epochs)
    }

    /// Every scope that was ever in force.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &Arc<str>> {
        let scopes: BTreeSet<&Arc<str>> = self.0.iter().flat_map(|epoch| &epoch.scopes).collect();
        scopes.into_iter()
    }

    pub(super) fn at(&self, at: Timestamp) -> &Epoch {
        match self.0.iter().find(|epoch| epoch.holds(at)) {
            Some(epoch) => epoch,
            None => unreachable!("epochs are without a pause"),
        }
    }

    pub(super) fn last(&self) -> &Epoch {
        self.at(Timestamp::MAX)
    }

    pub(super) fn touching(&self, span: Span) -> impl Iterator<Item = &Epoch> {
        self.0.iter().filter(move |epoch| {
            epoch.from.is_none_or(|from| from <= span.until)
                && epoch.until.is_none_or(|until| span.from < until)
        })
    }

    /// Those in which something was watched.
    pub(super) fn oldest_first(&self) -> impl DoubleEndedIterator<Item = &Epoch> {
        self.0.iter().filter(|epoch| !epoch.scopes.is_empty())
    }

    /// When a scope came into force, or ceased to be, or was watched in another cluster than before; and
    /// as which kind of gap that counts.
    pub(super) fn changes_of(&self, scope: &Arc<str>) -> impl Iterator<Item = (Timestamp, GapKind)> {
        self.0.windows(2).filter_map(move |pair| {
            let [was, is] = pair else { return None };
            let kind = match (was.scopes.contains(scope), is.scopes.contains(scope)) {
                (false, false) => return None,
                _ if was.cluster != is.cluster => GapKind::Adopted,
                (true, true) => return None,
                _ => GapKind::Boundary,
            };
            Some((is.from?, kind))
        })
    }
}

/// The scopes that can hold one of the namespaces, and the namespaces that none of them can, as
/// scopes.
fn relevant(scopes: &[Arc<str>], namespaces: &[impl AsRef<str>]) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
    // A text that is no scope comes from another version: it might hold anything.
    let holds =
        |scope: &Arc<str>, namespace: &str| Scope::parse(scope).is_none_or(|scope| scope.can_hold(namespace));
    let holds_any = |scope: &&Arc<str>| {
        namespaces.is_empty() || namespaces.iter().any(|namespace| holds(scope, namespace.as_ref()))
    };
    let mut found: Vec<Arc<str>> = scopes.iter().filter(holds_any).cloned().collect();
    found.sort_unstable();
    found.dedup();
    let is_unwatched = |namespace: &&str| !found.iter().any(|scope| holds(scope, namespace));
    let unwatched = namespaces.iter().map(AsRef::as_ref).filter(is_unwatched);
    let unwatched = unwatched
        .map(|namespace| Scope { namespace: Some(namespace.into()), ..Scope::default() }.to_string().into());
    let unwatched = unwatched.collect();
    (found, unwatched)
}
