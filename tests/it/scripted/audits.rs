//! Audits: pages of a list beside the watch, which goes on.

use std::time::Duration;

use kimager::watch::wire::Encoding;
use tokio::time::{Instant, sleep};

use super::bodies::{ENCODINGS, EXPIRED, added, bookmark, event, list};
use super::flow::live;
use super::server::{Api, Stream};
use super::watched::Watched;

/// A watch of version 9 at the moment at which it is audited.
async fn auditing(encoding: Encoding) -> (Api, Watched, Stream) {
    let (api, mut watched, stream) = live(encoding).await;
    until_audit(&mut watched, &stream, encoding).await;
    (api, watched, stream)
}

/// Lets the server send bookmarks until the next audit.
async fn until_audit(watched: &mut Watched, stream: &Stream, encoding: Encoding) {
    loop {
        sleep(Duration::from_mins(1)).await;
        let waiting = watched.waiting();
        if waiting.contains(&"relist Audit".to_owned()) {
            assert_eq!(waiting.last().map(String::as_str), Some("audit"), "{waiting:?}");
            return;
        }
        stream.send(bookmark("9", encoding)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_audit_comes_after_six_hours_and_is_of_the_version_that_the_watch_has_come_to() {
    let began = Instant::now();
    let (mut api, _watched, _stream) = auditing(Encoding::Protobuf).await;
    api.expect("list at 9").await;
    let hours = began.elapsed().as_secs_f64() / 3600.0;
    assert!((6.0..6.6).contains(&hours), "{hours}");
}

#[tokio::test(start_paused = true)]
async fn events_are_told_between_the_items_of_an_audit() {
    for encoding in ENCODINGS {
        let (mut api, mut watched, stream) = auditing(encoding).await;
        // Nobody has answered yet.
        stream.send(added("new", "10", encoding)).await;
        watched.expect("apply new, version 10").await;
        let page = list(&["a", "b"], "9", "x", encoding);
        let within_b = page.windows(8).position(|bytes| bytes == b"uid-of-b").expect("its uid");
        let (first, rest) = page.split_at(within_b);
        let body = api.expect("list at 9").await.stream(encoding);
        body.send(first.to_vec()).await;
        watched.expect("audited a").await;
        stream.send(event("DELETED", "new", "11", encoding)).await;
        watched.expect("delete new, version 11").await;
        body.send(rest.to_vec()).await;
        drop(body);
        watched.expect("audited b").await;
        let last = api.expect("list after x").await;
        stream.send(bookmark("12", encoding)).await;
        watched.expect("version 12").await;
        last.answer(200, encoding, list(&["c"], "9", "", encoding));
        watched.expect("audited c, done").await;
        stream.send(added("d", "13", encoding)).await;
        watched.expect("apply d, version 13").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_audit_goes_on_while_the_server_ends_the_watch_in_time() {
    let encoding = Encoding::Protobuf;
    let (mut api, mut watched, stream) = auditing(encoding).await;
    let audit = api.expect("list at 9").await;
    drop(stream);
    let probe = api.expect("probe 9").await;
    audit.answer(200, encoding, list(&["a"], "9", "x", encoding));
    watched.expect("audited a").await;
    let page = api.expect("list after x").await;
    probe.answer(200, encoding, list(&["any"], "9", "", encoding));
    let stream = api.expect("watch 9").await.stream(encoding);
    stream.send(bookmark("10", encoding)).await;
    watched.expect("live, version 10").await;
    page.answer(200, encoding, list(&["b"], "9", "", encoding));
    watched.expect("audited b, done").await;
}

#[tokio::test(start_paused = true)]
async fn an_audit_that_fails_is_tried_again_while_the_watch_goes_on() {
    let encoding = Encoding::Protobuf;
    let (mut api, mut watched, stream) = auditing(encoding).await;
    api.expect("list at 9").await.answer(410, encoding, EXPIRED.body(encoding));
    watched.expect("broken").await;
    let failed_at = Instant::now();
    until_audit(&mut watched, &stream, encoding).await;
    assert!(failed_at.elapsed() < Duration::from_mins(6), "{:?}", failed_at.elapsed());
    let mut page = list(&["a"], "9", "", encoding);
    page.truncate(page.len() - 1);
    api.expect("list at 9").await.answer(200, encoding, page);
    watched.expect("broken, no audit").await;
    assert!(watched.notice.contains("the watch itself goes on"), "{}", watched.notice);
    stream.send(added("a", "10", encoding)).await;
    watched.expect("apply a, version 10").await;
}

#[tokio::test(start_paused = true)]
async fn an_audit_that_stalls_is_given_up_after_a_minute_and_the_watch_is_not() {
    let encoding = Encoding::Protobuf;
    let (mut api, mut watched, stream) = auditing(encoding).await;
    let body = api.expect("list at 9").await.stream(encoding);
    let heard_at = Instant::now();
    body.send("k8s").await;
    watched.expect("broken").await;
    assert_eq!(heard_at.elapsed(), Duration::from_mins(1));
    body.abandoned().await;
    stream.send(bookmark("10", encoding)).await;
    watched.expect("version 10").await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_breaks_takes_the_request_of_its_audit_with_it() {
    let encoding = Encoding::Protobuf;
    let (mut api, mut watched, stream) = auditing(encoding).await;
    let body = api.expect("list at 9").await.stream(encoding);
    stream.cut().await;
    watched.expect("broken, lost, trouble Lost").await;
    body.abandoned().await;
    api.pass_probe("probe 9", encoding).await;
}
