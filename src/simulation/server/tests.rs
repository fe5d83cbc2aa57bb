use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kube_client::client::Body;
use kube_client::{Client, Config};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{ServerOptions, serve};
use crate::simulation::Cluster;
use crate::simulation::pod::{Pod, Template};
use crate::simulation::store::Store;
use crate::watch::wire::{Change, Encoding, Frame, FrameDecoder, ListDecoder, ListItem, PodReader, Status};

const BOTH: [Encoding; 2] = [Encoding::Json, Encoding::Protobuf];
const INITIAL: &str = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

/// A served cluster and a client of it, over real HTTP.
struct Rig {
    cluster: Cluster,
    client: Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

/// What a request was answered with.
struct Answer {
    code: u16,
    content_type: String,
    body: Body,
}

/// Quick where a real server waits for seconds.
fn options() -> ServerOptions {
    ServerOptions { freshness_wait: Duration::from_millis(10), ..ServerOptions::default() }
}

/// A server of an empty cluster at version 10 that remembers four events.
async fn rig(options: ServerOptions) -> Rig {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let cluster = Cluster::new(Store::new(10, 4));
    let (stop, stopped) = oneshot::channel();
    let serving = serve(listener, cluster.clone(), options, async { drop(stopped.await) });
    let served = tokio::spawn(serving);
    let mut config = Config::new(url);
    config.default_retry = false;
    Rig { cluster, client: Client::try_from(config).unwrap(), stop, served }
}

impl Rig {
    async fn send(&self, method: &str, path: &str, accept: &str) -> Answer {
        let request = http::Request::builder().method(method).uri(path).header("Accept", accept);
        let response = self.client.send(request.body(Body::empty()).unwrap()).await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        Answer { code: response.status().as_u16(), content_type, body: response.into_body() }
    }

    async fn get(&self, path: &str, encoding: Encoding) -> Answer {
        let accept = match encoding {
            Encoding::Json => "application/json",
            Encoding::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch, application/json",
        };
        self.send("GET", path, accept).await
    }

    /// Opens a watch; `query` says what of, and how.
    async fn watch(&self, query: &str, encoding: Encoding) -> Frames {
        self.watch_at("/api/v1/pods", query, encoding).await
    }

    async fn watch_at(&self, path: &str, query: &str, encoding: Encoding) -> Frames {
        let answer = self.get(&format!("{path}?watch=true&{query}"), encoding).await;
        assert_eq!(answer.code, 200, "{query}");
        let expected = match encoding {
            Encoding::Json => "application/json",
            Encoding::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
        };
        assert_eq!(answer.content_type, expected);
        Frames { decoder: FrameDecoder::new(encoding, &PodReader::default()), body: answer.body }
    }

    fn create(&self, path: &str, label: &str) {
        let (namespace, name) = path.split_once('/').unwrap();
        let template = Template { labels: vec![("app".into(), label.into())], ..Template::default() };
        let pod = Pod::new(&namespace.into(), name, 1, Timestamp::UNIX_EPOCH, &Arc::new(template));
        self.cluster.with(|store| store.create(pod)).unwrap();
    }

    fn relabel(&self, path: &str, label: &str) {
        let (namespace, name) = path.split_once('/').unwrap();
        let relabel = |pod: &mut Pod| Arc::make_mut(&mut pod.template).labels[0].1 = label.into();
        self.cluster.with(|store| store.patch(namespace, name, relabel)).unwrap();
    }

    fn delete(&self, path: &str) {
        let (namespace, name) = path.split_once('/').unwrap();
        self.cluster.with(|store| store.delete(namespace, name)).unwrap();
    }
}

impl Answer {
    async fn bytes(self) -> Bytes {
        self.body.collect().await.unwrap().to_bytes()
    }

    async fn status(self) -> Status {
        let code = self.code;
        Status::decode(code, &self.bytes().await)
    }
}

/// An open watch.
struct Frames {
    decoder: FrameDecoder,
    body: Body,
}

impl Frames {
    /// The next frame in short (`ADDED a/x 11`), or how the watch ended.
    async fn next(&mut self) -> String {
        loop {
            if let Some(frame) = self.decoder.next().unwrap() {
                return short(&frame);
            }
            match self.body.frame().await {
                Some(frame) => self.decoder.push(frame.unwrap().into_data().unwrap()),
                None => return "END".into(),
            }
        }
    }

