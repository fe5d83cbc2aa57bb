//! Where to listen.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;

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
