//! What only a real network does.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use kimager::connect::{Cluster, ConnectArgs, connect};
use kimager::watch::wire::Encoding;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::bodies::{Refusal, end_of_list, list};
use super::server::Api;
use super::watched::{Watched, in_time};

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
    // Less than any deadline, and yet enough for a machine that is busy.
    assert!(began.elapsed() < Duration::from_secs(30), "at once, says docs/reliability.md");

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

/// The path of a file of certificates in this folder.
fn pem(name: &str) -> String {
    format!("{}/tests/it/scripted/{name}.pem", env!("CARGO_MANIFEST_DIR"))
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
        let cluster =
            json!({ "server": format!("http://{address}"), "certificate-authority": pem(authority) });
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

/// What is read of each connection to a server with the certificate and the key of `server.pem`: nothing
/// where its certificate is not trusted.
fn read_over_tls(listener: std::net::TcpListener) -> UnboundedReceiver<String> {
    let (tell, told) = unbounded_channel();
    std::thread::spawn(move || {
        let certificate = CertificateDer::from_pem_file(pem("server")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(pem("server")).expect("a key");
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate], key).expect("they belong together");
        let config = Arc::new(config);
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            let mut connection = ServerConnection::new(Arc::clone(&config)).expect("a good configuration");
            let mut asked = vec![0; 4096];
            let length = rustls::Stream::new(&mut connection, &mut socket).read(&mut asked);
            let asked = String::from_utf8_lossy(&asked[..length.unwrap_or(0)]);
            if tell.send(asked.into_owned()).is_err() {
                break;
            }
        }
    });
    told
}

#[tokio::test]
async fn an_authority_that_is_not_that_of_the_server_is_read_anew() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    let trust = |authority: &str| {
        let cluster = json!({ "server": server, "certificate-authority": pem(authority) });
        write_kubeconfig_with(&kubeconfig, &cluster, &json!({ "token": "any" }));
    };
    trust("authority-a");
    let args = ConnectArgs { kubeconfig: Some(kubeconfig.clone()), ..ConnectArgs::default() };
    let cluster = connect(&args).await.unwrap();
    trust("server");
    let mut read = read_over_tls(listener);
    let mut watched = Watched::new(cluster, Some("7"));

    assert_eq!(in_time(read.recv()).await.as_deref(), Some(""));
    let asked = in_time(read.recv()).await.unwrap();
    assert!(asked.starts_with("GET /api/v1/pods?") && asked.contains("limit=1"), "{asked:?}");
    watched.expect("version none, elsewhere, trouble Untrusted").await;
    assert!(watched.notice.contains("check the certificate authority"), "{}", watched.notice);
}
