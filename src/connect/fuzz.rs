//! Kubeconfigs that were edited by hand, or by a program that knows no YAML.

use std::fs;

use tokio::runtime::Builder;

use super::kubeconfig::{Surroundings, choose};
use super::{Cluster, ConnectArgs};
use crate::fuzz::{fuzz, holds, kind_of};

/// No word of these runs a program or reads another file.
const WORDS: [&str; 16] = [
    "server: ",
    "https://",
    "http://[::1]:6443",
    "token: ",
    "proxy-url: 'socks5://h'",
    "contexts: []",
    "name: here",
    "{",
    "}",
    "- ",
    "null",
    "username: u, password: p",
    "tls-server-name: 'é'",
    "certificate-authority-data: AAAA",
    "&a",
    "*a",
];

const SEEDS: [&str; 3] = [
    "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
     contexts: [{name: here, context: {cluster: c, user: u, namespace: shop}}]\n\
     clusters: [{name: c, cluster: {server: 'https://127.0.0.1:6443/k8s', insecure-skip-tls-verify: true}}]\n\
     users: [{name: u, user: {token: c2VjcmV0}}]\n",
    "current-context: here\ncontexts:\n- name: here\n  context:\n    cluster: c\nclusters:\n- name: c\n  cluster:\n    \
     server: http://user:c2VjcmV0@host\n",
    "current-context: here\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n\
     clusters: [{name: c, cluster: {server: 'https://h', certificate-authority-data: LS0tLS1CRUdJTg==, proxy-url: 'http://p:1'}}]\n\
     users: [{name: u, user: {username: a, password: c2VjcmV0}}]\n",
];

/// A kubeconfig leads to a cluster with a server that can be shown, or to one line that says why not.
#[test]
fn kubeconfigs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let args = ConnectArgs { kubeconfig: Some(path.clone()), ..ConnectArgs::default() };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    fuzz("kubeconfigs", &WORDS, SEEDS.map(|text| text.as_bytes().to_vec()).to_vec(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if ["exec", "auth-provider", "tokenFile", "certificate-authority:", "client-", "/dev"]
            .iter()
            .any(|word| text.contains(word))
        {
            return Ok("it may do something".to_owned());
        }
        fs::write(&path, bytes).expect("a file");
        let connected = runtime.block_on(async {
            Cluster::of(choose(&args, &Surroundings::default()).await?, Some(args.clone())).await
        });
        match connected {
            Ok(cluster) => {
                holds("a server is an address", cluster.server.starts_with("http"))?;
                let authority = cluster.server.split('/').nth(2).unwrap_or_default();
                holds("no password is shown", !authority.contains('@'))?;
                Ok("a cluster".to_owned())
            }
            Err(error) => {
                let message = error.to_string();
                holds("it is a sentence", !message.trim().is_empty())?;
                Ok(kind_of(&format!("{error:?}")))
            }
        }
    });
}
