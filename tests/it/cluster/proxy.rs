//! A reverse proxy in front of an API server: plain HTTP on loopback, and JSON only.

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

use super::api::{Api, RUNTIME};

#[derive(Clone)]
struct Upstream {
    api: Api,
    has_json: Arc<AtomicBool>,
}

/// A running proxy; it ends with the test program.
pub(crate) struct JsonProxy {
    address: SocketAddr,
    has_json: Arc<AtomicBool>,
}

impl JsonProxy {
    /// A proxy that passes everything on as the user of a kubeconfig, but for protobuf, which
    /// it does not let anybody ask for.
    pub(crate) fn start(kubeconfig: &Path) -> Self {
        let api = Api::connect(kubeconfig).expect("a client for the proxy");
        let has_json = Arc::new(AtomicBool::new(false));
        let upstream = Upstream { api, has_json: Arc::clone(&has_json) };
        let listener = RUNTIME.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.expect("a loopback port");
        let address = listener.local_addr().expect("a listener has an address");
        let router = Router::new().fallback(pass_on).with_state(upstream);
        RUNTIME.spawn(async move { axum::serve(listener, router).await });
        Self { address, has_json }
    }

    /// What a kubeconfig calls the server.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
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
    // kimager only reads: its requests have no bodies.
    let request = request.map(|_| kube_client::client::Body::empty());
    let answer = upstream.api.client().send(request).await;
    answer.map(|answer| answer.map(Body::new)).map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))
}
