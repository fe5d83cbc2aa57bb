//! What only a real network does.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use kimager::connect::{Cluster, ConnectArgs, connect};
use kimager::watch::wire::Encoding;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::bodies::{Refusal, end_of_list};
use super::server::Api;
use super::watched::Watched;

const ENCODING: Encoding = Encoding::Protobuf;

async fn serve(router: Router, listener: TcpListener) {
    axum::serve(listener, router).await.expect("a socket");
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_found_when_it_comes() {
    let (listener, address) = listen().await;
    drop(listener);
    let mut watched = Watched::new(Cluster::on_loopback(address, "test").await.unwrap(), None);
    watched.expect("trouble Unreachable").await;
    assert!(watched.notice.contains("refused"), "{}", watched.notice);

    let mut api = Api::new();
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(serve(api.router(), listener));
    api.pass_probe("probe", ENCODING).await;
    let asked = api.expect("watchlist").await;
    let encodings: Vec<_> = asked.request.headers().get_all("accept-encoding").iter().collect();
    assert_eq!(encodings, ["identity"], "no layer of the client asks for more");
    let stream = asked.stream(ENCODING);
    stream.send(end_of_list("7", ENCODING)).await;
    watched.expect("version none, init Start, done, version 7, in sight, live").await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_and_the_watch_resumes() {
    let mut api = Api::new();
    let (listener, address) = listen().await;
    tokio::spawn(serve(api.router(), listener));
    let mut watched = Watched::new(Cluster::on_loopback(address, "test").await.unwrap(), None);
    api.pass_probe("probe", ENCODING).await;
    let stream = api.expect("watchlist").await.stream(ENCODING);
    stream.send(end_of_list("7", ENCODING)).await;
    watched.expect("version none, init Start, done, version 7, in sight, live").await;
    stream.cut().await;
    watched.expect("lost, trouble Lost").await;
    api.pass_probe("probe 7", ENCODING).await;
    let _stream = api.expect("watch 7").await.stream(ENCODING);
    watched.expect("live").await;
}

#[tokio::test]
async fn a_probe_leaves_its_connection_to_the_request_after_it() {
    let (listener, address) = listen().await;
    let _watched = Watched::new(Cluster::on_loopback(address, "test").await.unwrap(), Some("7"));
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut asked = vec![0; 4096];
    let length = connection.read(&mut asked).await.unwrap();
    assert!(String::from_utf8_lossy(&asked[..length]).contains("limit=1"));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    connection.write_all(head.as_bytes()).await.unwrap();
    let length = connection.read(&mut asked).await.unwrap();
    assert!(String::from_utf8_lossy(&asked[..length]).contains("watch=true"));
}

fn write_kubeconfig(path: &Path, address: SocketAddr, token: &str) {
    let config = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"Config\", \"current-context\": \"c\", \
        \"clusters\": [{{\"name\": \"c\", \"cluster\": {{\"server\": \"http://{address}\"}}}}], \
        \"users\": [{{\"name\": \"u\", \"user\": {{\"token\": \"{token}\"}}}}], \
        \"contexts\": [{{\"name\": \"c\", \"context\": {{\"cluster\": \"c\", \"user\": \"u\"}}}}]}}"
    );
    std::fs::write(path, config).expect("a folder");
}

#[tokio::test]
async fn credentials_that_are_refused_are_read_anew() {
    let mut api = Api::new();
    let (listener, address) = listen().await;
    tokio::spawn(serve(api.router(), listener));
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    write_kubeconfig(&kubeconfig, address, "old");
    let args = ConnectArgs { kubeconfig: Some(kubeconfig.clone()), ..ConnectArgs::default() };
    let mut watched = Watched::new(connect(&args).await.unwrap(), Some("7"));

    let asked = api.expect("probe 7").await;
    assert_eq!(asked.request.headers()["authorization"], "Bearer old");
    write_kubeconfig(&kubeconfig, address, "new");
    let refusal = Refusal { code: 401, reason: "Unauthorized", ..Refusal::default() };
    asked.answer(401, ENCODING, refusal.body(ENCODING));
    watched.expect("trouble Unauthorized").await;
    let asked = api.expect("probe 7").await;
    assert_eq!(asked.request.headers()["authorization"], "Bearer new");
}
