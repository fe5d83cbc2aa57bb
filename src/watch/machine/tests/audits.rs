//! Audits: when they come, and what becomes of them and of the watch beside.

use std::time::Duration;

use super::bench::{
    Bench, added, bookmark, broken, end_of_list, error, event, expired, failed, item, page, refused,
    too_large, unreadable, unreadable_item,
};
use crate::watch::notice::TroubleKind;
use crate::watch::step::Input;
use crate::watch::wire::Change;

const BEGINS: &str = "relist Audit, audit -> beside list at 9";

/// Lets hours pass, with a bookmark each minute, up to an audit; when that was.
fn hours_until_audit(bench: &mut Bench) -> f64 {
    let began = bench.now;
    while bench.machine.deadline() > bench.now + Duration::from_mins(1) {
        bench.now += Duration::from_mins(1);
        bench.step(bookmark("9"));
    }
    bench.tick(BEGINS);
    bench.now.saturating_sub(began).as_secs_f64() / 3600.0
}

/// A machine that audits a watch of version 9.
fn auditing() -> Bench {
    let mut bench = Bench::live();
    hours_until_audit(&mut bench);
    bench
}

/// As [`auditing`], after the first audit failed.
fn auditing_again() -> Bench {
    let mut bench = auditing();
    bench.beside(broken(), "broken -> read");
    hours_until_audit(&mut bench);
    bench
}

#[test]
fn a_list_looks_for_what_was_missed_each_six_hours_and_not_on_the_hour() {
    let mut bench = Bench::live();
    let first = hours_until_audit(&mut bench);
    bench.beside(page("9", None), "done -> read");
    let second = hours_until_audit(&mut bench);
    assert!((6.0..6.5).contains(&first) && (6.0..6.5).contains(&second), "{first} {second}");
    assert!((first - second).abs() > 0.001, "{first}");
}

#[test]
fn an_account_whose_stored_version_was_refused_may_list_and_is_audited_beside_its_watch() {
    for status in [too_large(), expired()] {
        let mut bench = Bench::new(Some("99"));
        bench.on(Input::Ready, "-> probe 99");
        bench.step(Input::Refused(status));
        bench.step(Input::Begun);
        bench.step(end_of_list("9"));
        hours_until_audit(&mut bench);
    }
}

#[test]
fn the_watch_goes_on_while_the_pages_of_an_audit_come_beside_it() {
    let mut bench = auditing();
    bench.beside(Input::Heard, "-> read");
    bench.beside(item("a"), "audited a -> read");
    bench.on(added("b", "10"), "apply b, version 10 -> read");
    bench.on(event(Change::Deleted, "a", "11"), "delete a, version 11 -> read");
    bench.beside(page("9", Some("x")), "-> beside list after x");
    bench.on(bookmark("12"), "version 12 -> read");
    bench.beside(item("c"), "audited c -> read");
    bench.beside(page("9", None), "done -> read");
    bench.on(added("d", "13"), "apply d, version 13 -> read");
}

#[test]
fn audits_at_another_pace_come_no_later_also_after_a_loss() {
    let mut bench = Bench::live();
    bench.machine = bench.machine.auditing_every(Duration::from_mins(2));
    bench.on(broken(), "lost, trouble Lost -> pause");
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.on(bookmark("9"), "version 9, in sight -> read");
    bench.tick("recovered -> read");
    let after_loss = hours_until_audit(&mut bench) * 60.0;
    assert!(after_loss <= 2.0, "{after_loss} min");
    bench.beside(page("9", None), "done -> read");
    let after_list = hours_until_audit(&mut bench) * 60.0;
    assert!((2.0..2.2).contains(&after_list), "{after_list} min");
}

#[test]
fn a_watch_that_resumed_at_the_start_is_audited_soon_for_nobody_knows_what_happened_meanwhile() {
    let mut bench = Bench::resumed();
    bench.on(bookmark("9"), "version 9, in sight -> read");
    let hours = hours_until_audit(&mut bench);
    assert!(hours <= 5.0 / 60.0, "{hours}");
}

#[test]
fn an_audit_is_of_the_version_that_was_resumed_from_where_nothing_has_come_since() {
    let mut bench = Bench::new(Some("9"));
    bench.machine = bench.machine.auditing_every(Duration::from_secs(1));
    bench.on(Input::Ready, "-> probe 9");
    bench.on(Input::Begun, "-> watch 9");
    bench.accepted();
    bench.tick(BEGINS);
}

#[test]
fn an_audit_after_an_outage_waits_until_the_watch_has_resumed() {
    let mut bench = Bench::resumed();
    bench.on(bookmark("9"), "version 9, in sight -> read");
    bench.wait(100);
    bench.on(broken(), "lost, trouble Lost -> pause");
    while bench.now < Duration::from_mins(5) {
        bench.after_pause("-> probe 9");
        bench.on(broken(), "-> pause");
    }
    bench.after_pause("-> probe 9");
    bench.on(Input::Begun, "-> watch 9");
    bench.on(Input::Tick, "-> read");
    bench.on(Input::Begun, "-> read");
    bench.on(Input::Tick, BEGINS);
}

#[test]
fn a_probe_that_fails_after_a_watch_that_ended_in_time_owes_no_audit() {
    let mut bench = Bench::live();
    bench.wait(100);
    bench.on(Input::Ended, "-> probe 7");
    bench.on(failed(TroubleKind::Unreachable), "lost, trouble Unreachable -> pause");
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.on(bookmark("9"), "version 9, in sight -> read");
    bench.tick("recovered -> read");
    let hours = hours_until_audit(&mut bench);
    assert!(hours > 5.0, "{hours}");
}

