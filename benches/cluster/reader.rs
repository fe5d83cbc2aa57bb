//! The floor: a process with the same client that asks for the same stream and throws it away.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use http::Request;
use http_body_util::BodyExt as _;
use kimager::connect::{ConnectArgs, connect};
use kube_client::client::Body;

use super::process::{self, Usage};

/// Set for a process that is to be the reader; holds the kubeconfig.
pub(crate) const AS_READER: &str = "KIMAGER_BENCH_READER";

const END_OF_LIST: &[u8] = b"k8s.io/initial-events-end";

/// Runs this program as the reader and measures it.
pub(crate) fn measure(kubeconfig: &Path) -> Usage {
    let began = Instant::now();
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .env(AS_READER, kubeconfig)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("standard output is a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("the reader says that it is done");
    assert_eq!(line.trim(), "done");
    let usage = process::usage(child.id(), began.elapsed());
    drop(child.stdin.take());
    child.wait().expect("the reader ends");
    usage
}

/// Reads until the end of the list, says so, and waits to be measured.
pub(crate) fn run(kubeconfig: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(read(kubeconfig));
    println!("done");
    let _ = std::io::stdin().read(&mut [0]);
}

async fn read(kubeconfig: &Path) {
    let args = ConnectArgs { kubeconfig: Some(kubeconfig.to_owned()), ..ConnectArgs::default() };
    let cluster = connect(&args).await.expect("the kubeconfig is good");
    let request = Request::get(
        "/api/v1/pods?watch=true&allowWatchBookmarks=true&sendInitialEvents=true\
        &resourceVersionMatch=NotOlderThan&resourceVersion=&timeoutSeconds=300",
    )
    .header("Accept", "application/vnd.kubernetes.protobuf;stream=watch")
    .header("Accept-Encoding", "identity")
    .body(Body::empty())
    .expect("a request");
    let mut body = cluster.client.send(request).await.expect("an answer").into_body();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.expect("the stream holds").into_data() else { continue };
        // The bookmark is the last that comes: only the end of a chunk need be looked at.
        let tail = &data[data.len().saturating_sub(4096)..];
        if tail.windows(END_OF_LIST.len()).any(|window| window == END_OF_LIST) {
            return;
        }
    }
    panic!("the stream ended before the list did");
}
