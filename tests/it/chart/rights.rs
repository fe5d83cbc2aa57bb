//! What the account of a release may do, and the program as this account.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::cluster::accounts::Account;
use crate::cluster::kimager::{Kimager, PATIENCE, command};
use crate::cluster::ports::free_port;
use crate::http::ask;

use super::helm::{CHART, items, plane, text, until};

/// A kubeconfig of an account that somebody made.
fn kubeconfig_of(namespace: &str, name: &str) -> PathBuf {
    plane().kubeconfig(&plane().api().token(&Account::named(namespace, name)))
}

/// What a user may do in a namespace, a row for each right, with single blanks.
fn rights(kubeconfig: &Path, namespace: &str) -> BTreeSet<String> {
    let list = ["auth", "can-i", "--list", "--no-headers", "-n", namespace];
    let listed = plane().kubectl_as(kubeconfig, &list).done();
    listed.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// What a user may do there beyond what every account may.
fn rights_of_its_own(kubeconfig: &Path, namespace: &str) -> Vec<String> {
    let everybodys = rights(&kubeconfig_of(namespace, "default"), namespace);
    assert!(!everybodys.is_empty());
    rights(kubeconfig, namespace).difference(&everybodys).cloned().collect()
}

const PODS: &str = "pods [] [] [get list watch]";

/// The names of what the cluster has of a kind that belongs to a release in this namespace.
fn names_of_release(kind: &str, namespace: &str) -> Vec<String> {
    let path = format!("/apis/rbac.authorization.k8s.io/v1/{kind}");
    let objects = items(plane().object(&path));
    let names = objects.iter().map(|object| text(&object["metadata"]["name"]).to_owned());
    names.filter(|name| name.contains(namespace)).collect()
}

#[test]
fn the_account_may_read_pods_everywhere_and_nothing_else() {
    const NAMESPACE: &str = "may-all";
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    plane.helm(&["install", "-n", NAMESPACE, "kimager", CHART]).done();
    let kubeconfig = kubeconfig_of(NAMESPACE, "kimager");
    for namespace in [NAMESPACE, "kube-system"] {
        until(|| match rights_of_its_own(&kubeconfig, namespace) {
            rights if rights == [PODS] => Ok(()),
            rights => Err(format!("in {namespace} it may {rights:?}")),
        });
    }
}

#[test]
fn with_namespaces_named_it_may_read_pods_there_alone_and_has_no_cluster_role() {
    const NAMESPACE: &str = "may-some";
    let plane = plane();
    for namespace in [NAMESPACE, "some-a", "some-b"] {
        plane.make_namespace(namespace);
    }
    let values = ["--set", "namespaces={some-a,some-b}"];
    plane.helm(&[&["install", "-n", NAMESPACE, "kimager", CHART][..], &values].concat()).done();
    let kubeconfig = kubeconfig_of(NAMESPACE, "kimager");
    let check = |namespace: &str, expected: &[&str]| {
        until(|| match rights_of_its_own(&kubeconfig, namespace) {
            rights if rights == expected => Ok(()),
            rights => Err(format!("in {namespace} it may {rights:?}")),
        });
    };
    check("some-a", &[PODS]);
    check("some-b", &[PODS]);
    check(NAMESPACE, &[]);
    check("kube-system", &[]);
    for kind in ["clusterroles", "clusterrolebindings"] {
        assert_eq!(names_of_release(kind, NAMESPACE), [""; 0], "{kind}");
    }

    plane.helm(&["upgrade", "-n", NAMESPACE, "kimager", CHART, "--set", "namespaces={some-b}"]).done();
    check("some-a", &[]);
    check("some-b", &[PODS]);
}

/// The status and the body that the program answers with.
fn asked(port: u16, path: &str) -> Result<(u16, String), String> {
    ask((Ipv4Addr::LOCALHOST, port).into(), &format!("GET {path}")).map_err(|error| error.to_string())
}

/// The program as the pod would run it, but for what a machine without the pod does not have: its
/// port and its volume.
fn started_as_deployed(namespace: &str, record: &Path, port: u16) -> Kimager {
    let deployment = plane().deployment(namespace, "kimager");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_array().expect("arguments").iter().map(text);
    let listen = format!("--listen=127.0.0.1:{port}");
    let mut arguments: Vec<&str> =
        arguments.map(|one| if one == "--listen=:8080" { &listen } else { one }).collect();
    assert!(arguments.contains(&&*listen), "{arguments:?}");
    let record = format!("--record={}", record.display());
    arguments.push(&record);
    let mut command = command(&kubeconfig_of(namespace, "kimager"), &arguments);
    for variable in container["env"].as_array().expect("variables") {
        command.env(text(&variable["name"]), text(&variable["value"]));
    }
    Kimager::spawn(&mut command)
}

#[test]
fn the_program_with_the_deployments_arguments_is_ready_once_the_account_has_its_right() {
    const NAMESPACE: &str = "deployed";
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    let without = ["--set", "rbac.create=false,cluster.name=of the test"];
    plane.helm(&[&["install", "-n", NAMESPACE, "kimager", CHART][..], &without].concat()).done();
    plane.pods_of(&plane.deployment(NAMESPACE, "kimager"));
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let mut kimager = started_as_deployed(NAMESPACE, &folder.path().join("kimager.db"), port);

    let refused = kimager.wait_for_line(|line| line.contains(" ERROR] "), PATIENCE).text;
    assert!(refused.contains("grant the account get, list and watch on pods"), "{refused}");
    assert_eq!(asked(port, "/livez"), Ok((200, "ok\n".to_owned())));
    let (status, body) = asked(port, "/readyz").expect("an answer");
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("[-]watch of all namespaces failed"), "{body}");

    let with = ["--reuse-values", "--set", "rbac.create=true"];
    plane.helm(&[&["upgrade", "-n", NAMESPACE, "kimager", CHART][..], &with].concat()).done();
    kimager.wait_ready();
    until(|| match asked(port, "/readyz")? {
        (200, body) => Ok(body),
        other => Err(format!("/readyz: {other:?}")),
    });
    // The release's own pod, though no node runs it.
    let own = format!("{NAMESPACE}|kimager-");
    kimager.wait_for_line(
        |line| line.contains("[+|image]  ghcr.io/nickgerace/kimager:") && line.contains(&own),
        PATIENCE,
    );
    assert_eq!(asked(port, "/livez"), Ok((200, "ok\n".to_owned())));
    assert_eq!(kimager.terminate(), 0);
}
