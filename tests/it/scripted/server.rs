//! A server that hands each request to the test, and the test's answer back.

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use futures_util::stream::unfold;
use kimager::connect::Cluster;
use kimager::watch::wire::Encoding;
use kube_client::Client;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, channel, unbounded_channel};
use tokio::sync::oneshot;

use super::watched::in_time;

/// The test's side of the server.
pub(super) struct Api {
    asked: UnboundedReceiver<Asked>,
    router: Router,
}

/// A request that waits for its answer, for ever if it is forgotten.
pub(super) struct Asked {
    pub(super) request: Request,
    answer: oneshot::Sender<Response>,
}

impl Api {
    pub(super) fn new() -> Self {
        let (tell, asked) = unbounded_channel();
        let handler = async move |request: Request| {
            let (answer, answered) = oneshot::channel();
            let _ = tell.send(Asked { request, answer });
            match answered.await {
                Ok(response) => response,
                Err(_) => std::future::pending().await,
            }
        };
        Self { asked, router: Router::new().fallback(handler) }
    }

    /// The service itself, for a real socket.
    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// The cluster behind this server, without a network between.
    pub(super) fn cluster(&self) -> Cluster {
        Cluster::of_client(Client::new(self.router.clone(), "default"), "test")
    }

    /// The next request, which must be `expected`, in the words of [`Asked::words`].
    pub(super) async fn expect(&mut self, expected: &str) -> Asked {
        let asked = self.next().await;
        assert_eq!(asked.words(), expected, "{}", asked.request.uri());
        asked
    }

    pub(super) async fn next(&mut self) -> Asked {
        in_time(self.asked.recv()).await.expect("the watch has ended")
    }

    /// Answers the probe.
    pub(super) async fn pass_probe(&mut self, expected: &str, encoding: Encoding) {
        let pods = super::bodies::list(&["any"], "5", "", encoding);
        self.expect(expected).await.answer(200, encoding, pods);
    }
}

fn content_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
        Encoding::Json => "application/json;stream=watch",
    }
}

impl Asked {
    /// What is asked, in short: `probe`, `probe 7`, `watchlist`, `watch 7`, `list`, `list at 7`,
    /// `list after x`, `list all`.
    pub(super) fn words(&self) -> String {
        let query = self.request.uri().query().unwrap_or_default();
        let value = |key: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).next()
        };
        let version = value("resourceVersion").unwrap_or_default();
        if value("sendInitialEvents").is_some() {
            return "watchlist".to_owned();
        }
        if value("watch").is_some() {
            return format!("watch {version}");
        }
        match (value("limit").as_deref(), value("continue")) {
            (Some("1"), _) => format!("probe {version}").trim_end().to_owned(),
            (_, Some(token)) => format!("list after {token}"),
            (Some(_), None) if value("resourceVersionMatch").as_deref() == Some("Exact") => {
                format!("list at {version}")
            }
            (Some(_), None) => "list".to_owned(),
            (None, None) => "list all".to_owned(),
        }
    }

    /// Answers with a whole body.
    pub(super) fn answer(self, code: u16, encoding: Encoding, body: Vec<u8>) {
        self.answer_as(code, content_type(encoding), body);
    }

    pub(super) fn answer_as(self, code: u16, content_type: &str, body: impl Into<Body>) {
        let response = Response::builder().status(code).header("content-type", content_type);
        self.respond(response.body(body.into()).expect("a response"));
    }

    pub(super) fn respond(self, response: Response) {
        // The watch may have given up.
        let _ = self.answer.send(response);
    }

    /// Begins to answer with 200 and a body that follows.
    pub(super) fn stream(self, encoding: Encoding) -> Stream {
        let (chunks, body) = channel(1);
        let body = unfold(body, async |mut body| body.recv().await.map(|chunk| (chunk, body)));
        self.answer_as(200, content_type(encoding), Body::from_stream(body));
        Stream { chunks }
    }
}

/// A body under way. It ends when this is dropped.
pub(super) struct Stream {
    chunks: Sender<io::Result<Bytes>>,
}

impl Stream {
    pub(super) async fn send(&self, bytes: impl Into<Bytes>) {
        self.chunks.send(Ok(bytes.into())).await.expect("nobody reads the body");
    }

    /// Sends the bytes one by one.
    pub(super) async fn trickle(&self, bytes: &[u8]) {
        for &byte in bytes {
            self.send(vec![byte]).await;
        }
    }

    /// Whether there was somebody to take in more at once.
    pub(super) fn try_send(&self, bytes: Vec<u8>) -> bool {
        self.chunks.try_send(Ok(bytes.into())).is_ok()
    }

    /// Cuts the connection.
    pub(super) async fn cut(self) {
        let _ = self.chunks.send(Err(io::ErrorKind::ConnectionReset.into())).await;
    }

    /// Until nobody reads any more.
    pub(super) async fn abandoned(&self) {
        self.chunks.closed().await;
    }
}
