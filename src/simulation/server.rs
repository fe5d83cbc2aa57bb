//! The simulated cluster over HTTP/1.1: what a kube-apiserver of 1.37 answers about pods.
//!
//! LIST in pages, WATCH with resume, bookmarks and `WatchList`, each in JSON and protobuf; enough
//! discovery for `kubectl get pods -A`. Only GET: nothing can be changed from outside.

mod discovery;
mod request;
mod watcher;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::request::{List, Parameters, Request, Version, encoding_for};
use self::watcher::{Watched, Watcher};
use super::cluster::Cluster;
use super::encoding;
use super::status::Refusal;
use crate::watch::wire::Encoding;

/// What kind of server it is.
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// Whether `WatchList` is known, which servers before 1.34 may not.
    pub watch_list: bool,
    /// Whether protobuf is refused, as some proxies and aggregated servers do.
    pub json_only: bool,
    /// The time between two bookmarks.
    pub bookmark_interval: Duration,
    /// How long a request waits for a version that is not there yet.
    pub freshness_wait: Duration,
}

impl Default for ServerOptions {
    /// As kube-apiserver 1.37.
    fn default() -> Self {
        Self {
            watch_list: true,
            json_only: false,
            bookmark_interval: Duration::from_mins(1),
            freshness_wait: Duration::from_secs(3),
        }
    }
}

/// What a request is answered from.
#[derive(Clone, Debug)]
struct Server {
    cluster: Cluster,
    options: ServerOptions,
    /// Turns true when the server stops.
    closing: watch::Receiver<bool>,
}

/// Serves `cluster` until `shutdown` is done, then ends all watches and open requests.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    cluster: Cluster,
    options: ServerOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (close, closing) = watch::channel(false);
    let server = Server { cluster, options, closing };
    let router = Router::new()
        .route("/api/v1/pods", get(all_pods))
        .route("/api/v1/namespaces/{namespace}/pods", get(pods_of_namespace))
        .route("/api/v1/namespaces/{namespace}/pods/{name}", get(one_pod))
        .merge(discovery::routes())
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(server);
    // As Go's servers do: else an event waits until what came before it was acknowledged.
    let listener = listener.tap_io(|connection| {
        // What cannot be set makes it slower, no more.
        let _ = connection.set_nodelay(true);
    });
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            shutdown.await;
            close.send_replace(true);
        })
        .await
}

type Parsed = Result<Query<Parameters>, QueryRejection>;

async fn all_pods(State(server): State<Server>, headers: HeaderMap, parameters: Parsed) -> Response {
    server.pods(None, &headers, parameters).await
}

async fn pods_of_namespace(
    State(server): State<Server>,
    Path(namespace): Path<Box<str>>,
    headers: HeaderMap,
    parameters: Parsed,
) -> Response {
    server.pods(Some(namespace), &headers, parameters).await
}

