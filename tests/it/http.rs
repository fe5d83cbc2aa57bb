//! HTTP as the kubelet and Prometheus speak it to a pod: a request, and all of its answer.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// An address that nobody listens on; whoever wants it next is unlikely to want it at once.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("it listens")
}

/// Status and body of the answer to a request such as `GET /livez`.
pub(crate) fn ask(address: SocketAddr, request: &str) -> io::Result<(u16, String)> {
    let (head, body) = ask_for(address, request, "*/*")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.ok_or_else(|| io::Error::other(format!("{request} is answered with {head:?}")))?, body))
}

/// Head and body of the answer to a request that accepts only some.
pub(crate) fn ask_for(address: SocketAddr, request: &str, accept: &str) -> io::Result<(String, String)> {
    let mut connection = TcpStream::connect(address)?;
    let headers = format!("Host: kimager\r\nAccept: {accept}\r\nConnection: close");
    write!(connection, "{request} HTTP/1.1\r\n{headers}\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let parts = answer.split_once("\r\n\r\n").map(|(head, body)| (head.to_owned(), body.to_owned()));
    parts.ok_or_else(|| io::Error::other(format!("{request} is answered with {answer:?}")))
}
