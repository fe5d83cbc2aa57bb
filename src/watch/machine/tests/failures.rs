//! Refusals, outages and what is told of them.

use std::time::Duration;

use super::bench::{Bench, added, bookmark, broken, end_of_list, error, failed, refused, status};
use crate::watch::notice::TroubleKind;
use crate::watch::step::Input;
use crate::watch::wire::Status;

/// A machine whose clean end of a watch is followed by a probe.
fn probing() -> Bench {
    let mut bench = Bench::live();
    bench.wait(60);
    bench.on(Input::Ended, "-> probe 7");
    bench
}

#[test]
fn each_refusal_keeps_the_version_and_says_what_kind_of_trouble_it_is() {
    for (code, kind) in [
        (401, "Unauthorized"),
        (429, "Throttled"),
        (500, "Refused"),
        (502, "Refused"),
        (503, "Refused"),
        (504, "Refused"),
        (302, "Refused"),
        (404, "Refused"),
    ] {
        let mut bench = probing();
        bench.on(refused(code, ""), &format!("lost, trouble {kind} -> pause"));
        bench.after_pause("-> probe 7");
        bench.on(Input::Begun, "-> watch 7");
        bench.on(refused(code, ""), "-> pause");
        bench.after_pause("-> probe 7");

        let mut bench = Bench::live();
        bench.on(error(status(code, "")), &format!("lost, trouble {kind} -> pause"));
        bench.after_pause("-> probe 7");
    }
}

#[test]
fn too_many_requests_cause_no_list_and_the_server_s_wish_is_kept() {
    let asked = |seconds| {
        let retry_after = Some(Duration::from_secs(seconds));
        Input::Refused(Status { retry_after, ..status(429, "TooManyRequests") })
    };
    let mut bench = probing();
    bench.on(asked(17), "lost, trouble Throttled -> pause");
    assert_eq!(bench.pause, Duration::from_secs(17));
    bench.after_pause("-> probe 7");
    // A wish shorter than the pause is no reason to hurry.
    bench.on(asked(1), "-> pause");
    assert!(bench.pause > Duration::from_secs(1), "{:?}", bench.pause);
}

#[test]
fn a_server_that_asks_for_centuries_gets_five_minutes() {
    let mut bench = probing();
    let retry_after = Some(Duration::from_secs(u64::MAX));
    let status = Status { retry_after, ..status(429, "") };
    bench.on(Input::Refused(status), "lost, trouble Throttled -> pause");
    assert_eq!(bench.pause, Duration::from_mins(5));
}

#[test]
fn an_internal_error_is_tried_again_with_growing_pauses_and_told_once() {
    let mut bench = probing();
    bench.on(refused(500, "InternalError"), "lost, trouble Refused -> pause");
    for least in [800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000] {
        let least = Duration::from_millis(least);
        assert!(least <= bench.pause && bench.pause <= 2 * least, "{:?} after {least:?}", bench.pause);
        bench.after_pause("-> probe 7");
        bench.on(refused(500, "InternalError"), "-> pause");
    }
}

#[test]
fn a_missing_right_is_told_and_once_it_is_granted_the_watch_begins() {
    let mut bench = Bench::new(None);
    bench.on(Input::Ready, "-> probe");
    bench.on(refused(403, "Forbidden"), "-> watchlist");
    bench.on(refused(403, "Forbidden"), "trouble Forbidden -> pause");
    bench.after_pause("-> probe");
    bench.on(refused(403, "Forbidden"), "-> watchlist");
    bench.on(refused(403, "Forbidden"), "-> pause");
    bench.after_pause("-> probe");
    bench.on(Input::Begun, "-> watchlist");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
    bench.tick("recovered -> read");
}

#[test]
fn a_right_that_is_lost_keeps_the_version() {
    let mut bench = probing();
    bench.on(refused(403, "Forbidden"), "-> watch 7");
    bench.on(refused(403, "Forbidden"), "lost, trouble Forbidden -> pause");
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
}

#[test]
fn an_outage_is_told_once_for_each_nature_of_its_trouble_and_its_end_once() {
    let mut bench = Bench::live();
    bench.on(broken(), "lost, trouble Lost -> pause");
    bench.after_pause("-> probe 7");
    bench.on(refused(401, ""), "trouble Unauthorized -> pause");
    bench.after_pause("-> probe 7");
    bench.on(failed(TroubleKind::Foreign), "trouble Foreign -> pause");
    for _ in 0..4 {
        for input in
            [failed(TroubleKind::Unreachable), broken(), refused(503, ""), refused(429, ""), refused(401, "")]
        {
            bench.after_pause("-> probe 7");
            bench.on(input, "-> pause");
        }
    }
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.tick("recovered -> read");
    assert_eq!(bench.outage, bench.now, "it began at the start");
    // A later outage is a new one.
    bench.on(broken(), "trouble Lost -> pause");
}

#[test]
fn a_server_that_gives_an_event_and_breaks_off_has_not_recovered() {
    let mut bench = Bench::live();
    bench.on(broken(), "lost, trouble Lost -> pause");
    for version in ["11", "12", "13", "14"] {
        bench.step(Input::Ready);
        bench.on(Input::Begun, &bench_watch(&bench));
        bench.accepted();
        bench.now += Duration::from_secs(1);
        bench.on(added("a", version), &format!("apply a, version {version} -> read"));
        bench.on(broken(), "-> pause");
    }
}

fn bench_watch(bench: &Bench) -> String {
    let version = bench.machine.version.as_deref().unwrap_or_default();
    format!("-> watch {version}")
}

#[test]
fn a_recovery_is_told_though_events_keep_the_deadline_from_passing() {
    let mut bench = Bench::live();
    bench.on(broken(), "lost, trouble Lost -> pause");
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.now += Duration::from_secs(6);
    bench.on(bookmark("9"), "version 9, in sight, recovered -> read");
}

#[test]
fn a_server_that_ends_each_watch_at_once_is_told_and_paused_between() {
    let mut bench = Bench::live();
    bench.on(Input::Ended, "lost, trouble Lost -> pause");
    assert_eq!(bench.trouble, "the server ended the watch as soon as it had begun");
    for _ in 0..6 {
        bench.after_pause("-> probe 7");
        bench.on(Input::Begun, "-> watch 7");
        bench.accepted();
        bench.on(Input::Ended, "-> pause");
    }
    assert!(bench.pause >= Duration::from_secs(30), "{:?}", bench.pause);
}

#[test]
fn pauses_start_over_after_two_minutes_without_failure() {
    let mut bench = probing();
    for _ in 0..8 {
        bench.step(refused(500, ""));
        bench.after_pause("-> probe 7");
    }
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.tick("recovered -> read");
    bench.wait(120);
    bench.on(bookmark("9"), "version 9, in sight -> read");
    bench.on(broken(), "lost, trouble Lost -> pause");
    assert!(bench.pause <= Duration::from_millis(1_600), "{:?}", bench.pause);
}
