//! HTTP as the kubelet speaks it to a pod: a request, and all of its answer.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// Status and body of the answer to a request such as `GET /livez`.
pub(crate) fn ask(address: SocketAddr, request: &str) -> io::Result<(u16, String)> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "{request} HTTP/1.1\r\nHost: kimager\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    status.zip(body).ok_or_else(|| io::Error::other(format!("{request} is answered with {answer:?}")))
}