#[test]
fn an_audit_comes_some_minutes_after_the_end_of_a_long_outage_not_at_once() {
    let mut bench = Bench::live();
    bench.on(broken(), "lost, trouble Lost -> pause");
    while bench.now < Duration::from_hours(1) {
        bench.after_pause("-> probe 7");
        bench.on(broken(), "-> pause");
    }
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.tick("recovered -> read");
    let hours = hours_until_audit(&mut bench);
    assert!((3.0 / 60.0..5.0 / 60.0).contains(&hours), "{hours}");
}

#[test]
fn an_audit_that_fails_costs_the_watch_nothing_and_comes_again_within_five_minutes() {
    for failure in [failed(TroubleKind::Unreachable), broken(), refused(500, ""), Input::Refused(expired())] {
        let mut bench = auditing();
        bench.beside(item("a"), "audited a -> read");
        bench.beside(failure, "broken -> read");
        bench.beside(item("b"), "-> read");
        bench.on(added("b", "10"), "apply b, version 10 -> read");
        let hours = hours_until_audit(&mut bench);
        assert!((3.0 / 60.0..5.0 / 60.0).contains(&hours), "{hours}");
        bench.beside(page("9", None), "done -> read");
        assert!(hours_until_audit(&mut bench) > 6.0);
    }
}

#[test]
fn an_audit_that_goes_silent_for_a_minute_is_given_up_and_the_watch_is_not() {
    let mut bench = auditing();
    bench.now += Duration::from_secs(59);
    bench.beside(item("a"), "audited a -> read");
    bench.on(bookmark("9"), "version 9 -> read");
    let heard_at = bench.now;
    bench.tick("broken -> read");
    assert_eq!(bench.now, heard_at + Duration::from_mins(1));
    bench.on(bookmark("9"), "version 9 -> read");
}

#[test]
fn audits_that_fail_again_and_again_are_told_once_until_one_succeeds() {
    let mut bench = auditing_again();
    bench.beside(refused(403, ""), "broken, no audit -> read");
    for _ in 0..3 {
        hours_until_audit(&mut bench);
        bench.beside(refused(403, ""), "broken -> read");
    }
    hours_until_audit(&mut bench);
    bench.beside(page("9", None), "done -> read");
    for expected in ["broken -> read", "broken, no audit -> read"] {
        hours_until_audit(&mut bench);
        bench.beside(refused(403, ""), expected);
    }
}

#[test]
fn an_audit_goes_on_while_the_watch_ends_in_time_and_resumes() {
    let mut bench = auditing();
    bench.on(Input::Ended, "-> probe 9");
    bench.beside(item("a"), "audited a -> read");
    bench.on(Input::Begun, "-> watch 9");
    bench.beside(item("b"), "audited b -> read");
    bench.accepted();
    bench.beside(page("9", None), "done -> read");
}

#[test]
fn a_watch_that_breaks_takes_its_audit_with_it_and_owes_another() {
    let mut bench = auditing();
    bench.on(broken(), "broken, lost, trouble Lost -> pause");
    bench.beside(item("a"), "-> read");
    bench.after_pause("-> probe 9");
    bench.on(Input::Begun, "-> watch 9");
    bench.accepted();
    bench.tick("recovered -> read");
    let hours = hours_until_audit(&mut bench);
    assert!(hours <= 5.0 / 60.0, "{hours}");
}

#[test]
fn a_list_that_becomes_needed_takes_the_place_of_an_audit() {
    let mut bench = auditing();
    bench.on(error(expired()), "broken, version none, lost, relist Expired -> watchlist");
    bench.beside(page("9", None), "-> read");
    bench.on(Input::Begun, "version none, init Relist -> read");
    bench.on(end_of_list("12"), "done, version 12, in sight, live -> read");
}

#[test]
fn an_audit_that_met_a_nameless_pod_proves_no_absence_and_another_comes_soon() {
    let mut bench = auditing();
    bench.beside(unreadable_item(Some("x")), "keep x, unreadable x -> read");
    bench.beside(unreadable_item(None), "unreadable -> read");
    bench.beside(page("9", None), "done without sweep -> read");
    let hours = hours_until_audit(&mut bench);
    assert!(hours <= 5.0 / 60.0, "{hours}");
    // The watch may meet it too, and what it meant to tell is not known.
    bench.on(unreadable(Change::Deleted, None), "unreadable -> read");
    bench.beside(page("9", None), "done without sweep -> read");
    let hours = hours_until_audit(&mut bench);
    assert!(hours <= 5.0 / 60.0, "{hours}");
}

#[test]
fn nothing_is_resumed_from_or_audited_at_another_server_that_the_former_one_said() {
    let mut bench = auditing();
    bench.moved("broken, lost, version none, elsewhere -> read");
    bench.beside(page("9", None), "-> read");
    bench.on(Input::Ready, "-> watchlist");
    bench.on(Input::Begun, "version none, init Relist -> read");
    bench.moved("broken, version none, elsewhere -> read");
    bench.on(Input::Ready, "-> watchlist");
}

#[test]
fn an_account_that_may_not_list_watches_anew_from_the_beginning_and_is_blind_meanwhile() {
    let mut bench = Bench::new(None);
    bench.machine = bench.machine.auditing_every(Duration::from_mins(1));
    bench.on(Input::Ready, "-> probe");
    bench.on(refused(403, "Forbidden"), "-> watchlist");
    bench.on(Input::Begun, "version none, init Start, no list right -> read");
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
    bench.tick("relist Audit, lost -> watchlist");
    bench.on(Input::Begun, "version none, init Relist -> read");
    bench.on(end_of_list("9"), "done, version 9, in sight, live -> read");
}
