//! What is answered over HTTP. Every route only reads.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::recorder::Health;
use record::Asked;

mod health;
mod reading;
mod record;
mod refusal;

/// Where to listen: the first of these that the system allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    typed: String,
    addresses: Vec<SocketAddr>,
}

/// Nobody can listen there.
#[derive(Debug, thiserror::Error)]
#[error("listening on {address}: {cause}; choose another address or port with --listen")]
pub struct ListenError {
    address: String,
    #[source]
    cause: io::Error,
}

impl FromStr for Listen {
    type Err = &'static str;

    /// Reads `ADDRESS:PORT`, or `:PORT` for all addresses of the machine, of IPv6 where it has that.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = |port| {
            vec![SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)), (Ipv4Addr::UNSPECIFIED, port).into()]
        };
        let addresses = match text.strip_prefix(':') {
            Some(port) => port.parse().ok().map(all),
            None => text.parse().ok().map(|address| vec![address]),
        };
        let hint =
            "give an address and a port, such as 127.0.0.1:8080 or [::1]:8080, or :8080 for all addresses";
        Ok(Self { typed: text.to_owned(), addresses: addresses.ok_or(hint)? })
    }
}

impl Listen {
    /// Opens the port.
    ///
    /// # Errors
    /// Where the system allows it on none of the addresses.
    pub async fn open(&self) -> Result<TcpListener, ListenError> {
        let bound = TcpListener::bind(&*self.addresses).await;
        bound.map_err(|cause| ListenError { address: self.typed.clone(), cause })
    }
}

/// Answers until the listener fails, if it does, and returns why. Questions go to the `record`, if one is
/// kept.
pub async fn serve(
    listener: TcpListener,
    health: watch::Receiver<Health>,
    record: Option<PathBuf>,
) -> io::Error {
    let router = Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(async || (StatusCode::NOT_FOUND, "there are /livez and /readyz\n"))
        .with_state(health)
        .merge(record::routes(Asked::new(record)));
    match axum::serve(listener, router).await {
        Err(error) => error,
        Ok(()) => io::Error::other("it ended"),
    }
}
