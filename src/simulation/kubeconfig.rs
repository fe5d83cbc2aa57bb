//! The way to a simulated cluster.

use std::net::SocketAddr;

use serde_json::json;

/// A kubeconfig that leads to the server at `address`, whose cluster and context are called `name`: in
/// JSON, which is YAML too.
#[must_use]
pub fn kubeconfig(address: SocketAddr, name: &str) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": name, "cluster": { "server": format!("http://{address}") } }],
        "users": [{ "name": name, "user": {} }],
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
        "current-context": name,
    });
    format!("{config:#}\n")
}
