use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::kubeconfig::{Surroundings, choose};
use super::{Cluster, ConnectArgs, ConnectError, identity_of};

/// A secret that no message may hold.
const SECRET: &str = "c2VjcmV0LXRva2Vu";

/// A kubeconfig with one context, whose cluster and user have these fields.
fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         contexts: [{{name: here, context: {{cluster: c, user: u, namespace: shop}}}}]\n\
         clusters: [{{name: c, cluster: {{{cluster}}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\n"
    )
}

/// A folder with files in it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn flags(kubeconfig: &Path, context: Option<&str>) -> ConnectArgs {
    ConnectArgs {
        kubeconfig: Some(kubeconfig.to_owned()),
        context: context.map(str::to_owned),
        cluster_name: None,
    }
}

async fn connected(args: &ConnectArgs, around: &Surroundings) -> Result<Cluster, ConnectError> {
    Cluster::of(choose(args, around).await?, Some(args.clone())).await
}

/// Connects by a kubeconfig of this text.
async fn by(text: &str) -> Result<Cluster, ConnectError> {
    let folder = folder(&[("config", text)]);
    connected(&flags(&folder.path().join("config"), None), &Surroundings::default()).await
}

/// That a kubeconfig of this text is refused in these words, with no secret among them.
async fn refused(text: &str, says: &[&str]) {
    let error = by(text).await.expect_err(text);
    let (message, debug) = (error.to_string(), format!("{error:?}"));
    for said in says {
        assert!(message.contains(said), "{message}");
    }
    assert!(!message.contains('\n'), "{message}");
    for shown in [message, debug] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

const HTTP: &str = "server: 'http://127.0.0.1:1'";
const HTTPS: &str = "server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true";

#[tokio::test]
async fn a_context_leads_to_a_named_cluster() {
    let cluster =
        by(&kubeconfig("server: 'https://me:pw@host:6443/k8s/', insecure-skip-tls-verify: true", ""))
            .await
            .unwrap();
    assert_eq!((cluster.context.as_str(), cluster.name.as_str()), ("here", "c"));
    assert_eq!(cluster.server, "https://host:6443/k8s");
    assert_eq!(cluster.default_namespace, "shop");
    assert_eq!(cluster.identity.len(), 64);
    assert!(!format!("{cluster:?}").contains("pw"));
}

#[tokio::test]
async fn the_identity_tells_servers_apart_and_knows_them_again() {
    let identity = async |server: &str| by(&kubeconfig(server, "")).await.unwrap().identity;
    assert_eq!(identity(HTTP).await, identity(HTTP).await);
    assert_eq!(identity(HTTP).await, identity("server: 'http://127.0.0.1:1/'").await);
    assert_ne!(identity(HTTP).await, identity("server: 'http://127.0.0.1:2'").await);
    let of_authorities = |authorities: &[&str]| {
        let authorities: Vec<_> = authorities.iter().map(|one| one.as_bytes().to_vec()).collect();
        identity_of("https://h", &authorities)
    };
    assert_eq!(of_authorities(&["a"]), of_authorities(&["a"]));
    assert_ne!(of_authorities(&["a"]), of_authorities(&["b"]));
    assert_ne!(of_authorities(&["a", "b"]), of_authorities(&["ab"]));
}

#[tokio::test]
async fn without_any_configuration_the_message_says_where_it_looked() {
    let home = TempDir::new().unwrap();
    let around = Surroundings { home: Some(home.path().to_owned()), ..Surroundings::default() };
    let error = connected(&ConnectArgs::default(), &around).await.unwrap_err().to_string();
    assert!(error.contains(".kube/config") && error.contains("--kubeconfig"), "{error}");

    let listed = Surroundings { kubeconfig: Some("/nowhere/a:/nowhere/b".into()), ..around };
    let error = connected(&ConnectArgs::default(), &listed).await.unwrap_err().to_string();
    assert!(error.contains("/nowhere/a, /nowhere/b"), "{error}");

    let in_pod = Surroundings { is_in_cluster: true, ..Surroundings::default() };
    let error = connected(&ConnectArgs::default(), &in_pod).await.unwrap_err();
    assert!(matches!(error, ConnectError::InCluster { .. }), "{error}");
}

#[tokio::test]
async fn the_files_of_a_list_are_one_configuration_and_may_be_missing() {
    let second = kubeconfig(HTTP, "").replace("here", "there");
    let folder = folder(&[("a", &kubeconfig(HTTP, "")), ("b", &second)]);
    let paths = ["missing", "a", "b"].map(|name| folder.path().join(name));
    let around =
        Surroundings { kubeconfig: Some(std::env::join_paths(&paths).unwrap()), ..Surroundings::default() };
    let context = async |context: Option<&str>| {
        let args = ConnectArgs { context: context.map(str::to_owned), ..ConnectArgs::default() };
        connected(&args, &around).await.map(|cluster| cluster.context)
    };
    assert_eq!(context(None).await.unwrap(), "here");
    assert_eq!(context(Some("there")).await.unwrap(), "there");
}

#[tokio::test]
async fn an_unknown_context_is_told_with_those_that_there_are() {
    let others: Vec<String> =
        (10..25).map(|number| format!("{{name: n{number}, context: {{cluster: c, user: u}}}}")).collect();
    let text = kubeconfig(HTTP, "").replace("contexts: [", &format!("contexts: [{}, ", others.join(", ")));
    let folder = folder(&[("config", &text)]);
    let path = folder.path().join("config");
    let error =
        connected(&flags(&path, Some("nope")), &Surroundings::default()).await.unwrap_err().to_string();
    assert!(error.contains("\"nope\"") && error.contains(&path.display().to_string()), "{error}");
    assert!(error.contains("here, n10") && error.ends_with("and 6 more"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let missing = PathBuf::from("/nowhere/config");
    let error = connected(&flags(&missing, None), &Surroundings::default()).await.unwrap_err().to_string();
    assert!(error.contains("/nowhere/config") && error.contains("No such file"), "{error}");
    let folder = TempDir::new().unwrap();
    let error =
        connected(&flags(folder.path(), None), &Surroundings::default()).await.unwrap_err().to_string();
    assert!(error.contains("Is a directory"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_kubeconfig_is_told_without_its_text() {
    refused(&format!("users: [{{name: u, user: {{token: {SECRET}, }}"), &["not a kubeconfig", "line"]).await;
    refused(&format!("{{\"users\": \"{SECRET}\"}}"), &["not a kubeconfig"]).await;
    refused("\u{0}\u{1}", &["not a kubeconfig"]).await;
    refused("", &["no cluster is configured"]).await;
}

#[tokio::test]
async fn what_a_context_refers_to_must_be_there() {
    let good = kubeconfig(HTTP, "");
    refused(&good.replace("current-context: here", ""), &["no context is chosen", "--context: here"]).await;
    refused(&good.replace("cluster: c,", "cluster: x,"), &["\"here\"", "cluster \"x\""]).await;
    refused(&good.replace("user: u,", "user: x,"), &["\"here\"", "user \"x\""]).await;
    refused(&kubeconfig("", ""), &["address", "there is none"]).await;
    refused(&kubeconfig("server: '127.0.0.1:6443'", ""), &["https://"]).await;
    refused(&kubeconfig("server: 'ftp://host'", ""), &["neither http nor https"]).await;
    refused(&kubeconfig("server: 'https://a b'", ""), &["not a URL"]).await;
}

#[tokio::test]
async fn files_and_data_of_a_context_must_be_usable() {
    let ca = |rest: &str| kubeconfig(&format!("server: 'https://127.0.0.1:1', {rest}"), "");
    let user = |fields: &str| kubeconfig(HTTPS, fields);
    let garbage = "bm90IGEgY2VydGlmaWNhdGU=";
    refused(&ca("certificate-authority: ca.crt"), &["certificate authority", "ca.crt", "No such file"]).await;
    refused(&ca("certificate-authority-data: '!!'"), &["certificate authority", "base64"]).await;
    refused(&ca(&format!("certificate-authority-data: {garbage}")), &["certificate authority"]).await;
    refused(&user("client-certificate: c.crt, client-key: c.key"), &["client certificate", "c.crt"]).await;
    refused(
        &user(&format!("client-certificate-data: {garbage}, client-key: c.key")),
        &["client key", "c.key", "No such file"],
    )
    .await;
    refused(&user(&format!("client-certificate-data: {garbage}")), &["client key is missing"]).await;
    refused(
        &user(&format!("client-certificate-data: {garbage}, client-key-data: {SECRET}")),
        &["client key"],
    )
    .await;
    refused(&user("tokenFile: token"), &["token file", "No such file"]).await;
    refused(&user(&format!("token: \"{SECRET}\\nx\"")), &["no header may"]).await;
}

#[tokio::test]
async fn a_credential_plugin_that_gives_nothing_is_named_without_what_it_was_given() {
    let plugin = |command: &str, script: &str, more: &str| {
        let mut user = format!("exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, ");
        let _ = write!(
            user,
            "interactiveMode: Never, env: [{{name: SECRET, value: {SECRET}}}], args: [-c, '{script}', {SECRET}]{more}}}"
        );
        kubeconfig(HTTPS, &user)
    };
    refused(&plugin("no-such-plugin", "", ""), &["no-such-plugin", "$PATH"]).await;
    refused(
        &plugin("no-such-plugin", "", ", installHint: 'get it at example.com'"),
        &["get it at example.com"],
    )
    .await;
    refused(&plugin("sh", "echo $SECRET; echo $SECRET >&2; exit 3", ""), &["sh failed", "exit status: 3"])
        .await;
    refused(&plugin("sh", "echo $SECRET", ""), &["printed no ExecCredential"]).await;
    refused(&plugin("sh", "echo {}", ""), &["printed no ExecCredential"]).await;
    refused(&kubeconfig(HTTPS, "auth-provider: {name: azure, config: {}}"), &["kubelogin"]).await;
}

#[tokio::test]
async fn a_plugins_credentials_expire() {
    let script = |until: &str| {
        format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Never, \
             args: [-c, 'echo \"{{\\\"status\\\": {{\\\"clientCertificateData\\\": \\\"x\\\", \
             \\\"clientKeyData\\\": \\\"y\\\", \\\"expirationTimestamp\\\": \\\"{until}\\\"}}}}\"']}}"
        )
    };
    // A certificate that is none fails in TLS, after the plugin was asked.
    refused(&kubeconfig(HTTPS, &script("2030-01-01T00:00:00Z")), &["TLS"]).await;
    refused(&kubeconfig(HTTPS, &script("soon")), &["expirationTimestamp"]).await;
}

#[tokio::test]
async fn nothing_is_verified_with_authorities_that_are_not_there() {
    by(&kubeconfig(HTTP, "")).await.unwrap();
    by(&kubeconfig(HTTPS, "")).await.unwrap();
    let address = "127.0.0.1:1".parse().unwrap();
    assert_eq!(Cluster::on_loopback(address, "demo").await.unwrap().server, "http://127.0.0.1:1");
}

#[tokio::test]
async fn a_cluster_is_connected_to_again_by_the_context_that_was_found() {
    let other = kubeconfig("server: 'http://127.0.0.1:2'", "").replace("here", "there");
    let folder = folder(&[("config", &kubeconfig(HTTP, ""))]);
    let path = folder.path().join("config");
    let first = connected(&flags(&path, None), &Surroundings::default()).await.unwrap();

    let both = kubeconfig(HTTP, "").replace("current-context: here", "current-context: elsewhere");
    fs::write(&path, both).unwrap();
    assert_eq!(first.refreshed().await.unwrap().identity, first.identity);

    let before_rotation = Cluster { identity: "by other authorities".to_owned(), ..first.clone() };
    assert_eq!(before_rotation.refreshed().await.unwrap().identity, first.identity);

    fs::write(&path, other.replace("there", "here")).unwrap();
    assert!(matches!(first.refreshed().await, Err(ConnectError::OtherCluster { .. })));
}
