//! Connections of clients who may mean no good: how many, how much each may say, and how long it may
//! take.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{AbortHandle, JoinSet};

use super::within::Within;

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at a time. One more ends the oldest, so that nobody who holds many keeps a probe out.
    pub(super) connections: usize,
    /// The time until a request's head has come, from the end of the answer before on.
    pub(super) head: Duration,
    /// The bytes of a head, and so of what is read ahead.
    pub(super) head_bytes: usize,
    /// The headers in it.
    pub(super) headers: usize,
    /// The time until the client has taken an answer.
    pub(super) answer: Duration,
}

impl Limits {
    /// Some probes and some scrapes at a time are many; all together these take about a megabyte. Of answers
    /// about the record there are fewer: `record` has their limit.
    pub(super) const USUAL: Self = Self {
        connections: 64,
        head: Duration::from_secs(10),
        head_bytes: 16 << 10,
        headers: 64,
        answer: Duration::from_secs(10),
    };
}

/// Answers until it is dropped, and then ends all connections.
pub(super) async fn serve(mut listener: impl Listener, router: Router, limits: Limits) -> Infallible {
    let mut connections = JoinSet::new();
    let mut oldest_first: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let (client, _) = listener.accept().await;
        // What has ended needs no room any more.
        while connections.try_join_next().is_some() {}
        oldest_first.retain(|connection| !connection.is_finished());
        if oldest_first.len() >= limits.connections
            && let Some(oldest) = oldest_first.pop_front()
        {
            oldest.abort();
        }
        oldest_first.push_back(connections.spawn(answer(client, router.clone(), limits)));
    }
}

/// Answers the requests of one client, until it goes or breaks a limit.
async fn answer(
    client: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    limits: Limits,
) {
    let client = TokioIo::new(Within::new(client, limits.answer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.headers)
        .serve_connection(client, TowerToHyperService::new(router));
    // How a client ended is its own affair.
    let _ = connection.await;
}
