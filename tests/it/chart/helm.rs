//! A control plane with controllers, and Helm and kubectl as its administrator uses them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::cluster::api::{Api, Call};
use crate::cluster::control_plane::{ControlPlane, Options};
use crate::cluster::kimager::PATIENCE;
use crate::ran::{Ran, until_within};
use crate::repository::{assets, root};

/// Where the chart lies.
pub(crate) const CHART: &str = "chart";

/// The control plane of all tests of the chart. A test keeps to namespaces of its own, and tells which.
pub(super) struct Plane {
    control: ControlPlane,
    admin: PathBuf,
    namespaces: Mutex<BTreeSet<String>>,
}

pub(super) fn plane() -> &'static Plane {
    static PLANE: LazyLock<Plane> = LazyLock::new(Plane::start);
    &PLANE
}

impl Plane {
    fn start() -> Self {
        let control = ControlPlane::start(Options { has_controllers: true, ..Options::default() });
        let admin = control.admin_kubeconfig();
        let plane = Self { control, admin, namespaces: Mutex::default() };
        // What belongs to the cluster from its beginning is there before a test looks.
        for namespace in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            plane.wait_until_settled(namespace);
        }
        plane.define_what_the_operator_has();
        plane
    }

    /// Makes the kinds of the Prometheus operator known, and waits until the server tells of them.
    fn define_what_the_operator_has(&self) {
        let folder = assets("KIMAGER_OPERATOR_ASSETS", "hack/operator/build");
        for kind in ["servicemonitors", "prometheusrules"] {
            let definition = folder.join(format!("{kind}.yaml")).display().to_string();
            self.kubectl(&["create", "-f", &definition]).done();
            until(|| self.find(&format!("/apis/monitoring.coreos.com/v1/{kind}")));
            let listed = || self.kubectl(&["api-resources", "--no-headers", "-o", "name"]).done();
            let name = format!("{kind}.monitoring.coreos.com");
            until(|| listed().contains(&name).then_some(()).ok_or_else(|| format!("no {name} is listed")));
        }
    }

    pub(super) fn api(&self) -> &Api {
        self.control.api()
    }

    /// A new kubeconfig for the holder of a bearer token.
    pub(super) fn kubeconfig(&self, token: &str) -> PathBuf {
        self.control.kubeconfig(token)
    }

    /// Says that a namespace is this test's; `--create-namespace` or a manifest makes it.
    pub(super) fn claim_namespace(&self, name: &str) {
        let mut namespaces = self.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(namespaces.insert(name.to_owned()), "two tests use the namespace {name}");
    }

    /// The namespaces that tests have claimed.
    pub(super) fn claimed(&self) -> BTreeSet<String> {
        self.namespaces.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a namespace that refuses pods without the `restricted` of `PodSecurity`, and warns of them.
    #[track_caller]
    pub(super) fn make_namespace(&self, name: &str) {
        self.claim_namespace(name);
        let labels = json!({
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/audit": "restricted",
        });
        let object = json!({ "metadata": { "name": name, "labels": labels } });
        self.api().call(&Call::create("/api/v1/namespaces", object));
        self.wait_until_settled(name);
    }

    /// Waits until the controllers have put into a namespace what they put into each.
    #[track_caller]
    fn wait_until_settled(&self, namespace: &str) {
        for object in ["serviceaccounts/default", "configmaps/kube-root-ca.crt"] {
            let path = format!("/api/v1/namespaces/{namespace}/{object}");
            until(|| self.find(&path));
        }
    }

    /// An object that may be there.
    pub(super) fn find(&self, path: &str) -> Result<Value, String> {
        self.api().request(&Call::get(path)).map_err(|error| format!("{path}: {error}"))
    }

    /// An object that has to be there.
    #[track_caller]
    pub(super) fn object(&self, path: &str) -> Value {
        self.api().call(&Call::get(path))
    }

    /// A Deployment.
    #[track_caller]
    pub(super) fn deployment(&self, namespace: &str, name: &str) -> Value {
        self.object(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}"))
    }

    /// The pods that a Deployment's selector means, once they are there.
    #[track_caller]
    pub(super) fn pods_of(&self, deployment: &Value) -> Vec<Value> {
        let namespace = text(&deployment["metadata"]["namespace"]);
        let selector = deployment["spec"]["selector"]["matchLabels"].as_object().expect("labels");
        let selector: Vec<_> = selector.iter().map(|(key, value)| format!("{key}={}", text(value))).collect();
        let selector = form_urlencoded::byte_serialize(selector.join(",").as_bytes()).collect::<String>();
        let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector={selector}");
        until(|| {
            let pods = items(self.object(&path));
            if pods.is_empty() { Err(format!("no pods at {path}")) } else { Ok(pods) }
        })
    }

    /// Runs Helm in the repository's folder.
    pub(super) fn helm(&self, arguments: &[&str]) -> Ran {
        self.run(&assets("KIMAGER_HELM_ASSETS", "hack/helm/build").join("helm"), &self.admin, arguments)
    }

    /// Runs kubectl there, as an administrator.
    pub(super) fn kubectl(&self, arguments: &[&str]) -> Ran {
        self.kubectl_as(&self.admin, arguments)
    }

    /// Runs kubectl as the user of a kubeconfig.
    pub(super) fn kubectl_as(&self, kubeconfig: &Path, arguments: &[&str]) -> Ran {
        let program = assets("KUBEBUILDER_ASSETS", "hack/cluster/build").join("kubectl");
        self.run(&program, kubeconfig, arguments)
    }

    /// A program as a command, in the repository's folder and in an environment of its own.
    pub(super) fn command(&self, program: &Path, kubeconfig: &Path, arguments: &[&str]) -> Command {
        let home = self.admin.parent().expect("a kubeconfig in a folder");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", home)
            .env("KUBECONFIG", kubeconfig)
            .current_dir(root())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, program: &Path, kubeconfig: &Path, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(program, kubeconfig, arguments))
    }
}

/// Waits until there is something; else tells what there was instead.
#[track_caller]
pub(super) fn until<T>(find: impl FnMut() -> Result<T, String>) -> T {
    until_within(PATIENCE, find)
}

/// The objects of a list.
pub(crate) fn items(mut list: Value) -> Vec<Value> {
    match list["items"].take() {
        Value::Array(items) => items,
        other => panic!("no list: {other}"),
    }
}

/// A value that is a text.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
