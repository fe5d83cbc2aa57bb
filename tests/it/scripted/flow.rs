//! Lists and watches as they should go, and how the bytes of them arrive.

use kimager::watch::wire::Encoding;

use super::bodies::{
    ENCODINGS, EXPIRED, NO_WATCH_LIST, TOO_LARGE, added, bookmark, end_of_list, event, list, unreadable,
};
use super::server::{Api, Stream};
use super::watched::Watched;

/// A watch that has listed nothing and goes on from version 7.
pub(super) async fn live(encoding: Encoding) -> (Api, Watched, Stream) {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), None);
    api.pass_probe("probe", encoding).await;
    let stream = api.expect("watchlist").await.stream(encoding);
    stream.send(end_of_list("7", encoding)).await;
    watched.expect("version none, init Start, done, version 7, in sight, live").await;
    (api, watched, stream)
}

#[tokio::test(start_paused = true)]
async fn a_list_is_streamed_and_the_watch_goes_on_in_either_encoding() {
    for encoding in ENCODINGS {
        let mut api = Api::new();
        let mut watched = Watched::new(api.cluster(), None);
        api.pass_probe("probe", encoding).await;
        let stream = api.expect("watchlist").await.stream(encoding);
        stream.send(added("a", "5", encoding)).await;
        stream.send(end_of_list("7", encoding)).await;
        watched.expect("version none, init Start, apply a, done, version 7, in sight, live").await;
        stream.send(event("MODIFIED", "a", "8", encoding)).await;
        stream.send(event("DELETED", "a", "9", encoding)).await;
        stream.send(bookmark("11", encoding)).await;
        watched.expect("apply a, version 8, delete a, version 9, version 11").await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_request_asks_for_protobuf_first_and_for_nothing_compressed() {
    let mut api = Api::new();
    let _watched = Watched::new(api.cluster(), None);
    for accept in [
        "application/vnd.kubernetes.protobuf, application/json",
        "application/vnd.kubernetes.protobuf;stream=watch, application/json",
        "application/vnd.kubernetes.protobuf, application/json",
    ] {
        let asked = api.next().await;
        let headers = asked.request.headers();
        assert_eq!(headers["accept"], accept);
        let encodings: Vec<_> = headers.get_all("accept-encoding").iter().collect();
        assert_eq!(encodings, ["identity"]);
        match &*asked.words() {
            "watchlist" => asked.answer(422, Encoding::Json, NO_WATCH_LIST.body(Encoding::Json)),
            _ => asked.answer(200, Encoding::Json, list(&[], "7", "x", Encoding::Json)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_may_come_one_by_one_or_all_at_once() {
    for encoding in ENCODINGS {
        let (_api, mut watched, stream) = live(encoding).await;
        let events =
            [added("a", "8", encoding), added("b", "9", encoding), bookmark("10", encoding)].concat();
        stream.trickle(&events).await;
        watched.expect("apply a, version 8, apply b, version 9, version 10").await;
        stream.send(events).await;
        watched.expect("apply a, version 8, apply b, version 9, version 10").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_be_cut_anywhere_and_is_resumed_from_the_last_whole_event() {
    for encoding in ENCODINGS {
        let event = added("a", "8", encoding);
        for cut in [1, 3, 4, 5, event.len() / 2, event.len() - 1] {
            let (mut api, mut watched, stream) = live(encoding).await;
            stream.send(event[..cut].to_vec()).await;
            drop(stream);
            watched.expect("lost, trouble Lost").await;
            assert!(watched.notice.contains("in the midst of an event"), "{}", watched.notice);
            api.pass_probe("probe 7", encoding).await;
            let stream = api.expect("watch 7").await.stream(encoding);
            stream.send(event.clone()).await;
            watched.expect("live, apply a, version 8").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_in_time_is_resumed_without_a_word() {
    let (mut api, mut watched, stream) = live(Encoding::Protobuf).await;
    tokio::time::sleep(std::time::Duration::from_secs(100)).await;
    drop(stream);
    api.pass_probe("probe 7", Encoding::Protobuf).await;
    let stream = api.expect("watch 7").await.stream(Encoding::Protobuf);
    stream.send(bookmark("9", Encoding::Protobuf)).await;
    watched.expect("live, version 9").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_without_watch_lists_is_read_in_pages() {
    for encoding in ENCODINGS {
        let mut api = Api::new();
        let mut watched = Watched::new(api.cluster(), None);
        api.pass_probe("probe", encoding).await;
        api.expect("watchlist").await.answer(422, encoding, NO_WATCH_LIST.body(encoding));
        api.expect("list").await.answer(200, encoding, list(&["a", "b"], "7", "x", encoding));
        let page = api.expect("list after x").await.stream(encoding);
        page.trickle(&list(&["c"], "8", "y", encoding)).await;
        drop(page);
        api.expect("list after y").await.answer(200, encoding, list(&[], "9", "", encoding));
        watched.expect("no watchlist, version none, init Start, apply a, apply b, apply c").await;
        watched.expect("done, version 7, in sight").await;
        let _stream = api.expect("watch 7").await.stream(encoding);
        watched.expect("live").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_cut_or_has_expired_starts_the_list_over() {
    for encoding in ENCODINGS {
        let mut api = Api::new();
        let mut watched = Watched::new(api.cluster(), None);
        api.pass_probe("probe", encoding).await;
        api.expect("watchlist").await.answer(422, encoding, NO_WATCH_LIST.body(encoding));
        let mut page = list(&["a", "b"], "7", "x", encoding);
        page.truncate(page.len() * 3 / 4);
        api.expect("list").await.answer(200, encoding, page);
        watched.expect("no watchlist, version none, init Start, apply a, broken, trouble Lost").await;
        api.expect("list").await.answer(200, encoding, list(&["a"], "7", "x", encoding));
        api.expect("list after x").await.answer(410, encoding, EXPIRED.body(encoding));
        watched.expect("version none, init Start, apply a, broken, relist PageExpired").await;
        api.expect("list all").await.answer(200, encoding, list(&["a", "b"], "9", "", encoding));
        watched.expect("version none, init Start, apply a, apply b, done, version 9, in sight").await;
        api.expect("watch 9").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_too_old_or_too_new_makes_a_new_list() {
    for encoding in ENCODINGS {
        let (mut api, mut watched, stream) = live(encoding).await;
        stream.send(EXPIRED.frame(encoding)).await;
        watched.expect("version none, lost, relist Expired").await;
        api.expect("watchlist").await;

        let mut api = Api::new();
        let mut watched = Watched::new(api.cluster(), Some("7"));
        api.expect("probe 7").await.answer(504, encoding, TOO_LARGE.body(encoding));
        watched.expect("version none, relist Ahead").await;
        api.expect("watchlist").await;
    }
}

/// A server that behaves lists no older state than its store's; one that does not is followed.
#[tokio::test(start_paused = true)]
async fn a_replica_that_lags_is_not_resumed_from_and_what_it_catches_up_with_is_told() {
    for encoding in ENCODINGS {
        let (mut api, mut watched, stream) = live(encoding).await;
        stream.send(added("a", "8", encoding)).await;
        watched.expect("apply a, version 8").await;
        stream.cut().await;
        watched.expect("lost, trouble Lost").await;

        api.expect("probe 8").await.answer(504, encoding, TOO_LARGE.body(encoding));
        watched.expect("version none, relist Ahead").await;
        assert!(watched.notice.contains("lags behind another server"), "{}", watched.notice);
        let stream = api.expect("watchlist").await.stream(encoding);
        stream.send(end_of_list("6", encoding)).await;
        watched.expect("version none, init Relist, done, version 6, in sight").await;
        stream.send(added("a", "8", encoding)).await;
        watched.expect("live, apply a, version 8").await;
        stream.cut().await;
        watched.expect("lost").await;
        api.expect("probe 8").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_does_not_decode_is_kept_and_the_stream_goes_on() {
    for encoding in ENCODINGS {
        let (_api, mut watched, stream) = live(encoding).await;
        stream.send([unreadable("odd", encoding), added("a", "10", encoding)].concat()).await;
        watched.expect("keep odd, unread, unreadable, apply a, version 10").await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_waits_while_the_receiver_is_slow() {
    let mut api = Api::new();
    let room = 8;
    let mut watched = Watched::with_room(api.cluster(), None, room);
    let encoding = Encoding::Protobuf;
    api.pass_probe("probe", encoding).await;
    let stream = api.expect("watchlist").await.stream(encoding);
    let mut sent = 0;
    for number in 0..100 {
        sent += usize::from(stream.try_send(added(&format!("pod-{number}"), "5", encoding)));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    assert!(sent <= room + 4, "{sent} events are in memory");
    let mut came = Vec::new();
    while came.len() < sent {
        came.push(watched.next().await);
        came.retain(|word| word.starts_with("apply"));
    }
    let in_order: Vec<_> = (0..sent).map(|number| format!("apply pod-{number}")).collect();
    assert_eq!(came, in_order);
}

#[tokio::test(start_paused = true)]
async fn the_watch_ends_when_nobody_listens() {
    let (_api, watched, stream) = live(Encoding::Protobuf).await;
    tokio::join!(watched.stop_listening(), async {
        stream.send(bookmark("8", Encoding::Protobuf)).await;
        stream.abandoned().await;
    });
}
