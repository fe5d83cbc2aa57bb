//! The API as the tests use it: blocking calls that panic with what was tried
//! and what came.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use http::header::CONTENT_TYPE;
use http::{Method, Request};
use kube_client::config::{KubeConfigOptions, Kubeconfig};
use kube_client::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Handle};

/// As many as let one server create about 130 pods a second.
const PARALLEL_CALLS: usize = 48;

/// Drives the connections of all clients, also between two calls: a connection
/// that the server closed meanwhile would otherwise fail the next one.
pub(crate) static RUNTIME: LazyLock<Handle> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    handle
});

const JSON: &str = "application/json";

/// How the body of a patch is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patch {
    /// Lists of objects are merged by their key, as `kubectl patch` does.
    Strategic,
    /// Lists are replaced.
    Merge,
}

impl Patch {
    fn content_type(self) -> &'static str {
        match self {
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Merge => "application/merge-patch+json",
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    content_type: &'static str,
    body: Option<Value>,
}

impl Call {
    /// Reads an object or a list.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, JSON, None)
    }

    /// Creates an object in the collection at `path`.
    pub(crate) fn create(path: impl Into<String>, object: Value) -> Self {
        Self::new(Method::POST, path, JSON, Some(object))
    }

    /// Changes a part of the object at `path`.
    pub(crate) fn patch(path: impl Into<String>, how: Patch, change: Value) -> Self {
        Self::new(Method::PATCH, path, how.content_type(), Some(change))
    }

    /// Replaces the object at `path`.
    pub(crate) fn replace(path: impl Into<String>, object: Value) -> Self {
        Self::new(Method::PUT, path, JSON, Some(object))
    }

    /// Replaces fields of the status at `path`, which ends in `/status`.
    pub(crate) fn status(path: impl Into<String>, change: Value) -> Self {
        Self::patch(path, Patch::Merge, change)
    }

    /// Deletes the object, or all objects of the collection, at `path` at once.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        let at_once = json!({ "gracePeriodSeconds": 0 });
        Self::new(Method::DELETE, path, JSON, Some(at_once))
    }

    fn new(method: Method, path: impl Into<String>, content_type: &'static str, body: Option<Value>) -> Self {
        Self { method, path: path.into(), content_type, body }
    }
}

/// A client of one user.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
}

impl Api {
    /// A client for the user of a kubeconfig.
    pub(crate) fn connect(kubeconfig: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        RUNTIME.block_on(async {
            let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
            let options = KubeConfigOptions::default();
            let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
            // A test wants to see each answer.
            config.default_retry = false;
            Ok(Self { client: Client::try_from(config)? })
        })
    }

    /// What the calls are made with.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the server says that it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        RUNTIME.block_on(self.text(&Call::get("/readyz"))).is_ok()
    }

    /// What the server answers; its refusals are errors.
    pub(crate) fn request(&self, call: &Call) -> kube_client::Result<Value> {
        RUNTIME.block_on(self.json(call))
    }

    /// What the server answers to a call that has to succeed.
    #[track_caller]
    pub(crate) fn call(&self, call: &Call) -> Value {
        self.request(call).unwrap_or_else(|error| panic!("{} {}: {error}", call.method, call.path))
    }

    /// Many calls that have to succeed, side by side and in no order.
    pub(crate) fn call_all(&self, calls: Vec<Call>) {
        let queue = Arc::new(Mutex::new(calls.into_iter()));
        let callers: Vec<_> = (0..PARALLEL_CALLS)
            .map(|_| {
                let (api, queue) = (self.clone(), Arc::clone(&queue));
                RUNTIME.spawn(async move {
                    let next = || queue.lock().expect("a queue that nobody broke").next();
                    while let Some(call) = next() {
                        if let Err(error) = api.json(&call).await {
                            panic!("{} {}: {error}", call.method, call.path);
                        }
                    }
                })
            })
            .collect();
        for caller in callers {
            RUNTIME.block_on(caller).expect("each of the calls succeeds");
        }
    }

    async fn json(&self, call: &Call) -> kube_client::Result<Value> {
        self.client.request(call.into()).await
    }

    async fn text(&self, call: &Call) -> kube_client::Result<String> {
        self.client.request_text(call.into()).await
    }
}

impl From<&Call> for Request<Vec<u8>> {
    fn from(call: &Call) -> Self {
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes());
        Request::builder()
            .method(&call.method)
            .uri(&call.path)
            .header(CONTENT_TYPE, call.content_type)
            .body(body.unwrap_or_default())
            .expect("a path that is a URI")
    }
}
