//! A reverse proxy in front of an API server: plain HTTP on loopback, and JSON only. It can hold up
//! audits.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, HOST, HeaderValue};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use super::api::{Api, RUNTIME};
use super::kimager::PATIENCE;

#[derive(Clone)]
struct Upstream {
    api: Api,
    has_json: Arc<AtomicBool>,
    audits: Audits,
}

/// The audits that come by, which may have to wait.
#[derive(Clone)]
struct Audits {
    are_held: watch::Sender<bool>,
    asked: watch::Sender<usize>,
}

/// A running proxy; it ends with the test program.
pub(crate) struct JsonProxy {
    address: SocketAddr,
    has_json: Arc<AtomicBool>,
    audits: Audits,
}

impl JsonProxy {
    /// A proxy that passes everything on as the user of a kubeconfig, but for protobuf, which
    /// it does not let anybody ask for.
    pub(crate) fn start(kubeconfig: &Path) -> Self {
        let api = Api::connect(kubeconfig).expect("a client for the proxy");
        let has_json = Arc::new(AtomicBool::new(false));
        let audits = Audits { are_held: watch::Sender::new(false), asked: watch::Sender::new(0) };
        let upstream = Upstream { api, has_json: Arc::clone(&has_json), audits: audits.clone() };
        let listener = RUNTIME.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.expect("a loopback port");
        let address = listener.local_addr().expect("a listener has an address");
        let router = Router::new().fallback(pass_on).with_state(upstream);
        RUNTIME.spawn(async move { axum::serve(listener, router).await });
        Self { address, has_json, audits }
    }

    /// What a kubeconfig calls the server.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets no audit through from here on.
    pub(crate) fn hold_audits(&self) {
        self.audits.are_held.send_replace(true);
    }

    /// Lets them through again.
    pub(crate) fn release_audits(&self) {
        self.audits.are_held.send_replace(false);
    }

    /// How many audits were asked for; waits for more than `known`.
    pub(crate) fn audits_beyond(&self, known: usize) -> usize {
        let mut asked = self.audits.asked.subscribe();
        let more = async { asked.wait_for(|asked| *asked > known).await.map(|asked| *asked) };
        let more = RUNTIME.block_on(async { timeout(PATIENCE, more).await });
        more.expect("an audit in time").expect("the proxy runs")
    }

    /// Whether anything went through as JSON that was asked for as protobuf.
    pub(crate) fn turned_to_json(&self) -> bool {
        self.has_json.load(Ordering::Relaxed)
    }
}

async fn pass_on(
    State(upstream): State<Upstream>,
    mut request: Request,
) -> Result<Response, (StatusCode, String)> {
    let accepted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (binary, text): (Vec<_>, Vec<_>) = accepted.split(',').partition(|kind| kind.contains("protobuf"));
    let text = HeaderValue::from_str(&text.join(",")).expect("a part of a header is a header");
    upstream.has_json.fetch_or(!binary.is_empty(), Ordering::Relaxed);
    request.headers_mut().insert(ACCEPT, text);
    request.headers_mut().remove(HOST);
    if request.uri().query().is_some_and(|query| query.contains("resourceVersionMatch=Exact")) {
        let Audits { are_held, asked } = upstream.audits;
        asked.send_modify(|asked| *asked += 1);
        // The proxy holds the sender too.
        let _ = are_held.subscribe().wait_for(|are_held| !are_held).await;
    }
    // kimager only reads: its requests have no bodies.
    let request = request.map(|_| kube_client::client::Body::empty());
    let answer = upstream.api.client().send(request).await;
    answer.map(|answer| answer.map(Body::new)).map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))
}
