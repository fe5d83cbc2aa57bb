//! Tells the figures what happens.

use std::collections::{BTreeMap, VecDeque};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::time::Instant;

use super::figures::{Figures, Word};
use super::stamp;
use crate::inventory::change::Changes;
use crate::inventory::{Cause, PodEvent, ScopeId};
use crate::lines::escape_prose;
use crate::watch::{Notice, Output, Relist};

/// What has to be remembered between two things that happen.
#[derive(Debug)]
pub(super) struct Measuring {
    pub(super) figures: Figures,
    scopes: BTreeMap<ScopeId, Scope>,
    /// When the events came whose lines are not written yet, by their numbers.
    unwritten: VecDeque<(u64, Instant)>,
}

#[derive(Debug)]
struct Scope {
    text: String,
    /// Why its next list comes, as far as that was told.
    list_because: Option<&'static str>,
    /// Whether the latest output was a pod: the version after it is the pod's own.
    is_pod_latest: bool,
}

impl Measuring {
    pub(super) fn new<'a>(figures: Figures, scopes: impl Iterator<Item = (ScopeId, &'a str)>) -> Self {
        let scopes = scopes.map(|(id, text)| {
            let text = escape_prose(text).to_string();
            (id, Scope { text, list_because: None, is_pod_latest: false })
        });
        Self { figures, scopes: scopes.collect(), unwritten: VecDeque::new() }
    }

    /// A watch yields something; `is_listing` tells whether its pods are those of a list.
    pub(super) fn came(&mut self, id: ScopeId, output: &Output, is_listing: bool) {
        let Self { figures, scopes, .. } = self;
        let Some(scope) = scopes.get_mut(&id) else { return };
        let was_pod_latest = std::mem::replace(&mut scope.is_pod_latest, matches!(output, Output::Pod(_)));
        match output {
            Output::Pod(PodEvent::Apply(..)) if !is_listing => scope.live(figures, "applied"),
            Output::Pod(PodEvent::Delete { .. }) => scope.live(figures, "deleted"),
            Output::Pod(PodEvent::Init(_, cause)) => {
                let usual = if *cause == Cause::Start { "start" } else { "retry" };
                count(&figures.lists, "reason", scope.list_because.take().unwrap_or(usual));
            }
            Output::Pod(PodEvent::Audit(_)) => {
                scope.list_because = None;
                count(&figures.lists, "reason", "audit");
            }
            Output::Pod(PodEvent::InitBroken(_)) => scope.list_because = Some("retry"),
            Output::Version(Some(_)) if !was_pod_latest => {
                figures.last_bookmark.get_or_create(&[("scope", scope.text.clone())]).set(now());
            }
            Output::Notice(Notice::Relist(why)) => scope.list_because = Some(word(*why)),
            Output::Elsewhere => scope.list_because = Some("elsewhere"),
            Output::Unreadable => drop(figures.unreadable.inc()),
            _ => {}
        }
    }

    /// Something changed in the inventory.
    pub(super) fn changed(&mut self, changes: &Changes) {
        for event in &changes.events {
            count(&self.figures.events, "event", event.word());
        }
        if !changes.pods.is_empty()
            && let Some(census) = &mut *self.figures.census()
        {
            census.follow(changes);
        }
    }

    /// An event, which came then, is to have a line.
    pub(super) fn will_be_written(&mut self, number: u64, came: Instant) {
        self.unwritten.push_back((number, came));
    }

    /// The lines of all events up to this number are written.
    pub(super) fn written(&mut self, number: u64) {
        while let Some((_, came)) = self.unwritten.pop_front_if(|(waiting, _)| *waiting <= number) {
            self.figures.lag.observe(came.elapsed().as_secs_f64());
        }
    }
}

impl Scope {
    fn live(&self, figures: &Figures, kind: &'static str) {
        count(&figures.watch_events, "type", kind);
        figures.last_event.get_or_create(&[("scope", self.text.clone())]).set(now());
    }
}

fn count(family: &Family<Word, Counter>, label: &'static str, word: &'static str) {
    family.get_or_create(&[(label, word)]).inc();
}

