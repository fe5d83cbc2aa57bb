//! What only a real network does.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use kimager::connect::{Cluster, ConnectArgs, connect};
use kimager::watch::wire::Encoding;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use super::bodies::{Refusal, end_of_list, list};
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
    // Bound, and not listening: nobody else gets the port meanwhile.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = socket.local_addr().expect("its address");
    let began = Instant::now();
    let mut watched = Watched::new(Cluster::on_loopback(address, "test").await.unwrap(), None);
    watched.expect("trouble Unreachable").await;
    assert!(watched.notice.contains("refused"), "{}", watched.notice);
    assert!(began.elapsed() < Duration::from_secs(10), "at once, says docs/reliability.md");

    let mut api = Api::new();
    let listener = socket.listen(16).expect("the port is ours");
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

fn write_kubeconfig(path: &Path, address: SocketAddr, user: &Value) {
    write_kubeconfig_with(path, &json!({ "server": format!("http://{address}") }), user);
}

fn write_kubeconfig_with(path: &Path, cluster: &Value, user: &Value) {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{ "name": "c", "cluster": cluster }],
        "users": [{ "name": "u", "user": user }],
        "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
    });
    std::fs::write(path, config.to_string()).expect("a folder");
}

#[tokio::test]
async fn credentials_that_are_refused_are_read_anew() {
    let mut api = Api::new();
    let (listener, address) = listen().await;
    tokio::spawn(serve(api.router(), listener));
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    write_kubeconfig(&kubeconfig, address, &json!({ "token": "old" }));
    let args = ConnectArgs { kubeconfig: Some(kubeconfig.clone()), ..ConnectArgs::default() };
    let mut watched = Watched::new(connect(&args).await.unwrap(), Some("7"));

    let asked = api.expect("probe 7").await;
    assert_eq!(asked.request.headers()["authorization"], "Bearer old");
    write_kubeconfig(&kubeconfig, address, &json!({ "token": "new" }));
    let refusal = Refusal { code: 401, reason: "Unauthorized", ..Refusal::default() };
    asked.answer(401, ENCODING, refusal.body(ENCODING));
    watched.expect("trouble Unauthorized").await;
    let asked = api.expect("probe 7").await;
    assert_eq!(asked.request.headers()["authorization"], "Bearer new");
}

#[tokio::test]
async fn a_server_of_another_authority_is_told_and_no_version_of_the_former_one_is_resumed_from() {
    let mut api = Api::new();
    let (listener, address) = listen().await;
    tokio::spawn(serve(api.router(), listener));
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    let trust = |authority: &str| {
        let authority = format!("{}/tests/it/scripted/{authority}.pem", env!("CARGO_MANIFEST_DIR"));
        let cluster = json!({ "server": format!("http://{address}"), "certificate-authority": authority });
        write_kubeconfig_with(&kubeconfig, &cluster, &json!({ "token": "any" }));
    };
    trust("authority-a");
    let args = ConnectArgs { kubeconfig: Some(kubeconfig.clone()), ..ConnectArgs::default() };
    let mut watched = Watched::new(connect(&args).await.unwrap(), Some("7"));

    let refusal = Refusal { code: 401, reason: "Unauthorized", ..Refusal::default() };
    api.expect("probe 7").await.answer(401, ENCODING, refusal.body(ENCODING));
    watched.expect("trouble Unauthorized").await;
    let asked = api.expect("probe 7").await;
    trust("authority-b");
    asked.answer(401, ENCODING, refusal.body(ENCODING));
    watched.expect("version none, elsewhere").await;
    api.expect("probe").await.answer(200, ENCODING, list(&["any"], "5", "", ENCODING));
    let _list = api.expect("watchlist").await.stream(ENCODING);
    watched.expect("version none, init Start").await;
}

#[tokio::test]
async fn a_token_that_is_refused_for_long_is_told_once_tried_with_pauses_and_found_when_it_is_rotated() {
    let mut api = Api::new();
    let (listener, address) = listen().await;
    tokio::spawn(serve(api.router(), listener));
    let folder = tempfile::tempdir().unwrap();
    let [kubeconfig, token] = ["config", "token"].map(|name| folder.path().join(name));
    std::fs::write(&token, "old").unwrap();
    write_kubeconfig(&kubeconfig, address, &json!({ "tokenFile": token }));
    let args = ConnectArgs { kubeconfig: Some(kubeconfig), ..ConnectArgs::default() };
    let mut watched = Watched::new(connect(&args).await.unwrap(), Some("7"));

    let refusal = Refusal { code: 401, reason: "Unauthorized", ..Refusal::default() };
    let mut tries = Vec::new();
    for _ in 0..3 {
        let asked = api.expect("probe 7").await;
        assert_eq!(asked.request.headers()["authorization"], "Bearer old");
        tries.push(Instant::now());
        asked.answer(401, ENCODING, refusal.body(ENCODING));
    }
    assert!(tries.windows(2).all(|two| two[1] - two[0] >= Duration::from_millis(800)), "{tries:?}");
    assert_eq!(watched.waiting(), ["trouble Unauthorized"]);
    std::fs::write(&token, "new").unwrap();
    let asked = api.expect("probe 7").await;
    assert_eq!(asked.request.headers()["authorization"], "Bearer new");
    asked.answer(200, ENCODING, list(&["any"], "5", "", ENCODING));
    let _stream = api.expect("watch 7").await.stream(ENCODING);
    watched.expect("live, recovered").await;
}
