//! The real program beside a simulated API server.
#![expect(dead_code, reason = "the tests use more of it")]

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kimager::simulation::Cluster;
use kimager::simulation::crowd::Crowd;
use kimager::simulation::server::{ServerOptions, serve};
use serde_json::json;

#[path = "../../tests/it/cluster/lifeline.rs"]
mod lifeline;
#[path = "../../tests/it/cluster/process.rs"]
mod process;
#[path = "../cluster/process.rs"]
pub(crate) mod usage;
#[path = "../../tests/it/cluster/kimager.rs"]
pub(crate) mod watching;

pub(crate) use watching::Kimager;

/// Images of a cluster, however many pods.
const IMAGES: usize = 2_000;

/// A cluster of so many pods, served until this program ends; its kubeconfig is written to `folder`.
pub(crate) fn serve_pods(folder: &Path, pods: usize) -> (Cluster, Crowd, PathBuf) {
    let (cluster, crowd) = Cluster::with_pods(pods, IMAGES, Timestamp::now());
    let (tell, told) = std::sync::mpsc::channel();
    let served = cluster.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            tell.send(listener.local_addr().expect("its address")).expect("someone waits for it");
            let options = ServerOptions::default();
            serve(listener, served, options, std::future::pending()).await.expect("a server");
        });
    });
    let address = told.recv().expect("the server's address");
    let name = "bench";
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": name, "cluster": { "server": format!("http://{address}") } }],
        "users": [{ "name": name, "user": {} }],
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
        "current-context": name,
    });
    let kubeconfig = folder.join(format!("kubeconfig-{pods}"));
    std::fs::write(&kubeconfig, config.to_string()).expect("a kubeconfig");
    (cluster, crowd, kubeconfig)
}
