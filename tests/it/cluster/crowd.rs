//! A thousand pods that share images, in containers of every kind.

use std::sync::LazyLock;

use serde_json::Value;

use super::api::Api;
use super::planes::shared;
use super::pods::Pod;

/// Selects them among the pods of other tests.
pub(crate) const SELECTOR: &str = "crowd=yes";

/// More than two pages of a list.
const PODS: usize = 1_050;
const NAMESPACES: [&str; 2] = ["crowd-a", "crowd-b"];

/// The crowd of the shared control plane, as the API tells it.
pub(crate) fn shared_crowd() -> &'static [Value] {
    static CROWD: LazyLock<Vec<Value>> = LazyLock::new(|| gather(shared().api()));
    &CROWD
}

/// Makes a crowd through the API, and returns it as the API tells it.
pub(crate) fn gather(api: &Api) -> Vec<Value> {
    for namespace in NAMESPACES {
        api.create_namespace(namespace);
    }
    api.create_pods((0..PODS).map(member));
    for number in (0..PODS).step_by(50) {
        let (namespace, name) = place(number);
        api.debug_pod(namespace, &name, "debug", &format!("debug.test/shell:{}", number % 3));
    }
    NAMESPACES.into_iter().flat_map(|namespace| api.pods(namespace)).collect()
}

fn place(number: usize) -> (&'static str, String) {
    // Names that sort otherwise than they were made.
    (NAMESPACES[number % NAMESPACES.len()], format!("pod-{}-{number}", number * 7 % 10))
}

fn member(number: usize) -> Pod {
    let (namespace, name) = place(number);
    let image = |repository: &str, tags: usize| format!("{repository}:{}", number % tags);
    // Two spellings of one image among them.
    let web = ["nginx", "docker.io/library/nginx:latest", "quay.io/web/nginx"][number % 3];
    Pod::new(namespace, &name)
        .label("crowd", "yes")
        .controller("apps/v1", "DaemonSet", "crowd")
        .app("app", &image("registry.test:5000/shop/app", 97))
        .app("web", web)
        .init("setup", &image("setup.test/init", 31))
        .sidecar("proxy", &image("proxy", 7))
        .volume("data", &image("data.test/volume", 13))
}
