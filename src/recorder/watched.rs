//! One scope: whether its watch sees it, and how far what is kept of it can be trusted.
//!
//! What the watch tells is believed, until something that shows all pods contradicts it: then what
//! was seen since the last time that it was borne out counts as not seen, in this start and before.

use std::sync::Arc;

use jiff::Timestamp;

use super::figures::Gaps;
use super::pending::Pending;
use super::stamp::Sight;
use crate::inventory::{Scope, ScopeId};
use crate::record::past::{Healed, Seen};
use crate::record::{Doubt, Trust};

/// What reads all pods of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnderWay {
    List,
    /// Beside which live events go on.
    Audit,
}

/// What is kept turned out to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contradiction {
    pub(super) by: UnderWay,
    /// Since when nothing is certain; `None` if nothing was ever borne out.
    pub(super) since: Option<Timestamp>,
}

/// What lists have brought in this start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    Nothing,
    Pods,
    PodsAndVersion,
}

#[derive(Debug)]
pub(super) struct Watched {
    pub(super) id: ScopeId,
    pub(super) scope: Scope,
    pub(super) sight: Sight,
    /// What is seen of it now, if it is in sight and what is known of it is not in doubt.
    seen: Option<Seen>,
    trust: Trust,
    pub(super) under_way: Option<UnderWay>,
    /// When that began: the version that an audit is of is no younger.
    began_at: Timestamp,
    /// Whether what is under way has found something else than what is known.
    is_contradicted: bool,
    /// When the last whole list ended, if it was not out of sight since.
    listed_at: Option<Timestamp>,
    listed: Listed,
    pub(super) pods_in_list: usize,
    pub(super) is_live: bool,
    /// Whether it was ever seen: what comes before that is no gap.
    was_seen: bool,
    gaps: Gaps,
}

impl Watched {
    /// A scope at the start, with what the record says of it.
    pub(super) fn new(
        id: ScopeId,
        scope: Scope,
        last_seen: Option<Timestamp>,
        trust: Option<Trust>,
        gaps: Gaps,
    ) -> Self {
        let mut trust = trust.unwrap_or_else(|| Trust::new(scope.to_string().into()));
        // A life that died at once may have left a list, and nothing that it saw after it.
        trust.on_trust = trust.on_trust.or(last_seen).or(trust.proven);
        Self {
            id,
            scope,
            sight: Sight::LostSince(last_seen),
            seen: None,
            trust,
            under_way: None,
            began_at: Timestamp::MIN,
            is_contradicted: false,
            listed_at: None,
            listed: Listed::Nothing,
            pods_in_list: 0,
            is_live: false,
            was_seen: last_seen.is_some(),
            gaps,
        }
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.trust.scope
    }

