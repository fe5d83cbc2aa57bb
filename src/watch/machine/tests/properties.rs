//! What holds whatever a server does, in whatever order, at whatever pace.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::bench::{
    added, bookmark, broken, end_of_list, error, event, expired, failed, item, no_watch_list, page, refused,
    status, too_large, unreadable, unreadable_item,
};
use crate::inventory::{PodEvent, ScopeId};
use crate::watch::machine::Machine;
use crate::watch::notice::{Notice, TroubleKind};
use crate::watch::step::{Input, Next, Output, Page, Request};
use crate::watch::wire::{Change, Status};

/// More requests than this in a minute are a busy loop; pages, which the server asks for, apart.
const REQUESTS_A_MINUTE: usize = 60;

/// One turn of an unpredictable server: which of its choices it takes, and how long it thinks.
type Turn = (usize, u64);

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let quick = 0..50_u64;
    let slow = 0..200_000_u64;
    prop::collection::vec((0..64_usize, prop_oneof![3 => quick, 1 => slow]), 1..300)
}

/// The inputs that can follow a request, for a server that may do anything HTTP lets it.
fn inputs(request: &Request, has_begun: bool) -> Vec<Input> {
    if !has_begun {
        let retry_after = Some(Duration::from_secs(9));
        return vec![
            Input::Begun,
            Input::Begun,
            Input::Begun,
            failed(TroubleKind::Unreachable),
            failed(TroubleKind::Foreign),
            refused(401, "Unauthorized"),
            refused(403, "Forbidden"),
            refused(500, "InternalError"),
            Input::Refused(Status { retry_after, ..status(429, "") }),
            Input::Refused(expired()),
            Input::Refused(too_large()),
            Input::Refused(no_watch_list(422)),
        ];
    }
    let mut inputs = vec![Input::Heard, broken()];
    if let Request::List(_) = request {
        let items = [item("a"), item("b"), unreadable_item(Some("a")), unreadable_item(None)];
        inputs.extend(items);
        inputs.extend([page("7", None), page("8", None), page("9", Some("more"))]);
    } else {
        inputs.extend([added("a", "11"), added("b", "12"), event(Change::Deleted, "a", "13")]);
        inputs.extend([bookmark("14"), end_of_list("15"), end_of_list("16")]);
        inputs.extend([unreadable(Change::Added, None), unreadable(Change::Deleted, Some("b"))]);
        inputs.extend([error(expired()), error(too_large()), error(status(500, "")), Input::Ended]);
    }
    inputs
}

/// The inputs that can come of the request beside the watch.
fn inputs_beside() -> Vec<Input> {
    vec![
        Input::Heard,
        item("a"),
        item("b"),
        unreadable_item(Some("a")),
        unreadable_item(None),
        page("7", Some("more")),
        page("7", None),
        failed(TroubleKind::Unreachable),
        refused(403, "Forbidden"),
        Input::Refused(expired()),
        broken(),
    ]
}

#[derive(PartialEq)]
enum UnderWay {
    List,
    Audit,
}

/// What came out so far, as far as the invariants need it.
#[derive(Default)]
struct Told {
    under_way: Option<UnderWay>,
    version_was_dropped: bool,
    is_in_sight: bool,
    troubles: Vec<TroubleKind>,
}

impl Told {
    fn is_listing(&self) -> bool {
        self.under_way == Some(UnderWay::List)
    }

    fn is_auditing(&self) -> bool {
        self.under_way == Some(UnderWay::Audit)
    }

