//! Lists, as a watch streams them or in pages.

use std::time::Duration;

use super::bench::{
    Bench, added, bookmark, broken, end_of_list, error, event, expired, item, no_watch_list, page, refused,
    status, too_large, unreadable, unreadable_item,
};
use crate::watch::step::Input;
use crate::watch::wire::Change;

/// A machine in the midst of its first list.
fn listing() -> Bench {
    let mut bench = Bench::new(None);
    bench.on(Input::Ready, "-> probe");
    bench.on(Input::Begun, "-> watchlist");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(added("a", "3"), "apply a -> read");
    bench
}

/// A machine that reads pages, for its server streams no lists.
fn paging() -> Bench {
    let mut bench = Bench::new(None);
    bench.on(Input::Ready, "-> probe");
    bench.on(Input::Begun, "-> watchlist");
    bench.on(Input::Refused(no_watch_list(422)), "no watchlist -> list");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench
}

#[test]
fn the_first_start_streams_a_list_and_goes_on_watching() {
    let mut bench = listing();
    bench.on(added("b", "2"), "apply b -> read");
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
    bench.on(added("c", "8"), "apply c, version 8 -> read");
}

#[test]
fn a_server_that_streams_no_lists_is_asked_for_pages_and_that_once() {
    for code in [422, 400] {
        let mut bench = Bench::new(None);
        bench.on(Input::Ready, "-> probe");
        bench.on(Input::Begun, "-> watchlist");
        bench.on(Input::Refused(no_watch_list(code)), "no watchlist -> list");
        bench.on(Input::Begun, "version none, init Start -> read");
        bench.on(item("a"), "apply a -> read");
        bench.on(page("7", None), "done, version 7, in sight -> watch 7");
        bench.accepted();
        bench.on(error(expired()), "version none, lost, relist Expired -> list");
    }
}

#[test]
fn a_bad_request_that_has_nothing_to_do_with_watch_lists_is_told() {
    let mut bench = Bench::new(None);
    bench.on(Input::Ready, "-> probe");
    bench.on(Input::Begun, "-> watchlist");
    bench.on(refused(400, "BadRequest"), "trouble Refused -> pause");
    bench.after_pause("-> watchlist");
}

#[test]
fn updates_and_deletes_while_the_list_is_streamed_are_applied() {
    let mut bench = listing();
    bench.on(event(Change::Modified, "a", "5"), "apply a -> read");
    bench.on(event(Change::Deleted, "a", "6"), "delete a -> read");
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
}

#[test]
fn a_stream_that_breaks_before_the_end_of_the_list_starts_over() {
    let mut bench = listing();
    bench.on(broken(), "broken, trouble Lost -> pause");
    bench.after_pause("-> watchlist");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(Input::Ended, "broken -> pause");
    bench.after_pause("-> watchlist");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(end_of_list("9"), "done, version 9, in sight, live -> read");
    bench.tick("recovered -> read");
}

#[test]
fn a_list_that_expires_while_it_is_streamed_starts_over() {
    let mut bench = listing();
    bench.on(error(expired()), "broken, trouble Refused -> pause");
    bench.after_pause("-> watchlist");
}

#[test]
fn a_list_that_the_server_cannot_give_yet_is_asked_for_again() {
    let mut bench = Bench::new(None);
    bench.on(Input::Ready, "-> probe");
    bench.on(Input::Begun, "-> watchlist");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(error(too_large()), "broken, trouble Refused -> pause");
    bench.after_pause("-> watchlist");
}

#[test]
fn a_bookmark_before_the_end_of_the_list_is_not_its_end() {
    let mut bench = listing();
    bench.on(bookmark("900"), "-> read");
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
}

#[test]
fn a_list_may_take_hours_as_long_as_bytes_come() {
    let mut bench = listing();
    for minute in 0..180 {
        bench.wait(59);
        match minute % 3 {
            0 => bench.on(Input::Heard, "-> read"),
            1 => bench.on(added("b", "4"), "apply b -> read"),
            _ => bench.on(bookmark("900"), "-> read"),
        }
    }
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
}

#[test]
fn a_streamed_list_without_a_byte_for_a_minute_is_read_in_pages_instead() {
    let mut bench = listing();
    bench.wait(59);
    bench.tick("broken, no watchlist -> list");
    assert_eq!(bench.now, Duration::from_mins(1));

    let mut unanswered = Bench::new(None);
    unanswered.on(Input::Ready, "-> probe");
    unanswered.on(Input::Begun, "-> watchlist");
    unanswered.tick("no watchlist -> list");
}

#[test]
fn the_watch_resumes_after_the_list_from_its_end() {
    let mut bench = listing();
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
    bench.wait(100);
    bench.on(Input::Ended, "-> probe 7");
    bench.on(Input::Begun, "-> watch 7");
}

#[test]
fn pages_are_one_list_of_the_version_of_the_first() {
    let mut bench = paging();
    bench.on(item("a"), "apply a -> read");
    bench.on(page("7", Some("x")), "-> list after x");
    bench.on(Input::Begun, "-> read");
    bench.on(item("b"), "apply b -> read");
    bench.on(page("8", Some("y")), "-> list after y");
    bench.on(Input::Begun, "-> read");
    bench.on(page("9", None), "done, version 7, in sight -> watch 7");
    bench.accepted();
}

