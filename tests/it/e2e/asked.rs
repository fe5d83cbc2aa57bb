//! A kimager in the cluster that is asked from outside of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::cluster::{Namespace, apply, kubectl, until};
use crate::ran::Ran;

/// The program of this build, with a kubeconfig.
fn kimager(kubeconfig: &Path, arguments: &[&str]) -> Ran {
    Ran::of(Command::new(env!("CARGO_BIN_EXE_kimager")).args(arguments).env("KUBECONFIG", kubeconfig))
}

/// What `kubectl kimager` prints, as the administrator types it.
#[track_caller]
pub(super) fn plugin(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    symlink(env!("CARGO_BIN_EXE_kimager"), folder.path().join("kubectl-kimager")).expect("a link");
    let path = std::env::var("PATH").expect("a PATH");
    let path = format!("{}:{path}", folder.path().display());
    Ran::of(Command::new("kubectl").arg("kimager").args(arguments).env("PATH", path)).done()
}

#[test]
#[ignore = "hack/e2e gives it a cluster"]
fn who_may_use_the_proxy_of_its_service_alone_is_answered() {
    const NAMESPACE: &str = "kimager-e2e-asked";
    let namespace = Namespace::restricted(NAMESPACE);
    namespace.install(&["--wait", "--set", &format!("namespaces={{{NAMESPACE}}}")]).done();
    let metadata = json!({ "name": "asker", "namespace": NAMESPACE });
    apply(&json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata }));
    apply(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
        "rules": [{
            "apiGroups": [""],
            "resources": ["services/proxy"],
            "resourceNames": ["kimager:http"],
            "verbs": ["get"],
        }],
    }));
    apply(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "asker" },
        "subjects": [{ "kind": "ServiceAccount", "name": "asker", "namespace": NAMESPACE }],
    }));
    let token = kubectl(&["create", "token", "-n", NAMESPACE, "asker"]).done();
    let view = kubectl(&["config", "view", "--raw", "--minify", "--flatten", "--output=json"]).done();
    let mut kubeconfig: Value = serde_json::from_str(&view).expect("JSON");
    kubeconfig["users"][0]["user"] = json!({ "token": token.trim() });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("config");
    fs::write(&path, kubeconfig.to_string()).expect("the kubeconfig is written");

    let record = format!("svc://{NAMESPACE}/kimager");
    let told = until(|| {
        let (told, error) = kimager(&path, &["history", "--record", &record]).said();
        if told.contains("Deployment/kimager") { Ok(told) } else { Err(format!("{told}{error}")) }
    });
    assert!(told.contains("added"), "{told}");
    let refused = kimager(&path, &["images"]).refused();
    assert!(refused.contains("forbidden"), "{refused}");
    let other = kimager(&path, &["history", "--record", "svc://default/kubernetes"]).refused();
    assert!(other.contains("403") && other.contains("services/proxy"), "{other}");
}
