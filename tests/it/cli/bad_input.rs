//! One clear message and the right exit code for whatever makes no sense.

use std::path::Path;

use super::{kimager, kimager_on, program, ran};

#[test]
fn usage_that_makes_no_sense_ends_with_two() {
    kimager("--nope").refused(2, &["--nope", "--help"]);
    kimager("nope").refused(2, &["nope"]);
    kimager("imagse").refused(2, &["'images'"]);
    kimager("-n a -A").refused(2, &["--namespace", "--all-namespaces"]);
    kimager("-n a --exclude-namespace b").refused(2, &["--exclude-namespace"]);
    kimager("images -n Not_A_Name").refused(2, &["Not_A_Name", "a-z"]);
    kimager("images -f pods.json --context c").refused(2, &["--file", "--context"]);
    kimager("images -f pods.json -l app=web").refused(2, &["--selector"]);
    kimager("images sha256:beef").refused(2, &["12 characters"]);
    kimager("--listen 8080").refused(2, &["--listen", ":8080 for all addresses"]);
    kimager("completions tcsh").refused(2, &["fish"]);
    ran(&mut program(["-n", ""])).refused(2, &["--namespace"]);
    ran(&mut program(["-l", ""])).refused(2, &["--selector"]);
    ran(&mut program(["images", ""])).refused(2, &["reference"]);
}

#[test]
fn a_log_level_that_is_none_is_an_error_of_usage() {
    for line in ["", "demo"] {
        let said = ran(program(line.split_whitespace()).env("RUST_LOG", "loud"));
        said.refused(2, &["error: RUST_LOG: 'loud'", "debug"]);
    }
}

#[test]
fn a_file_without_pods_is_named_with_a_remedy() {
    kimager("images -f missing.json").refused(1, &["missing.json", "No such file"]);
    kimager("images -f .").refused(1, &["Is a directory"]);
    kimager("images -f pods.yaml").refused(1, &["pods.yaml is not JSON", "apiVersion: v1", "-o json"]);
    kimager_on("", "images -f -").refused(1, &["standard input is empty"]);
    kimager_on("{\"items\": [{\"kind\"", "images -f -").refused(1, &["cut off"]);
    kimager_on("{\"kind\": \"Pod\",}", "images -f -").refused(1, &["broken JSON", "line 1"]);
    kimager_on("{\"kind\": \"ConfigMap\"}", "images -f -").refused(1, &["neither pods nor pod templates"]);
    kimager_on("{\"kind\": \"PodList\", \"items\": []}", "images -f -").refused(1, &["neither pods"]);
    kimager_on("[[[", "graph -f -").refused(1, &["cut off"]);
    kimager_on(&"[".repeat(10_000), "graph -f -").refused(1, &["recursion limit"]);
    kimager_on("5", "graph -f -").refused(1, &["not JSON"]);
    kimager_on("\"\u{1b}[2J\n\"", "graph -f -").refused(1, &["not JSON", "\\u{1b}"]);
}

#[test]
fn without_a_cluster_the_message_says_where_it_looked() {
    for line in ["", "watch", "images", "graph"] {
        kimager(line).refused(1, &["/nowhere/.kube/config", "--kubeconfig", "kimager demo"]);
    }
    let listed = ran(program(["images"]).env("KUBECONFIG", "/nowhere/a:/nowhere/b"));
    listed.refused(1, &["/nowhere/a, /nowhere/b"]);
    let in_pod = ran(program(["images"]).env("KUBERNETES_SERVICE_HOST", "10.0.0.1"));
    in_pod.refused(1, &["service account"]);
}

#[test]
fn a_kubeconfig_that_is_of_no_use_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let with = |text: &str, flags: &str| {
        std::fs::write(&path, text).expect("it is written");
        kimager(&format!("images --kubeconfig {} {flags}", path.display()))
    };
    let named = path.display().to_string();
    kimager("images --kubeconfig /nowhere/config").refused(1, &["/nowhere/config", "No such file"]);
    with("users: [{token: c2VjcmV0", "").refused(1, &[&named, "not a kubeconfig"]);
    with(&context("http://127.0.0.1:1"), "--context nope").refused(1, &["\"nope\"", "there are: here"]);
    with(&context("tcp://127.0.0.1"), "").refused(1, &["neither http nor https"]);
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let port = closed_port();
    std::fs::write(&path, context(&format!("http://127.0.0.1:{port}"))).expect("it is written");
    let ran = kimager(&format!("images --kubeconfig {}", Path::display(&path)));
    ran.refused(1, &[&format!("http://127.0.0.1:{port}"), "refused", "check the server's address"]);
}

fn context(server: &str) -> String {
    format!(
        "{{current-context: here, contexts: [{{name: here, context: {{cluster: c, user: u}}}}], \
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}], users: [{{name: u, user: {{}}}}]}}"
    )
}

/// A port that was free a moment ago.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}
