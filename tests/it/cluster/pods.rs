//! Pods, and what the tests do with them.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::{Api, Call, Patch};
use super::kimager::PATIENCE;

/// A pod to be created.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    namespace: String,
    object: Value,
}

impl Pod {
    /// A pod without containers; the API refuses one without an `app`.
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            object: json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": { "namespace": namespace, "name": name, "labels": {} },
                "spec": {
                    "containers": [],
                    "initContainers": [],
                    "volumes": [],
                    "automountServiceAccountToken": false,
                },
            }),
        }
    }

    /// The pod under another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.object["metadata"]["name"] = name.into();
        self
    }

    /// Adds a container.
    pub(crate) fn app(self, name: &str, image: &str) -> Self {
        self.push("containers", json!({ "name": name, "image": image }))
    }

    /// Adds an init container.
    pub(crate) fn init(self, name: &str, image: &str) -> Self {
        self.push("initContainers", json!({ "name": name, "image": image }))
    }

    /// Adds an init container that goes on beside the others.
    pub(crate) fn sidecar(self, name: &str, image: &str) -> Self {
        let container = json!({ "name": name, "image": image, "restartPolicy": "Always" });
        self.push("initContainers", container)
    }

    /// Adds a volume that is an image, and mounts it into each container so far.
    pub(crate) fn volume(mut self, name: &str, image: &str) -> Self {
        let mount = json!({ "name": name, "mountPath": format!("/{name}") });
        for container in array(&mut self.object["spec"]["containers"]) {
            let mounts = &mut container["volumeMounts"];
            if mounts.is_null() {
                *mounts = json!([]);
            }
            array(mounts).push(mount.clone());
        }
        self.push("volumes", json!({ "name": name, "image": { "reference": image } }))
    }

    /// Adds a label.
    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.object["metadata"]["labels"][key] = value.into();
        self
    }

    /// Names the controller that is said to have made the pod.
    pub(crate) fn controller(mut self, api_version: &str, kind: &str, name: &str) -> Self {
        self.object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": api_version,
            "kind": kind,
            "name": name,
            "uid": "00000000-0000-0000-0000-000000000000",
            "controller": true,
        }]);
        self
    }

    fn push(mut self, list: &str, item: Value) -> Self {
        array(&mut self.object["spec"][list]).push(item);
        self
    }

    pub(crate) fn creation(self) -> Call {
        Call::create(collection(&self.namespace), self.object)
    }
}

/// What a runtime reports of a container: the image's name and digest as it
/// knows them, and which life of the container this is.
pub(crate) fn running(name: &str, image: &str, image_id: &str, container_id: &str) -> Value {
    json!({
        "name": name,
        "image": image,
        "imageID": image_id,
        "containerID": container_id,
        "ready": true,
        "started": true,
        "restartCount": 0,
        "state": { "running": { "startedAt": "2021-04-19T04:54:28Z" } },
    })
}

impl Api {
    /// Creates a namespace.
    #[track_caller]
    pub(crate) fn create_namespace(&self, name: &str) {
        let object = json!({ "metadata": { "name": name } });
        self.call(&Call::create("/api/v1/namespaces", object));
    }

    /// Deletes a namespace and the pods in it, as its controller does: first they, then it.
    #[track_caller]
    pub(crate) fn delete_namespace(&self, name: &str) {
        let path = format!("/api/v1/namespaces/{name}");
        let mut object = self.call(&Call::delete(&path));
        self.delete_pods(name);
        object["spec"]["finalizers"] = json!([]);
        self.call(&Call::replace(format!("{path}/finalize"), object));
    }

    /// Waits until pods may be created in a new namespace. For a moment the server remembers that one of
    /// this name was ended.
    #[track_caller]
    pub(crate) fn wait_for_pods_to_be_welcome(&self, namespace: &str) {
        let deadline = Instant::now() + PATIENCE;
        let pod = Pod::new(namespace, "welcome").app("app", "welcome:1");
        let trial = Call::create(format!("{}?dryRun=All", collection(namespace)), pod.object);
        while let Err(error) = self.request(&trial) {
            assert!(Instant::now() < deadline, "pods are not welcome in {namespace}: {error}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Creates a pod and returns it as stored.
    #[track_caller]
    pub(crate) fn create_pod(&self, pod: Pod) -> Value {
        self.call(&pod.creation())
    }

    /// Creates many pods side by side.
    pub(crate) fn create_pods(&self, pods: impl IntoIterator<Item = Pod>) {
        self.call_all(pods.into_iter().map(Pod::creation).collect());
    }

    /// Changes a pod, such as the image of a container.
    #[track_caller]
    pub(crate) fn patch_pod(&self, namespace: &str, name: &str, patch: Patch, change: Value) {
        self.call(&Call::patch(path(namespace, name), patch, change));
    }

    /// Gives a container of a pod another image, in place.
    #[track_caller]
    pub(crate) fn set_image(&self, namespace: &str, name: &str, container: &str, image: &str) {
        let change = json!({ "spec": { "containers": [{ "name": container, "image": image }] } });
        self.patch_pod(namespace, name, Patch::Strategic, change);
    }

    /// Reports a pod's status as a node would: `{"phase": …, "containerStatuses": […]}`.
    #[track_caller]
    pub(crate) fn set_status(&self, namespace: &str, name: &str, status: &Value) {
        let path = format!("{}/status", path(namespace, name));
        self.call(&Call::patch(path, Patch::Merge, json!({ "status": status })));
    }

    /// Adds an ephemeral container, as `kubectl debug` does.
    #[track_caller]
    pub(crate) fn debug_pod(&self, namespace: &str, name: &str, container: &str, image: &str) {
        let path = format!("{}/ephemeralcontainers", path(namespace, name));
        let containers = json!([{ "name": container, "image": image }]);
        let change = json!({ "spec": { "ephemeralContainers": containers } });
        self.call(&Call::patch(path, Patch::Strategic, change));
    }

    /// Deletes a pod; it is gone when this returns.
    #[track_caller]
    pub(crate) fn delete_pod(&self, namespace: &str, name: &str) {
        self.call(&Call::delete(path(namespace, name)));
    }

    /// Deletes all pods of a namespace; they are gone when this returns.
    #[track_caller]
    pub(crate) fn delete_pods(&self, namespace: &str) {
        self.call(&Call::delete(collection(namespace)));
    }

    /// The pods of a namespace.
    #[track_caller]
    pub(crate) fn pods(&self, namespace: &str) -> Vec<Value> {
        let mut list = self.call(&Call::get(collection(namespace)));
        std::mem::take(array(&mut list["items"]))
    }

    /// The version of the whole store at this moment.
    #[track_caller]
    pub(crate) fn version(&self) -> String {
        let list = self.call(&Call::get("/api/v1/pods?limit=1"));
        list["metadata"]["resourceVersion"].as_str().expect("a list has a version").to_owned()
    }
}

fn collection(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods")
}

fn path(namespace: &str, name: &str) -> String {
    format!("{}/{name}", collection(namespace))
}

fn array(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().expect("a list")
}
