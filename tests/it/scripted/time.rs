//! Deadlines, to the second, on a paused clock.

use std::time::Duration;

use kimager::watch::wire::Encoding;
use tokio::time::{Instant, sleep};

use super::bodies::{ENCODINGS, added, bookmark, end_of_list, list};
use super::flow::live;
use super::server::Api;
use super::watched::Watched;

const ENCODING: Encoding = Encoding::Protobuf;

#[tokio::test(start_paused = true)]
async fn an_answer_must_begin_within_a_minute() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), Some("7"));
    let began = Instant::now();
    let _unanswered = api.expect("probe 7").await;
    watched.expect("trouble Lost").await;
    assert_eq!(began.elapsed(), Duration::from_mins(1));
    assert!(watched.notice.contains("sent nothing for 60 s"), "{}", watched.notice);
    api.pass_probe("probe 7", ENCODING).await;
    let _unanswered = api.expect("watch 7").await;
    let began = Instant::now();
    api.expect("probe 7").await;
    assert!(began.elapsed() < Duration::from_secs(64), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_body_stalls_is_given_up_too() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), Some("7"));
    let began = Instant::now();
    let stream = api.expect("probe 7").await.stream(ENCODING);
    stream.send("k8s").await;
    watched.expect("trouble Lost").await;
    assert_eq!(began.elapsed(), Duration::from_mins(1));
    stream.abandoned().await;
    // Nothing else was asked meanwhile.
    api.expect("probe 7").await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_without_two_bookmarks_in_a_row_is_dead() {
    for encoding in ENCODINGS {
        let (mut api, mut watched, stream) = live(encoding).await;
        for version in ["8", "9"] {
            sleep(Duration::from_secs(149)).await;
            stream.send(bookmark(version, encoding)).await;
            watched.expect(&format!("version {version}")).await;
        }
        // Half an event is a sign of life too.
        sleep(Duration::from_secs(149)).await;
        stream.send(added("a", "10", encoding)[..5].to_vec()).await;
        let heard = Instant::now();
        watched.expect("lost, trouble Lost").await;
        assert_eq!(heard.elapsed(), Duration::from_secs(150));
        stream.abandoned().await;
        api.pass_probe("probe 9", encoding).await;
        api.expect("watch 9").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_may_trickle_for_hours_and_its_pods_are_told_as_they_come() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), None);
    api.pass_probe("probe", ENCODING).await;
    let stream = api.expect("watchlist").await.stream(ENCODING);
    watched.expect("version none, init Start").await;
    for number in 0..200 {
        let name = format!("pod-{number}");
        let event = added(&name, "5", ENCODING);
        let (first, rest) = event.split_at(number % event.len());
        sleep(Duration::from_secs(59)).await;
        stream.send(first.to_vec()).await;
        sleep(Duration::from_secs(if first.is_empty() { 0 } else { 59 })).await;
        stream.send(rest.to_vec()).await;
        watched.expect(&format!("apply {name}")).await;
    }
    stream.send(end_of_list("7", ENCODING)).await;
    watched.expect("done, version 7, in sight, live").await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_stalls_for_a_minute_is_read_in_pages() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), None);
    api.pass_probe("probe", ENCODING).await;
    let stream = api.expect("watchlist").await.stream(ENCODING);
    stream.send(added("a", "5", ENCODING)).await;
    watched.expect("version none, init Start, apply a").await;
    let began = Instant::now();
    watched.expect("broken, no watchlist").await;
    assert_eq!(began.elapsed(), Duration::from_mins(1));
    api.expect("list").await.answer(200, ENCODING, list(&["a"], "7", "", ENCODING));
    watched.expect("version none, init Start, apply a, done, version 7, in sight").await;
}

#[tokio::test(start_paused = true)]
async fn a_program_that_was_held_up_does_not_blame_the_server() {
    let mut api = Api::new();
    let mut watched = Watched::with_room(api.cluster(), None, 1);
    api.pass_probe("probe", ENCODING).await;
    let stream = api.expect("watchlist").await.stream(ENCODING);
    stream.send(end_of_list("7", ENCODING)).await;
    // The receiver takes ten minutes, in which the server's bookmarks pile up in the network.
    sleep(Duration::from_mins(10)).await;
    watched.expect("version none, init Start, done, version 7, in sight, live").await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(watched.waiting(), [""; 0]);
    stream.send(bookmark("8", ENCODING)).await;
    watched.expect("version 8").await;
    // A silence after that is the server's.
    let heard = Instant::now();
    watched.expect("lost, trouble Lost").await;
    assert_eq!(heard.elapsed(), Duration::from_secs(150));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_sent_while_the_program_was_held_up_may_take_a_moment_to_be_read() {
    let mut api = Api::new();
    let mut watched = Watched::with_room(api.cluster(), None, 1);
    api.pass_probe("probe", ENCODING).await;
    let stream = api.expect("watchlist").await.stream(ENCODING);
    stream.send(end_of_list("7", ENCODING)).await;
    watched.expect("version none, init Start, done, version 7, in sight, live").await;
    stream.send(added("a", "8", ENCODING)).await;
    sleep(Duration::from_mins(10)).await;
    watched.expect("apply a, version 8").await;
    sleep(Duration::from_millis(10)).await;
    stream.send(bookmark("9", ENCODING)).await;
    watched.expect("version 9").await;
}
