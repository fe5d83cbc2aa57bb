//! Refusals, and answers that are none of an API server's.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use kimager::connect::Cluster;
use kimager::inventory::Scope;
use kimager::watch::wire::{Encoding, PodReader};
use kimager::watch::{Notice, list_once};
use tokio::time::Instant;

use super::bodies::{ENCODINGS, NO_WATCH_LIST, Refusal, added, bookmark, end_of_list, list};
use super::flow::live;
use super::server::Api;
use super::watched::Watched;

const FORBIDDEN: Refusal = Refusal {
    code: 403,
    reason: "Forbidden",
    message: "pods is forbidden: User \"kim\" cannot list resource \"pods\"",
    cause: ("", ""),
    retry_after: 0,
};

const PAGE: &str = "<html><body><h1>Welcome!</h1></body></html>";

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_in_the_server_s_own_words_in_either_encoding() {
    for encoding in ENCODINGS {
        let mut api = Api::new();
        let mut watched = Watched::new(api.cluster(), None);
        api.expect("probe").await.answer(403, encoding, FORBIDDEN.body(encoding));
        api.expect("watchlist").await.answer(403, encoding, FORBIDDEN.body(encoding));
        watched.expect("trouble Forbidden").await;
        assert!(watched.notice.contains(FORBIDDEN.message), "{}", watched.notice);
        assert!(!watched.notice.contains('\0'), "{:?}", watched.notice);
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_s_wish_to_wait_is_kept_whether_in_the_header_or_in_the_status() {
    for in_header in [true, false] {
        let mut api = Api::new();
        let _watched = Watched::new(api.cluster(), Some("7"));
        let refusal =
            Refusal { code: 429, retry_after: if in_header { 0 } else { 23 }, ..Refusal::default() };
        let mut response = Response::builder().status(429);
        if in_header {
            response = response.header("retry-after", "23");
        }
        let asked = api.expect("probe 7").await;
        let began = Instant::now();
        asked.respond(response.body(refusal.body(Encoding::Protobuf).into()).unwrap());
        api.expect("probe 7").await;
        assert_eq!(began.elapsed(), Duration::from_secs(23));
    }
}

#[tokio::test(start_paused = true)]
async fn wishes_that_make_no_sense_are_no_wishes() {
    for wish in ["18446744073709551615", "-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        let mut api = Api::new();
        let _watched = Watched::new(api.cluster(), Some("7"));
        let response = Response::builder().status(503).header("retry-after", wish);
        api.expect("probe 7").await.respond(response.body("".into()).unwrap());
        let began = Instant::now();
        api.expect("probe 7").await;
        assert!(began.elapsed() <= Duration::from_mins(5), "{wish}: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_s_page_is_told_as_such_without_its_markup() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), None);
    api.expect("probe").await.answer_as(200, "text/html", PAGE);
    watched.expect("trouble Foreign").await;
    assert!(watched.notice.contains("Welcome!"), "{}", watched.notice);
    assert!(!watched.notice.contains('<'), "{}", watched.notice);
    api.expect("probe").await.answer_as(502, "text/html", PAGE);
    watched.expect("trouble Refused").await;
    assert!(watched.notice.contains("502: Welcome!"), "{}", watched.notice);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_claims_to_be_an_event_is_not_waited_for() {
    // As the length of a frame, "<htm" is a gigabyte.
    for (encoding, body) in [(Encoding::Protobuf, PAGE), (Encoding::Json, "{}\n"), (Encoding::Json, "<p>\n")]
    {
        let (mut api, mut watched, stream) = live(encoding).await;
        stream.send(body).await;
        watched.expect("lost, trouble Foreign").await;
        assert_eq!(watched.notice.matches("does a proxy answer").count(), 1, "{}", watched.notice);
        stream.abandoned().await;
        api.expect("probe 7").await;
    }
}

/// A body that comes in pieces, and how many of them were taken.
fn in_pieces(pieces: Vec<Vec<u8>>) -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let pieces = pieces.into_iter().inspect(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    (Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>))), taken)
}

#[tokio::test(start_paused = true)]
async fn a_refusal_may_come_in_pieces() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), Some("7"));
    let refusal = Refusal { code: 500, message: "etcdserver: no leader", ..Refusal::default() };
    let pieces = refusal.body(Encoding::Json).chunks(7).map(<[u8]>::to_vec).collect();
    api.expect("probe 7").await.answer_as(500, "application/json", in_pieces(pieces).0);
    watched.expect("trouble Refused").await;
    assert!(watched.notice.contains(refusal.message), "{}", watched.notice);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_endless_length_is_cut() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), None);
    let (body, taken) = in_pieces(vec![vec![b'a'; 1000]; 8000]);
    api.expect("probe").await.answer_as(500, "text/plain", body);
    watched.expect("trouble Refused").await;
    assert!(watched.notice.len() < 2000, "{} bytes", watched.notice.len());
    assert!(taken.load(Ordering::Relaxed) < 100, "{taken:?} pieces were read");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_every_answer_at_once_is_not_asked_in_a_loop() {
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), Some("7"));
    let began = Instant::now();
    let mut asked = 0;
    while began.elapsed() < Duration::from_mins(10) {
        api.next().await.answer(200, Encoding::Protobuf, Vec::new());
        asked += 1;
    }
    assert!(asked <= 60, "{asked} requests in ten minutes");
    let told = watched.waiting();
    assert_eq!(told.iter().filter(|word| word.starts_with("trouble")).count(), 1, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_breaks_off_after_each_event_is_not_asked_in_a_loop() {
    let mut api = Api::new();
    let mut watched = Watched::with_room(api.cluster(), Some("7"), 1000);
    let began = Instant::now();
    let mut asked = 0;
    while began.elapsed() < Duration::from_mins(10) {
        let request = api.next().await;
        asked += 1;
        if request.words().starts_with("probe") {
            request.answer(200, Encoding::Protobuf, Vec::new());
        } else {
            let stream = request.stream(Encoding::Protobuf);
            stream.send(added("a", "8", Encoding::Protobuf)).await;
            stream.cut().await;
        }
    }
    assert!(asked <= 60, "{asked} requests in ten minutes");
    let told = watched.waiting();
    assert_eq!(told.iter().filter(|word| word.starts_with("trouble")).count(), 1, "{told:?}");
    assert!(!told.contains(&"recovered".to_owned()), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_may_only_get_and_watch_is_served_and_told_once() {
    let encoding = Encoding::Protobuf;
    let mut api = Api::new();
    let mut watched = Watched::new(api.cluster(), None);
    api.expect("probe").await.answer(403, encoding, FORBIDDEN.body(encoding));
    let stream = api.expect("watchlist").await.stream(encoding);
    stream.send(end_of_list("7", encoding)).await;
    watched.expect("version none, init Start, no list right, done, version 7, in sight, live").await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    drop(stream);
    api.expect("probe 7").await.answer(403, encoding, FORBIDDEN.body(encoding));
    let stream = api.expect("watch 7").await.stream(encoding);
    stream.send(bookmark("8", encoding)).await;
    watched.expect("live, version 8").await;
}

/// What one look tells, and the numbers of pods that were counted meanwhile.
async fn look(cluster: Cluster) -> Result<(Vec<Notice>, Vec<usize>), String> {
    let scopes = [Scope::default()];
    let mut counted = Vec::new();
    let listed = list_once(&cluster, &scopes, &PodReader::default(), |pods| counted.push(pods)).await;
    listed.map(|listed| (listed.notices, counted)).map_err(|error| error.to_string())
}

#[tokio::test(start_paused = true)]
async fn one_look_at_a_cluster_takes_the_same_ways_and_gives_up_at_the_first_trouble() {
    let encoding = Encoding::Protobuf;
    let mut api = Api::new();
    let looking = tokio::spawn(look(api.cluster()));
    api.pass_probe("probe", encoding).await;
    api.expect("watchlist").await.answer(422, encoding, NO_WATCH_LIST.body(encoding));
    api.expect("list").await.answer(200, encoding, list(&["a", "b"], "7", "x", encoding));
    api.expect("list after x").await.answer(200, encoding, list(&["c"], "7", "", encoding));
    let (notices, counted) = looking.await.unwrap().unwrap();
    assert!(matches!(&notices[..], [Notice::NoWatchList { .. }]), "{notices:?}");
    assert_eq!(counted, [0, 1, 2, 3, 3]);

    let mut api = Api::new();
    let looking = tokio::spawn(look(api.cluster()));
    api.expect("probe").await.answer(403, encoding, FORBIDDEN.body(encoding));
    api.expect("watchlist").await.answer(403, encoding, FORBIDDEN.body(encoding));
    let error = looking.await.unwrap().unwrap_err();
    for part in ["reading the pods of all namespaces", FORBIDDEN.message, "grant the account"] {
        assert!(error.contains(part), "{error}");
    }
}
