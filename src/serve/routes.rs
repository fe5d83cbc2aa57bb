//! The routes, and what holds for each answer.

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};

use super::Told;
use super::health;
use super::metrics::{self, Metrics};
use super::record::{self, Asked};

/// All that can be asked, each by GET and HEAD.
pub(super) const ROUTES: [&str; 4] = ["/livez", "/readyz", "/metrics", "/api/v1/record/{question}"];

/// Nothing that is answered is to be kept, taken for something else, or told to whoever comes next.
const ON_EACH_ANSWER: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

pub(super) fn router(told: Told, metrics: Metrics) -> Router {
    let Told { health, figures: _, record } = told;
    let [live, ready, figures, rows] = ROUTES;
    let routes: [(&str, MethodRouter); 4] = [
        (live, get(health::live)),
        (ready, get(health::ready).with_state(health)),
        (figures, get(metrics::metrics).with_state(metrics)),
        (rows, get(record::answer).with_state(Asked::new(record))),
    ];
    let router = routes.into_iter().fold(Router::new(), |router, (path, route)| router.route(path, route));
    router
        .fallback(async || (StatusCode::NOT_FOUND, format!("there are {}\n", ROUTES.join(", "))))
        .layer(from_fn(refuse_body))
        .layer(map_response(with_headers))
}

/// No route takes a body. Whether one that comes all the same would end nobody knows, so that its
/// connection is good for nothing more.
async fn refuse_body(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads && !request.body().is_end_stream() {
        let close = [(CONNECTION, "close")];
        return (StatusCode::PAYLOAD_TOO_LARGE, close, "no request takes a body\n").into_response();
    }
    next.run(request).await
}

async fn with_headers(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().extend(ON_EACH_ANSWER);
    response
}