#[test]
fn a_page_that_expired_makes_the_list_be_read_in_one_piece() {
    let mut bench = paging();
    bench.on(page("7", Some("x")), "-> list after x");
    bench.on(Input::Refused(expired()), "broken, relist PageExpired -> list all");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(item("a"), "apply a -> read");
    bench.on(page("9", None), "done, version 9, in sight -> watch 9");
    bench.accepted();
    // The next list has pages again.
    bench.on(error(expired()), "version none, lost, relist Expired -> list");
}

#[test]
fn a_list_in_one_piece_that_breaks_is_asked_for_in_one_piece_again() {
    let mut bench = paging();
    bench.on(page("7", Some("x")), "-> list after x");
    bench.on(Input::Refused(expired()), "broken, relist PageExpired -> list all");
    bench.on(Input::Refused(expired()), "trouble Refused -> pause");
    bench.after_pause("-> list all");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(broken(), "broken -> pause");
    bench.after_pause("-> list all");
}

#[test]
fn a_page_that_fails_for_any_other_reason_starts_the_list_over_after_a_pause() {
    let mut bench = paging();
    bench.on(page("7", Some("x")), "-> list after x");
    bench.on(refused(503, "ServiceUnavailable"), "broken, trouble Refused -> pause");
    bench.after_pause("-> list");
    bench.on(Input::Begun, "version none, init Start -> read");
    bench.on(page("8", None), "done, version 8, in sight -> watch 8");
}

#[test]
fn a_page_without_a_byte_for_a_minute_is_given_up() {
    let mut bench = paging();
    bench.tick("broken, trouble Lost -> pause");
    bench.after_pause("-> list");
}

#[test]
fn a_pod_that_does_not_decode_stays_as_it_was_known() {
    let mut bench = listing();
    bench.on(unreadable(Change::Added, Some("x")), "keep x, unreadable x -> read");
    bench.on(unreadable(Change::Deleted, Some("y")), "delete y, unreadable y -> read");
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
    bench.on(unreadable(Change::Modified, Some("x")), "keep x, unreadable x -> read");
}

#[test]
fn a_list_with_a_nameless_pod_proves_no_absence_and_another_one_comes_within_five_minutes() {
    let mut bench = listing();
    bench.on(unreadable(Change::Added, None), "unreadable -> read");
    bench.on(end_of_list("7"), "done without sweep, version 7, in sight, live -> read");
    expect_audit_within_five_minutes(bench);

    let mut bench = paging();
    bench.on(unreadable_item(Some("x")), "keep x, unreadable x -> read");
    bench.on(unreadable_item(None), "unreadable -> read");
    bench.on(page("7", None), "done without sweep, version 7, in sight -> watch 7");
    bench.accepted();

    let mut bench = Bench::live();
    bench.on(unreadable(Change::Modified, None), "unreadable -> read");
    expect_audit_within_five_minutes(bench);
}

fn expect_audit_within_five_minutes(mut bench: Bench) {
    for _ in 0..3 {
        bench.wait(60);
        bench.on(Input::Heard, "-> read");
    }
    bench.tick("relist Audit, audit -> beside list at 7");
    assert!(bench.now <= Duration::from_mins(5), "{:?}", bench.now);
}

#[test]
fn of_many_unreadable_pods_the_first_ten_are_told() {
    let mut bench = listing();
    for _ in 0..10 {
        bench.on(unreadable(Change::Added, Some("x")), "keep x, unreadable x -> read");
    }
    bench.on(unreadable(Change::Added, Some("x")), "keep x, many unreadable -> read");
    bench.on(unreadable(Change::Added, Some("x")), "keep x -> read");
    assert_eq!(bench.unread, 12, "all of them are counted");
}

#[test]
fn an_account_that_may_watch_but_not_list_runs_and_is_told_so_once() {
    let mut bench = Bench::new(None);
    bench.on(Input::Ready, "-> probe");
    bench.on(refused(403, "Forbidden"), "-> watchlist");
    bench.on(Input::Begun, "version none, init Start, no list right -> read");
    bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
    bench.wait(100);
    bench.on(Input::Ended, "-> probe 7");
    bench.on(refused(403, "Forbidden"), "-> watch 7");
    bench.accepted();
    bench.on(error(expired()), "version none, lost, relist Expired -> watchlist");
    bench.on(Input::Begun, "version none, init Relist -> read");
    // No pages: the account could not read them.
    bench.tick("broken, trouble Lost -> pause");
    bench.after_pause("-> watchlist");
}

#[test]
fn an_account_that_may_only_watch_needs_a_server_that_streams_lists() {
    let mut bench = Bench::new(None);
    bench.on(Input::Ready, "-> probe");
    bench.on(refused(403, "Forbidden"), "-> watchlist");
    bench.on(Input::Refused(no_watch_list(422)), "trouble Forbidden -> pause");
    // Once it may list, it does.
    bench.after_pause("-> probe");
    bench.on(Input::Begun, "-> watchlist");
    bench.on(Input::Refused(no_watch_list(422)), "no watchlist -> list");
}

#[test]
fn an_error_of_the_server_s_store_in_the_stream_makes_a_new_list() {
    // As client-go replaces its store after an unsafe delete of a corrupt object.
    let mut bench = Bench::live();
    bench.on(error(status(500, "StoreReadError")), "version none, lost, relist Expired -> watchlist");
}