async fn one_pod(
    State(server): State<Server>,
    Path((namespace, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    answer(&headers, server.options, |encoding| {
        let pod = server.cluster.with(|store| store.get(&namespace, &name).map(Arc::clone));
        let pod = pod.ok_or_else(|| Refusal::not_found(&format!("pods {name:?}")))?;
        Ok(body(encoding, encoding::pod_body(&pod, encoding)))
    })
}

async fn unknown_path(State(server): State<Server>, headers: HeaderMap, uri: Uri) -> Response {
    answer(&headers, server.options, |_| Err(Refusal::not_found(uri.path())))
}

async fn wrong_method(State(server): State<Server>, headers: HeaderMap, method: Method) -> Response {
    answer(&headers, server.options, |_| Err(Refusal::method_not_allowed(method.as_str())))
}

fn answer(
    headers: &HeaderMap,
    options: ServerOptions,
    respond: impl FnOnce(Encoding) -> Result<Response, Refusal>,
) -> Response {
    let encoding = match encoding_for(headers, options.json_only) {
        Ok(encoding) => encoding,
        Err(refusal) => return refused(&refusal, Encoding::Json),
    };
    respond(encoding).unwrap_or_else(|refusal| refused(&refusal, encoding))
}

impl Server {
    async fn pods(&self, namespace: Option<Box<str>>, headers: &HeaderMap, parameters: Parsed) -> Response {
        let encoding = match encoding_for(headers, self.options.json_only) {
            Ok(encoding) => encoding,
            Err(refusal) => return refused(&refusal, Encoding::Json),
        };
        let request = parameters
            .map_err(|rejection| Refusal::bad_request(rejection.body_text()))
            .and_then(|Query(parameters)| parameters.request(self.options.watch_list));
        let response = match request {
            Err(refusal) => Err(refusal),
            Ok(Request::List(list)) => self.list(namespace.as_deref(), &list, encoding).await,
            Ok(Request::Watch(request)) => {
                let what = Watched { namespace, selector: request.selector, encoding };
                let watcher = Watcher::new(self, what, request.start, request.bookmarks, request.timeout);
                Ok(stream_of(watcher, encoding))
            }
        };
        response.unwrap_or_else(|refusal| refused(&refusal, encoding))
    }

    async fn list(
        &self,
        namespace: Option<&str>,
        list: &List,
        encoding: Encoding,
    ) -> Result<Response, Refusal> {
        let (asked, start) = match &list.version {
            Version::Current => (None, None),
            Version::NotOlderThan(version) => {
                self.wait_for(*version).await?;
                (None, None)
            }
            Version::Exact(version) => {
                self.wait_for(*version).await?;
                (Some(*version), None)
            }
            Version::Continue { version, key } => (Some(*version), Some(&**key)),
        };
        let (page, version) = self.cluster.with(|store| {
            let version = asked.unwrap_or(store.version());
            let page = store.page(version, namespace, start, list.limit, |pod| list.selector.matches(pod));
            (page, version)
        });
        let page = page.map_err(|expired| match start {
            Some(_) => Refusal::continue_expired(),
            None => Refusal::expired(version, expired.oldest),
        })?;
        let token = page.next.as_deref().map_or(String::new(), |key| request::token(version, key));
        Ok(body(encoding, encoding::list_body(&page, version, &token, encoding)))
    }

    /// Waits until the cluster has reached a version, as long as a real server does.
    async fn wait_for(&self, version: u64) -> Result<(), Refusal> {
        let mut versions = self.cluster.versions();
        let reached = versions.wait_for(|current| *current >= version);
        let outcome = tokio::time::timeout(self.options.freshness_wait, reached).await.is_ok();
        if outcome { Ok(()) } else { Err(Refusal::too_large(version, self.cluster.with(|s| s.version()))) }
    }
}

fn content_type(encoding: Encoding, is_watch: bool) -> &'static str {
    match (encoding, is_watch) {
        (Encoding::Json, _) => "application/json",
        (Encoding::Protobuf, false) => "application/vnd.kubernetes.protobuf",
        (Encoding::Protobuf, true) => "application/vnd.kubernetes.protobuf;stream=watch",
    }
}

fn body(encoding: Encoding, bytes: Bytes) -> Response {
    response(200, content_type(encoding, false), Body::from(bytes))
}

fn stream_of(watcher: Watcher, encoding: Encoding) -> Response {
    let frames = stream::unfold(watcher, |mut watcher| async {
        let frame = watcher.next().await?;
        Some((Ok::<_, Infallible>(frame), watcher))
    });
    response(200, content_type(encoding, true), Body::from_stream(frames))
}

fn refused(refusal: &Refusal, encoding: Encoding) -> Response {
    let bytes = encoding::refusal_body(refusal, encoding);
    let mut response = response(refusal.code, content_type(encoding, false), Body::from(bytes));
    if let Some(wait) = refusal.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    response
}

fn response(code: u16, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    // Every code here is one of our own constants.
    *response.status_mut() = axum::http::StatusCode::from_u16(code).unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests;
