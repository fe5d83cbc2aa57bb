//! Watches that resume, end and expire.

use std::time::Duration;

use super::bench::{
    Bench, added, bookmark, broken, end_of_list, error, event, expired, no_watch_list, page, too_large,
};
use crate::watch::step::Input;
use crate::watch::wire::Change;

#[test]
fn a_stored_version_is_probed_and_resumed_and_the_first_bookmark_says_that_all_was_told() {
    let mut bench = Bench::resumed();
    bench.on(event(Change::Deleted, "a", "8"), "delete a, version 8 -> read");
    bench.on(bookmark("11"), "version 11, in sight -> read");
    bench.on(bookmark("12"), "version 12 -> read");
}

#[test]
fn a_watch_that_resumes_is_brief_so_that_its_bookmark_comes_soon_and_the_next_is_not() {
    let mut bench = Bench::resumed();
    assert!(bench.is_brief);
    bench.wait(6);
    bench.on(bookmark("11"), "version 11, in sight -> read");
    bench.wait(2);
    bench.on(Input::Ended, "-> probe 11");
    bench.on(Input::Begun, "-> watch 11");
    assert!(!bench.is_brief);
    bench.accepted();
    // After a loss, again; but once, as a server may send no bookmarks.
    bench.on(broken(), "lost, trouble Lost -> pause");
    for is_brief in [true, false, false] {
        bench.after_pause("-> probe 11");
        bench.on(Input::Begun, "-> watch 11");
        assert_eq!(bench.is_brief, is_brief);
        bench.on(broken(), "-> pause");
    }
}

#[test]
fn the_watch_after_a_list_in_pages_is_not_brief() {
    let mut bench = Bench::live();
    bench.on(error(expired()), "version none, lost, relist Expired -> watchlist");
    bench.on(Input::Refused(no_watch_list(422)), "no watchlist -> list");
    bench.on(Input::Begun, "version none, init Relist -> read");
    bench.on(page("7", None), "done, version 7, in sight -> watch 7");
    assert!(!bench.is_brief);
}

#[test]
fn every_event_and_bookmark_moves_the_version_to_resume_from() {
    let mut bench = Bench::live();
    bench.on(added("a", "10"), "apply a, version 10 -> read");
    bench.on(event(Change::Modified, "a", "20"), "apply a, version 20 -> read");
    bench.on(event(Change::Deleted, "a", "30"), "delete a, version 30 -> read");
    bench.on(bookmark("40"), "version 40 -> read");
    bench.wait(60);
    bench.on(Input::Ended, "-> probe 40");
    bench.on(Input::Begun, "-> watch 40");
}

#[test]
fn a_watch_that_the_server_ends_in_time_goes_on_without_a_word() {
    let mut bench = Bench::live();
    for _ in 0..20 {
        bench.wait(100);
        bench.on(bookmark("8"), "version 8 -> read");
        bench.wait(100);
        bench.on(bookmark("9"), "version 9 -> read");
        bench.on(Input::Ended, "-> probe 9");
        bench.on(Input::Begun, "-> watch 9");
        bench.accepted();
    }
}

#[test]
fn a_version_too_old_for_the_server_makes_a_new_list_at_once() {
    // In the stream, as a status of the watch, and as one of the probe.
    let mut bench = Bench::live();
    bench.on(error(expired()), "version none, lost, relist Expired -> watchlist");
    bench.on(Input::Begun, "version none, init Relist -> read");
    bench.on(end_of_list("9"), "done, version 9, in sight, live -> read");

    let mut bench = Bench::new(Some("7"));
    bench.on(Input::Ready, "-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.on(Input::Refused(expired()), "version none, relist Expired -> watchlist");
    bench.on(Input::Begun, "version none, init Start -> read");

    let mut bench = Bench::new(Some("7"));
    bench.on(Input::Ready, "-> probe 7");
    bench.on(Input::Refused(expired()), "version none, relist Expired -> watchlist");
}

#[test]
fn a_version_from_the_future_makes_a_new_list_at_once() {
    let mut bench = Bench::new(Some("7"));
    bench.on(Input::Ready, "-> probe 7");
    bench.on(Input::Refused(too_large()), "version none, relist Ahead -> watchlist");

    let mut bench = Bench::live();
    bench.on(error(too_large()), "version none, lost, relist Ahead -> watchlist");
}

#[test]
fn versions_that_expire_again_and_again_are_told_as_trouble_and_paused_between() {
    let mut bench = Bench::live();
    bench.on(error(expired()), "version none, lost, relist Expired -> watchlist");
    bench.on(Input::Begun, "version none, init Relist -> read");
    bench.on(end_of_list("8"), "done, version 8, in sight, live -> read");
    bench.on(error(expired()), "version none, lost, trouble Refused -> pause");
    for _ in 0..5 {
        bench.after_pause("-> watchlist");
        bench.on(Input::Begun, "version none, init Relist -> read");
        bench.on(end_of_list("8"), "done, version 8, in sight, live -> read");
        bench.on(error(expired()), "version none, lost -> pause");
    }
    assert!(bench.pause >= Duration::from_secs(25), "{:?}", bench.pause);
}

#[test]
fn versions_that_expire_two_minutes_apart_are_no_trouble() {
    let mut bench = Bench::live();
    bench.on(error(expired()), "version none, lost, relist Expired -> watchlist");
    bench.on(Input::Begun, "version none, init Relist -> read");
    bench.on(end_of_list("8"), "done, version 8, in sight, live -> read");
    bench.wait(120);
    bench.on(error(expired()), "version none, lost, relist Expired -> watchlist");
}

#[test]
fn a_cut_in_the_midst_of_an_event_resumes_and_is_audited_within_five_minutes() {
    let mut bench = Bench::live();
    bench.wait(30);
    bench.on(broken(), "lost, trouble Lost -> pause");
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.on(bookmark("9"), "version 9, in sight -> read");
    bench.tick("recovered -> read");
    for _ in 0..3 {
        bench.wait(60);
        bench.on(bookmark("9"), "version 9 -> read");
    }
    bench.tick("relist Audit, audit -> beside list at 9");
    assert!(bench.now <= Duration::from_secs(330), "{:?}", bench.now);
}

#[test]
fn a_silent_watch_is_given_up_after_two_missing_bookmarks() {
    let mut bench = Bench::live();
    bench.wait(149);
    bench.tick("lost, trouble Lost -> pause");
    assert_eq!(bench.now, Duration::from_secs(150));
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.accepted();
    bench.on(bookmark("9"), "version 9, in sight -> read");
}

#[test]
fn a_probe_or_watch_that_is_not_answered_is_given_up_after_a_minute() {
    let mut bench = Bench::new(Some("7"));
    bench.on(Input::Ready, "-> probe 7");
    bench.tick("trouble Lost -> pause");
    bench.after_pause("-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    let asked = bench.now;
    bench.tick("-> pause");
    assert_eq!(bench.now, asked + Duration::from_mins(1));
}

#[test]
fn a_resumed_watch_is_not_live_before_it_is_sure_that_the_version_did_not_expire() {
    let mut bench = Bench::new(Some("7"));
    bench.on(Input::Ready, "-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
    bench.on(Input::Begun, "-> read");
    bench.on(bookmark("8"), "live, version 8, in sight -> read");
}