    pub(super) fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }

    /// It goes out of sight.
    pub(super) fn lost(&mut self, pending: &mut Pending) {
        if self.sight != Sight::Live {
            return;
        }
        let seen = self.seen.take();
        let until = seen.as_ref().map(|seen| seen.until).or(self.trust.proven);
        self.sight = Sight::LostSince(until);
        self.listed_at = None;
        self.trust.on_trust = self.trust.on_trust.or(until);
        pending.trust(&self.trust);
        if let Some(seen) = seen {
            pending.seen(seen);
        }
    }

    /// How far its watch came. The version of a list does not wait: to crash before it is stored costs
    /// another list, and a blind gap.
    pub(super) fn version(&mut self, version: Option<Box<str>>, pending: &mut Pending) {
        pending.version(self.text(), version);
        if self.listed == Listed::Pods {
            self.listed = Listed::PodsAndVersion;
            pending.hurry();
        }
    }

    /// All that happened out of sight has been told.
    pub(super) fn in_sight(&mut self, now: Timestamp, pending: &mut Pending) {
        if self.sight != Sight::Live {
            self.sight = Sight::Live;
            self.see(now, pending);
        }
    }

    /// From here on it is seen, unless what is known of it is in doubt. What follows a whole list is
    /// seen from its end on.
    fn see(&mut self, now: Timestamp, pending: &mut Pending) {
        let Some(healed) = self.trust.heals else { return };
        self.trust.heals = Some(Healed::Bridged);
        if std::mem::replace(&mut self.was_seen, true) {
            self.gaps.count(healed);
        }
        let from = self.listed_at.map_or(now, |listed_at| listed_at.min(now));
        self.seen = Some(Seen { scope: Arc::clone(self.text()), from, until: now, healed });
        pending.sight();
        pending.trust(&self.trust);
    }

    /// Something came: so far it is seen. A clock that was set back must not turn that around, nor
    /// leave anything borne out that is yet to come.
    pub(super) fn heard(&mut self, now: Timestamp, pending: &mut Pending) {
        if let Some(seen) = &mut self.seen {
            seen.until = seen.from.max(now);
        }
        let Trust { proven, on_trust, .. } = &mut self.trust;
        if (*proven).max(*on_trust).is_some_and(|time| time > now) {
            (*proven, *on_trust) = (proven.map(|time| time.min(now)), on_trust.map(|time| time.min(now)));
            pending.trust(&self.trust);
        }
    }

    /// Since `since` what was seen could not be kept: returns what was seen up to then, if it is in
    /// sight and was then. Else it will have been as if listed. A sight that began since is none: what
    /// was used in it is not kept either.
    pub(super) fn cut(&mut self, since: Timestamp, now: Timestamp, pending: &mut Pending) -> Option<Seen> {
        let Some(seen) = &mut self.seen else {
            self.trust.heals = self.trust.heals.map(|_| Healed::Blind);
            pending.trust(&self.trust);
            return None;
        };
        let again = Seen { from: now, until: now, healed: Healed::Unwritable, ..seen.clone() };
        let before = std::mem::replace(seen, again);
        self.gaps.count(Healed::Unwritable);
        (before.from < since).then_some(Seen { until: since, ..before })
    }

    /// Something that shows all pods begins. Until a list is whole, what is known is in doubt.
    pub(super) fn begin(&mut self, what: UnderWay, now: Timestamp, pending: &mut Pending) {
        self.under_way = Some(what);
        self.began_at = now;
        self.is_contradicted = false;
        self.pods_in_list = 0;
        if what == UnderWay::List {
            self.trust.heals = None;
            pending.trust(&self.trust);
        }
    }

    /// Since when what is found by what is under way may have happened, if a time is known.
    pub(super) fn tells_since(&self) -> Option<Timestamp> {
        match (self.under_way, self.sight) {
            (Some(UnderWay::List), Sight::LostSince(since)) => {
                since.map(|since| self.trust.on_trust.map_or(since, |on_trust| on_trust.min(since)))
            }
            _ => self.trust.proven,
        }
    }

    /// What is under way contradicts what is known: what was seen since that was borne out, and by a
    /// list what was seen on trust, counts as not seen. Tells of it once. It is stored with what was
    /// found, or before: after that nothing would contradict any more.
    pub(super) fn contradicted(&mut self, pending: &mut Pending) -> Option<Contradiction> {
        let by = self.under_way.filter(|_| !self.is_contradicted)?;
        let since = match (by, self.sight) {
            (UnderWay::Audit, _) => self.trust.proven,
            // What a list tells is what happened out of sight, where all was borne out before.
            (UnderWay::List, Sight::LostSince(lost)) => {
                Some(self.trust.on_trust.filter(|since| Some(*since) < lost)?)
            }
            (UnderWay::List, Sight::Live) => return None,
        };
        self.is_contradicted = true;
        let after = since.unwrap_or(Timestamp::MIN);
        if let Some(seen) = self.seen.take() {
            pending.seen(seen);
        }
        pending.doubt(Doubt { scope: Arc::clone(self.text()), after });
        self.trust.heals = None;
        pending.trust(&self.trust);
        Some(Contradiction { by, since })
    }

    /// What was under way has come to its end; `sweep` says whether it showed all pods. Returns whether
    /// it was the first list, of a single namespace, and showed none.
    pub(super) fn shown(&mut self, sweep: bool, now: Timestamp, pending: &mut Pending) -> bool {
        let what = self.under_way.take();
        let is_list = what != Some(UnderWay::Audit);
        self.listed_at = is_list.then_some(now);
        if sweep {
            self.bear_out(is_list, now);
        }
        if self.trust.heals.is_none() {
            self.trust.heals = Some(if self.seen.is_some() { Healed::Bridged } else { Healed::Blind });
        }
        if self.sight == Sight::Live && self.seen.is_none() {
            self.see(now, pending);
        }
        pending.trust(&self.trust);
        let is_first = self.listed == Listed::Nothing;
        if is_list || is_first {
            self.listed = Listed::Pods;
        }
        let is_one_namespace = self.scope.namespace.is_some() && self.scope.selector.is_none();
        is_first && is_one_namespace && self.pods_in_list == 0
    }

    fn bear_out(&mut self, is_list: bool, now: Timestamp) {
        let began_at = self.began_at.min(now);
        (self.trust.proven, self.trust.on_trust) = match self.sight {
            _ if is_list => (Some(now), None),
            Sight::Live => (Some(began_at), None),
            // The watch may break once more before all that happened out of sight has been told.
            Sight::LostSince(since) => {
                let proven = since.filter(|_| !self.is_contradicted).unwrap_or(began_at);
                (Some(proven), Some(proven))
            }
        };
    }
}