    async fn expect(&mut self, expected: &[&str]) {
        for expected in expected {
            assert_eq!(self.next().await, *expected);
        }
    }
}

fn short(frame: &Frame) -> String {
    match frame {
        Frame::Pod { change, pod, resource_version } => {
            let change = match change {
                Change::Added => "ADDED",
                Change::Modified => "MODIFIED",
                Change::Deleted => "DELETED",
            };
            format!("{change} {}/{} {resource_version}", pod.namespace, pod.name)
        }
        Frame::Bookmark { resource_version, ends_initial_list: true } => {
            format!("INITIAL END {resource_version}")
        }
        Frame::Bookmark { resource_version, .. } => format!("BOOKMARK {resource_version}"),
        Frame::Error(status) => format!("ERROR {} {}", status.code, status.reason),
        Frame::Unreadable { reason, .. } => format!("UNREADABLE {reason}"),
    }
}

async fn listed(rig: &Rig, path: &str, encoding: Encoding) -> (Vec<String>, String, Option<String>) {
    let answer = rig.get(path, encoding).await;
    assert_eq!(answer.code, 200, "{path}");
    let mut decoder = ListDecoder::new(encoding, &PodReader::default());
    decoder.push(answer.bytes().await);
    let mut names = Vec::new();
    while let Some(item) = decoder.next().unwrap() {
        let ListItem::Pod(pod) = item else { panic!("{item:?}") };
        names.push(format!("{}/{}", pod.namespace, pod.name));
    }
    let meta = decoder.finish().unwrap();
    (names, meta.resource_version.into(), meta.continue_token)
}

#[tokio::test]
async fn a_watch_list_is_in_the_order_of_keys_ends_with_a_bookmark_and_goes_on_live() {
    for encoding in BOTH {
        let rig = rig(options()).await;
        for path in ["a/z", "a/m", "a-b/a"] {
            rig.create(path, "web");
        }
        let mut watch = rig.watch(INITIAL, encoding).await;
        watch.expect(&["ADDED a-b/a 13", "ADDED a/m 12", "ADDED a/z 11", "INITIAL END 13"]).await;
        rig.relabel("a/m", "cart");
        rig.delete("a/z");
        watch.expect(&["MODIFIED a/m 14", "DELETED a/z 15"]).await;

        let mut empty =
            rig.watch(&format!("{INITIAL}&fieldSelector=metadata.namespace=none"), encoding).await;
        empty.expect(&["INITIAL END 15"]).await;
    }
}

#[tokio::test]
async fn a_watch_resumes_after_its_version_and_has_expired_before_the_log() {
    for encoding in BOTH {
        let rig = rig(options()).await;
        for path in ["a/v", "a/w", "a/x", "a/y", "a/z"] {
            rig.create(path, "web");
        }
        let mut watch = rig.watch("resourceVersion=13", encoding).await;
        watch.expect(&["ADDED a/y 14", "ADDED a/z 15"]).await;
        let mut expired = rig.watch("resourceVersion=10", encoding).await;
        expired.expect(&["ERROR 410 Expired", "END"]).await;

        // From the future there is silence, and then what comes after that version.
        let mut future = rig.watch("resourceVersion=16", encoding).await;
        rig.create("b/x", "web");
        rig.create("b/y", "web");
        future.expect(&["ADDED b/y 17"]).await;
        watch.expect(&["ADDED b/x 16", "ADDED b/y 17"]).await;
    }
}

#[tokio::test]
async fn a_watch_of_a_namespace_is_told_of_no_other() {
    for encoding in BOTH {
        let rig = rig(options()).await;
        rig.create("a/x", "web");
        rig.create("b/x", "web");
        let mut watch = rig.watch_at("/api/v1/namespaces/b/pods", INITIAL, encoding).await;
        watch.expect(&["ADDED b/x 12", "INITIAL END 12"]).await;
        rig.delete("a/x");
        rig.delete("b/x");
        watch.expect(&["DELETED b/x 14"]).await;
    }
}

#[tokio::test]
async fn selectors_turn_changes_into_what_the_watch_sees_of_them() {
    for encoding in BOTH {
        let rig = rig(options()).await;
        let query = "resourceVersion=10&labelSelector=app%3Dweb&fieldSelector=metadata.namespace!%3Dout";
        let mut watch = rig.watch(query, encoding).await;
        rig.create("out/x", "web");
        rig.create("in/x", "web");
        rig.relabel("in/x", "cart");
        watch.expect(&["ADDED in/x 12", "DELETED in/x 13"]).await;
        rig.relabel("in/x", "web");
        rig.delete("in/x");
        watch.expect(&["ADDED in/x 14", "DELETED in/x 15"]).await;
    }
}

#[tokio::test]
async fn bookmarks_come_at_their_interval_and_before_a_clean_end() {
    let quick = ServerOptions { bookmark_interval: Duration::from_millis(20), ..options() };
    for encoding in BOTH {
        let rig = rig(quick).await;
        // A selector that matches nothing has bookmarks too, at the version of the whole cluster.
        let query = "resourceVersion=10&allowWatchBookmarks=true&fieldSelector=metadata.namespace%3Dnone";
        let mut watch = rig.watch(query, encoding).await;
        watch.expect(&["BOOKMARK 10", "BOOKMARK 10"]).await;
        rig.create("a/x", "web");
        while watch.next().await != "BOOKMARK 11" {}
    }
    let rig = rig(options()).await;
    let mut watch =
        rig.watch("resourceVersion=10&allowWatchBookmarks=true&timeoutSeconds=1", Encoding::Json).await;
    watch.expect(&["BOOKMARK 10", "END"]).await;
}

#[tokio::test]
async fn a_list_comes_in_pages_of_one_version_until_that_has_expired() {
    for encoding in BOTH {
        let rig = rig(options()).await;
        for path in ["a/x", "b/x", "b/y"] {
            rig.create(path, "web");
        }
        let (names, version, token) = listed(&rig, "/api/v1/pods?limit=2", encoding).await;
        assert_eq!((names, version.as_str()), (vec!["a/x".to_owned(), "b/x".to_owned()], "13"));
        let next = format!("/api/v1/pods?limit=2&continue={}", token.unwrap());
        rig.delete("b/y");
        rig.create("c/x", "web");
        let whole_second_page = (vec!["b/y".to_owned()], "13".to_owned(), None);
        assert_eq!(listed(&rig, &next, encoding).await, whole_second_page);
        let own = (vec!["b/x".to_owned()], "15".to_owned(), None);
        assert_eq!(listed(&rig, "/api/v1/namespaces/b/pods", encoding).await, own);
        for name in ["d/x", "d/y", "d/z"] {
            rig.create(name, "web");
        }
        let expired = rig.get(&next, encoding).await.status().await;
        assert!(expired.code == 410 && expired.is_expired(), "{expired}");
    }
}

#[tokio::test]
async fn a_version_from_the_future_is_too_large_for_a_list_and_for_a_watch_list() {
    for encoding in BOTH {
        let rig = rig(options()).await;
        let probe = "/api/v1/pods?limit=1&resourceVersionMatch=NotOlderThan&resourceVersion=";
        let status = rig.get(&format!("{probe}11"), encoding).await.status().await;
        assert!(status.code == 504 && status.is_version_too_large(), "{status}");
        assert_eq!(status.retry_after, Some(Duration::from_secs(1)));
        let mut watch = rig.watch(&format!("{INITIAL}&resourceVersion=11"), encoding).await;
        watch.expect(&["ERROR 504 Timeout", "END"]).await;
        rig.create("a/x", "web");
        assert_eq!(listed(&rig, &format!("{probe}11"), encoding).await.1, "11");
    }
}

#[tokio::test]
async fn refusals_are_statuses_in_the_encoding_that_was_asked_for() {
    for encoding in BOTH {
        let rig = rig(ServerOptions { watch_list: false, ..options() }).await;
        let check = async |path: &str, code: u16, reason: &str| {
            let status = rig.get(path, encoding).await.status().await;
            assert_eq!((status.code, status.reason.as_str()), (code, reason), "{path}");
            status
        };
        let refused = check(&format!("/api/v1/pods?watch=true&{INITIAL}"), 422, "Invalid").await;
        assert!(refused.refuses_watch_list());
        check("/api/v1/pods?resourceVersion=x", 500, "InternalError").await;
        check("/api/v1/pods?limit=x", 400, "BadRequest").await;
        check("/api/v1/pods?limit=1&limit=2", 400, "BadRequest").await;
        check("/api/v1/namespaces/a/pods/x", 404, "NotFound").await;
        check("/api/v1/nodes", 404, "NotFound").await;
    }
}

#[tokio::test]
async fn only_get_and_only_known_encodings_are_answered() {
    let any = rig(options()).await;
    let check = async |rig: &Rig, method: &str, accept: &str, code: u16, content_type: &str| {
        let answer = rig.send(method, "/api/v1/pods", accept).await;
        assert_eq!((answer.code, answer.content_type.as_str()), (code, content_type), "{method} {accept}");
    };
    let (json, protobuf) = ("application/json", "application/vnd.kubernetes.protobuf");
    check(&any, "GET", protobuf, 200, protobuf).await;
    check(&any, "GET", "*/*", 200, json).await;
    check(&any, "GET", "application/cbor", 406, json).await;
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        check(&any, method, protobuf, 405, protobuf).await;
    }
    let json_only = rig(ServerOptions { json_only: true, ..options() }).await;
    check(&json_only, "GET", &format!("{protobuf}, {json}"), 200, json).await;
    check(&json_only, "GET", protobuf, 406, json).await;
}

#[tokio::test]
async fn a_watch_that_reads_too_slowly_is_ended() {
    let rig = rig(options()).await;
    let mut watch = rig.watch(&format!("{INITIAL}&timeoutSeconds=60"), Encoding::Json).await;
    watch.expect(&["INITIAL END 10"]).await;
    // All at once: the log forgets the first events before the watch gets to see them.
    rig.cluster.with(|store| {
        for number in 0..5 {
            let template = Arc::new(Template::default());
            let pod = Pod::new(&"a".into(), number.to_string(), 1, Timestamp::UNIX_EPOCH, &template);
            store.create(pod).unwrap();
        }
    });
    watch.expect(&["END"]).await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_watches() {
    let rig = rig(options()).await;
    let mut watch = rig.watch(INITIAL, Encoding::Protobuf).await;
    watch.expect(&["INITIAL END 10"]).await;
    rig.stop.send(()).unwrap();
    watch.expect(&["END"]).await;
    drop((watch, rig.client));
    rig.served.await.unwrap().unwrap();
}