    fn check(&mut self, output: &Output) -> Result<(), TestCaseError> {
        let version_was_dropped =
            std::mem::replace(&mut self.version_was_dropped, matches!(output, Output::Version(None)));
        match output {
            Output::Pod(PodEvent::Init(..)) => {
                prop_assert!(version_was_dropped, "a list begins while its version is still stored");
                prop_assert!(self.under_way.is_none(), "a list begins within another");
                self.under_way = Some(UnderWay::List);
            }
            Output::Pod(PodEvent::Audit(_)) => {
                prop_assert!(self.under_way.is_none(), "an audit begins within a list");
                self.under_way = Some(UnderWay::Audit);
            }
            Output::Pod(PodEvent::Audited(..)) => {
                prop_assert!(self.is_auditing(), "a pod of an audit that never began");
            }
            Output::Pod(PodEvent::InitDone { .. } | PodEvent::InitBroken(_)) => {
                prop_assert!(self.under_way.take().is_some(), "a list ends that never began");
            }
            Output::Version(Some(_)) => {
                prop_assert!(!self.is_listing(), "a version of a list under way is stored");
            }
            Output::InSight => {
                prop_assert!(!self.is_listing(), "all is told while a list is under way");
                self.is_in_sight = true;
            }
            Output::Lost => {
                prop_assert!(!self.is_auditing(), "an audit goes on out of sight");
                prop_assert!(self.is_in_sight, "lost twice");
                self.is_in_sight = false;
            }
            Output::Live => prop_assert!(!self.is_listing(), "live within a list"),
            Output::Elsewhere => prop_assert!(false, "nobody said so"),
            Output::Notice(Notice::Trouble(trouble)) => {
                prop_assert!(!self.troubles.contains(&trouble.kind), "{:?} told twice", trouble.kind);
                self.troubles.push(trouble.kind);
            }
            Output::Notice(Notice::Recovered { .. }) => {
                prop_assert!(!self.troubles.is_empty(), "recovered from nothing");
                self.troubles.clear();
            }
            Output::Version(None) | Output::Pod(_) | Output::Notice(_) | Output::Unreadable => {}
        }
        Ok(())
    }
}

/// Counts requests of the last simulated minute.
#[derive(Default)]
struct Rate(VecDeque<Duration>);

impl Rate {
    fn check(&mut self, now: Duration, request: &Request) -> Result<(), TestCaseError> {
        if matches!(request, Request::Pause(_) | Request::List(Page::After(_))) {
            return Ok(());
        }
        self.0.push_back(now);
        self.0.retain(|&at| at + Duration::from_mins(1) > now);
        prop_assert!(self.0.len() <= REQUESTS_A_MINUTE, "{} requests in a minute", self.0.len());
        Ok(())
    }
}

fn run(version: Option<&str>, seed: u64, turns: &[Turn]) -> Result<(), TestCaseError> {
    // Audits as often as can be, so that they come at all.
    let machine = Machine::new(ScopeId(0), version.map(Into::into), seed);
    let mut machine = machine.auditing_every(Duration::from_secs(seed % 20));
    let (mut told, mut rate, mut audits) = (Told::default(), Rate::default(), Rate::default());
    let mut now = Duration::ZERO;
    let (mut request, mut has_begun) = (Request::Pause(Duration::ZERO), false);
    for &(choice, thinking) in turns {
        let is_beside = machine.is_auditing() && choice % 2 == 0;
        let input = if let Request::Pause(pause) = request {
            now += pause;
            Input::Ready
        } else {
            let then = now + Duration::from_millis(thinking);
            let deadline = machine.deadline();
            if then >= deadline {
                now = now.max(deadline);
                Input::Tick
            } else {
                now = then;
                let mut inputs = if is_beside { inputs_beside() } else { inputs(&request, has_begun) };
                inputs.swap_remove(choice / 2 % inputs.len())
            }
        };
        let is_tick = matches!(input, Input::Tick);
        let mut out = Vec::new();
        let next = if is_beside && !is_tick {
            machine.beside(now, input, &mut out)
        } else {
            has_begun |= matches!(input, Input::Begun);
            machine.step(now, input, &mut out)
        };
        for output in &out {
            told.check(output)?;
        }
        prop_assert_eq!(told.is_auditing(), machine.is_auditing());
        match next {
            Next::Do(next) => {
                prop_assert!(is_tick || !is_beside, "what comes beside the watch ends it");
                rate.check(now, &next)?;
                (request, has_begun) = (next, false);
            }
            Next::Beside(page) => audits.check(now, &Request::List(page))?,
            Next::Read => {
                prop_assert!(!is_tick || machine.deadline() > now, "the deadline stands still");
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn lists_versions_and_troubles_are_told_in_order_and_no_server_can_make_a_busy_loop(
        is_resumed: bool,
        seed: u64,
        turns in turns(),
    ) {
        run(is_resumed.then_some("7"), seed, &turns)?;
    }

    #[test]
    fn a_server_that_does_the_same_for_ever_makes_no_busy_loop(
        is_resumed: bool,
        seed: u64,
        turn in (0..64_usize, 0..7_000_u64),
    ) {
        run(is_resumed.then_some("7"), seed, &[turn; 300])?;
    }
}
