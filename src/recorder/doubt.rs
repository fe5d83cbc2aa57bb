//! What an audit found and the watch had not told: either its events are still on their way, or it
//! keeps something back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::inventory::change::PodChange;

/// Events that are on their way arrive within this: bookmarks come each minute, and a watch that is
/// silent for longer than two of them is lost.
const ON_THEIR_WAY: Duration = Duration::from_mins(3);

/// More pods than this are not told apart.
const MOST_PODS: usize = 10_000;

/// Pods of which the watch has not told what the audit found.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// When the list before the audit ended.
    listed_at: Option<Timestamp>,
    /// When the audit was whole.
    ended_at: Option<Timestamp>,
    pods: BTreeSet<(Arc<str>, Box<str>)>,
}

impl Doubt {
    pub(super) fn begin(listed_at: Option<Timestamp>) -> Self {
        Self { listed_at, ..Self::default() }
    }

    pub(super) fn found(&mut self, changes: &[PodChange]) {
        for change in changes {
            let (namespace, name) = match change {
                PodChange::Put(pod) => (&pod.namespace, &pod.name),
                PodChange::Gone { namespace, name, .. } => (namespace, name),
                PodChange::Shape(_) | PodChange::ShapeGone(_) => continue,
            };
            if self.pods.len() < MOST_PODS {
                self.pods.insert((Arc::clone(namespace), name.clone()));
            }
        }
    }

    /// The audit, if one began, is whole.
    pub(super) fn end(&mut self, now: Timestamp) {
        self.ended_at = Some(now);
    }

    pub(super) fn told(&mut self, namespace: &str, name: &str) {
        if !self.pods.is_empty() {
            self.pods.remove(&(namespace.into(), name.into()));
        }
    }

    /// Since when, and until when, the watch kept something back, once that is certain.
    pub(super) fn is_certain(&self, now: Timestamp) -> Option<(Option<Timestamp>, Timestamp)> {
        let ended = self.ended_at.filter(|_| !self.pods.is_empty())?;
        let is_over = now.duration_since(ended) >= SignedDuration::try_from(ON_THEIR_WAY).ok()?;
        is_over.then_some((self.listed_at, ended))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Doubt;
    use crate::inventory::Uid;
    use crate::inventory::change::PodChange;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn gone(name: &str) -> PodChange {
        PodChange::Gone { namespace: "shop".into(), name: name.into(), uid: Uid([0; 16]) }
    }

    /// An audit since the list at 100 s, whole at 200 s.
    fn doubt(found: &[PodChange], told: &[&str]) -> Doubt {
        let mut doubt = Doubt::begin(Some(at(100)));
        doubt.found(found);
        doubt.end(at(200));
        told.iter().for_each(|name| doubt.told("shop", name));
        doubt
    }

    #[test]
    fn what_the_watch_does_not_tell_within_three_minutes_it_kept_back() {
        let doubt = doubt(&[gone("a"), gone("b")], &["a"]);
        assert_eq!(doubt.is_certain(at(379)), None);
        assert_eq!(doubt.is_certain(at(380)), Some((Some(at(100)), at(200))));
    }

    #[test]
    fn what_the_watch_tells_after_all_was_only_on_its_way() {
        assert_eq!(doubt(&[gone("a")], &["a"]).is_certain(at(1000)), None);
        assert_eq!(doubt(&[], &[]).is_certain(at(1000)), None);
    }

    #[test]
    fn an_audit_that_did_not_come_to_its_end_proves_nothing() {
        let mut doubt = Doubt::begin(Some(at(100)));
        doubt.found(&[gone("a")]);
        assert_eq!(doubt.is_certain(at(1000)), None);
    }
}