fn word(why: Relist) -> &'static str {
    match why {
        Relist::Expired => "expired",
        Relist::Ahead => "ahead",
        Relist::Audit => "audit",
        Relist::PageExpired => "page_expired",
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    stamp::now().as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::super::figures::{Figures, LISTS};
    use super::Measuring;
    use crate::inventory::{Cause, Pod, PodEvent, ScopeId, Uid};
    use crate::watch::{Notice, Output, Relist};

    const SCOPE: ScopeId = ScopeId(0);

    fn measuring() -> Measuring {
        Measuring::new(Figures::default(), [(SCOPE, "all namespaces")].into_iter())
    }

    fn pod() -> Pod {
        Pod {
            namespace: "a".into(),
            name: "a".into(),
            uid: Uid([0; 16]),
            active: true,
            workload: "Job/a".into(),
            containers: Vec::new(),
        }
    }

    fn apply() -> Output {
        Output::Pod(PodEvent::Apply(SCOPE, pod()))
    }

    fn init(cause: Cause) -> Output {
        Output::Pod(PodEvent::Init(SCOPE, cause))
    }

    fn relist(why: Relist) -> Output {
        Output::Notice(Notice::Relist(why))
    }

    /// The lists that outputs lead to, by their reasons.
    #[track_caller]
    fn check_lists(outputs: &[Output], expected: &[(&str, u64)]) {
        let mut measuring = measuring();
        for output in outputs {
            measuring.came(SCOPE, output, true);
        }
        let count = |reason| measuring.figures.lists.get_or_create(&[("reason", reason)]).get();
        let counts: BTreeMap<&str, u64> = LISTS.map(|reason| (reason, count(reason))).into();
        let counts: BTreeMap<_, _> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counts, expected.iter().copied().collect());
    }

    #[test]
    fn a_list_is_counted_by_the_reason_that_was_told_before() {
        let broken = || Output::Pod(PodEvent::InitBroken(SCOPE));
        check_lists(&[init(Cause::Start)], &[("start", 1)]);
        check_lists(&[init(Cause::Start), broken(), init(Cause::Start)], &[("start", 1), ("retry", 1)]);
        for (why, word) in [
            (Relist::Expired, "expired"),
            (Relist::Ahead, "ahead"),
            (Relist::Audit, "audit"),
            (Relist::PageExpired, "page_expired"),
        ] {
            check_lists(&[broken(), relist(why), init(Cause::Relist)], &[(word, 1)]);
        }
        check_lists(&[Output::Elsewhere, init(Cause::Relist)], &[("elsewhere", 1)]);
        let audit = || Output::Pod(PodEvent::Audit(SCOPE));
        check_lists(&[relist(Relist::Audit), audit(), init(Cause::Relist)], &[("audit", 1), ("retry", 1)]);
    }

    #[test]
    fn live_events_are_counted_and_a_bookmark_is_a_version_that_no_pod_came_with() {
        let mut measuring = measuring();
        let version = || Output::Version(Some("7".into()));
        let figures = measuring.figures.clone();
        let times = || {
            let scope = [("scope", "all namespaces".to_owned())];
            (figures.last_event.contains(&scope), figures.last_bookmark.contains(&scope))
        };
        measuring.came(SCOPE, &apply(), true);
        measuring.came(SCOPE, &version(), true);
        assert_eq!(times(), (false, false));
        measuring.came(SCOPE, &apply(), false);
        measuring.came(SCOPE, &version(), false);
        assert_eq!(times(), (true, false));
        measuring.came(SCOPE, &version(), false);
        assert_eq!(times(), (true, true));
        let applied = figures.watch_events.get_or_create(&[("type", "applied")]).get();
        assert_eq!(applied, 1, "a pod of a list is no event");
    }

    #[tokio::test(start_paused = true)]
    async fn the_lag_of_an_event_ends_when_its_line_is_written() {
        let mut measuring = measuring();
        for number in [3, 5] {
            measuring.will_be_written(number, Instant::now());
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        measuring.written(4);
        assert_eq!((measuring.figures.lag.count(), measuring.figures.lag.sum()), (1, 1.0));
        tokio::time::advance(Duration::from_secs(1)).await;
        measuring.written(5);
        assert_eq!((measuring.figures.lag.count(), measuring.figures.lag.sum()), (2, 3.0));
    }
}
