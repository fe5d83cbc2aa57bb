//! Just enough discovery that general tools find the pods.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::{Server, response};

pub(super) fn routes() -> Router<Server> {
    Router::new()
        .route("/version", get(|| async { document(&version()) }))
        .route("/api", get(|| async { document(&versions()) }))
        .route("/apis", get(|| async { document(&groups()) }))
        .route("/api/v1", get(|| async { document(&resources()) }))
}

fn document(value: &Value) -> Response {
    response(200, "application/json", Body::from(value.to_string()))
}

fn version() -> Value {
    json!({ "major": "1", "minor": "37", "gitVersion": "v1.37.0-simulated", "platform": "simulated" })
}

fn versions() -> Value {
    json!({ "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [] })
}

fn groups() -> Value {
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": [] })
}

fn resources() -> Value {
    let pods = json!({
        "name": "pods",
        "singularName": "pod",
        "namespaced": true,
        "kind": "Pod",
        "verbs": ["get", "list", "watch"],
        "shortNames": ["po"],
        "categories": ["all"],
    });
    json!({ "kind": "APIResourceList", "groupVersion": "v1", "resources": [pods] })
}
