//! The image as it is shipped: its form, its size, and that it runs as on a node.
//!
//! `hack/image/check` runs these on an archive that it is given.

mod archive;
mod container;
mod names;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use self::archive::{image, run};
use self::container::Container;
use super::accounts::Reach;
use super::kimager::{Kimager, PATIENCE, event};
use super::planes::shared;
use super::pods::Pod;

/// What a kubelet mounts for the pod's own account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

#[test]
#[ignore = "hack/image/check gives it an image"]
fn the_image_is_small() {
    let (unpacked, pulled) = (image().unpacked(), image().pulled());
    assert!(unpacked <= 16_000_000, "{unpacked} bytes unpacked");
    assert!(pulled <= 7_000_000, "{pulled} bytes as pulled");
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn the_image_holds_the_program_and_the_authorities_and_a_folder_for_the_record() {
    let expected = [
        "drwxr-xr-x 0/0 etc/",
        "drwxr-xr-x 0/0 etc/ssl/",
        "drwxr-xr-x 0/0 etc/ssl/certs/",
        "-rw-r--r-- 0/0 etc/ssl/certs/ca-certificates.crt",
        "drwxr-xr-x 0/0 usr/",
        "drwxr-xr-x 0/0 usr/bin/",
        "-rwxr-xr-x 0/0 usr/bin/kimager",
        "drwxr-xr-x 0/0 var/",
        "drwxr-xr-x 0/0 var/lib/",
        "drwx------ 65532/65532 var/lib/kimager/",
    ];
    assert_eq!(image().entries(), expected);
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn the_image_says_what_it_is_and_does_not_run_as_root() {
    assert_eq!(image().config["os"], "linux");
    assert_eq!(image().says("User"), "65532:65532");
    assert_eq!(image().says("Entrypoint"), &json!(["/usr/bin/kimager"]));
    assert_eq!(image().says("WorkingDir"), "/var/lib/kimager");
    assert!(image().words("Env").contains(&"PATH=/usr/bin"));
    for label in ["title", "description", "url", "source", "documentation", "licenses", "version", "revision"]
    {
        let value = &image().says("Labels")[format!("org.opencontainers.image.{label}")];
        assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{label}: {value}");
    }
    assert_eq!(image().says("Labels")["org.opencontainers.image.version"], env!("CARGO_PKG_VERSION"));
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn the_program_needs_no_other_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    image().unpack(folder.path());
    let read = |flag: &str| {
        let program = folder.path().join("usr/bin/kimager");
        let output = run(Command::new("readelf").args([flag, "--wide"]).arg(program));
        String::from_utf8(output.stdout).expect("text")
    };
    let (segments, dynamic) = (read("--program-headers"), read("--dynamic"));
    assert!(segments.contains(" LOAD "), "{segments}");
    assert!(!segments.contains(" INTERP "), "an interpreter:\n{segments}");
    assert!(!dynamic.contains("(NEEDED)"), "a library:\n{dynamic}");
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn it_runs_where_nothing_else_is_and_nothing_can_be_written() {
    let container = Container::without_volume();
    let said = container.run(&["--version"]);
    assert_eq!(said.stdout, format!("kimager {}\n", env!("CARGO_PKG_VERSION")), "{said:?}");

    let said = container.run(&["demo", "--for", "1s"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("making the folder /var/lib/kimager/"), "{said:?}");
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn its_demonstration_serves_and_records_on_the_volume() {
    let said = Container::new().run(&["demo", "--for", "5s"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stdout.contains("[+|image]"), "{said:?}");
    assert!(said.stderr.contains("record /var/lib/kimager/"), "{said:?}");
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn it_watches_with_the_account_of_its_pod_and_answers_beside_that() {
    let container = in_a_pod("image-pod", Container::new());
    let mut kimager = Kimager::spawn(&mut container.command(&["watch"]));
    kimager.wait_ready();
    kimager.wait_for_line(event("+|image", "first:1", "image-pod|first"), PATIENCE);
    assert_eq!(kimager.complaints(), [""; 0]);

    // As by `kubectl exec`.
    let output = container.exec(&["kimager", "history", "-n", "image-pod"]).output().expect("it starts");
    let history = String::from_utf8_lossy(&output.stdout);
    assert!(history.contains("first:1"), "{output:?}");
    assert_eq!(kimager.terminate(), 0);
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn a_host_name_is_looked_up_as_in_a_pod() {
    // The server's certificate is good for the short name; DNS knows the long one.
    let server = names::serve("kubernetes.default.svc.cluster.local");
    let resolv_conf = format!(
        "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver {server}\noptions ndots:5\n"
    );
    let container = || {
        Container::new().mount("/etc/hosts", "127.0.0.1\tlocalhost\n").mount("/etc/resolv.conf", &resolv_conf)
    };
    assert_lists(container(), "kubernetes.default.svc", &own_authority());

    let said = images(container(), "no.such.host", &own_authority());
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("no.such.host"), "{said:?}");
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn a_host_name_is_found_in_the_hosts_file() {
    // Nobody answers there.
    let container = Container::new()
        .mount("/etc/hosts", "127.0.0.1\tlocalhost\n127.0.0.1\tkubernetes.default.svc\n")
        .mount("/etc/resolv.conf", "nameserver 127.10.96.11\noptions timeout:1 attempts:1\n");
    assert_lists(container, "kubernetes.default.svc", &own_authority());
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn a_cluster_that_names_no_authority_is_held_to_those_of_the_image() {
    let unnamed = json!({});
    let said = images(Container::new(), "127.0.0.1", &unnamed);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("certificate"), "{said:?}");

    // As if the control plane had its certificate from a public authority.
    let container = Container::new().mount(AUTHORITIES, &authority());
    assert_lists(container, "127.0.0.1", &unnamed);
}

#[test]
#[ignore = "hack/image/check gives it an image"]
fn a_cluster_that_names_its_authority_or_wants_no_check_needs_none_of_the_image() {
    let unchecked = json!({ "insecure-skip-tls-verify": true });
    for trust in [own_authority(), unchecked] {
        assert_lists(Container::new().without(AUTHORITIES), "127.0.0.1", &trust);
    }
}

/// How a kubeconfig names the authority of the control plane.
fn own_authority() -> Value {
    json!({ "certificate-authority": format!("{ACCOUNT}/ca.crt") })
}

/// What `kimager images` says in the container of a server by that name.
fn images(container: Container, host: &str, trust: &Value) -> container::Said {
    let mut cluster = trust.clone();
    cluster["server"] = format!("https://{host}:{}", shared().address().port()).into();
    let kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "image",
        "contexts": [{ "name": "image", "context": { "cluster": "image", "user": "image" } }],
        "clusters": [{ "name": "image", "cluster": cluster }],
        "users": [{ "name": "image", "user": { "token": "admin" } }],
    });
    container
        .mount("/etc/kimager/kubeconfig", &kubeconfig.to_string())
        .mount(&format!("{ACCOUNT}/ca.crt"), &authority())
        .env("KUBECONFIG", "/etc/kimager/kubeconfig")
        .run(&["images", "-o", "name"])
}

#[track_caller]
fn assert_lists(container: Container, host: &str, trust: &Value) {
    let said = images(container, host, trust);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{said:?}");
}

/// The certificate of the control plane's own authority.
fn authority() -> String {
    let kubeconfig = fs::read_to_string(shared().admin_kubeconfig()).expect("a kubeconfig");
    let kubeconfig: Value = serde_json::from_str(&kubeconfig).expect("JSON");
    let path = kubeconfig["clusters"][0]["cluster"]["certificate-authority"].as_str().expect("a file");
    fs::read_to_string(Path::new(path)).expect("a certificate")
}

/// A container as in a pod of this namespace, with an account that may read the pods there are.
fn in_a_pod(namespace: &str, container: Container) -> Container {
    let api = shared().api();
    api.create_namespace(namespace);
    api.create_pod(Pod::new(namespace, "first").app("app", "first:1"));
    let account = api.create_account(namespace, "kimager");
    api.grant(&account, Reach::Cluster, &["get", "list", "watch"]);
    let address = shared().address();
    container
        .mount(&format!("{ACCOUNT}/token"), &api.token(&account))
        .mount(&format!("{ACCOUNT}/ca.crt"), &authority())
        .mount(&format!("{ACCOUNT}/namespace"), namespace)
        .env("KUBERNETES_SERVICE_HOST", &address.ip().to_string())
        .env("KUBERNETES_SERVICE_PORT", &address.port().to_string())
}
