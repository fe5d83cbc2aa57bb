//! A name server that knows one name, as the cluster's knows its services.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;

/// Resolvers ask at this port and at no other. The address is one that nobody else listens on.
const ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::new(127, 10, 96, 10), 53);

const TYPE_A: u16 = 1;
const HEADER: usize = 12;

/// Answers with 127.0.0.1 to `name`, for as long as this program runs, and returns the address to ask.
pub(super) fn serve(name: &'static str) -> Ipv4Addr {
    let socket = UdpSocket::bind(ADDRESS).expect("port 53 of a loopback address; be root");
    thread::spawn(move || {
        let mut query = [0; 512];
        loop {
            let (length, from): (usize, SocketAddr) = socket.recv_from(&mut query).expect("a query");
            if let Some(answer) = answer(&query[..length], name) {
                socket.send_to(&answer, from).expect("an answer is sent");
            }
        }
    });
    ADDRESS.0
}

/// The answer to a query (RFC 1035, section 4.1): an address, or that there is no such name.
fn answer(query: &[u8], name: &str) -> Option<Vec<u8>> {
    let (labels, rest) = question(query.get(HEADER..)?)?;
    let end = query.len() - rest.len() + 4;
    let kind = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
    let is_known = labels == name;
    let has_address = is_known && kind == TYPE_A;

    let mut answer = query.get(..2)?.to_vec();
    // An answer with authority, recursion as asked for; code 3 is "no such name".
    answer.extend([0x85, if is_known { 0x80 } else { 0x83 }]);
    answer.extend([0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    answer.extend(query.get(HEADER..end)?);
    if has_address {
        // The name of the question; an address, for a minute.
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}

/// The name that is asked for, and what follows it.
fn question(mut bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut labels = Vec::new();
    loop {
        let (&length, rest) = bytes.split_first()?;
        if length == 0 {
            return Some((labels.join("."), rest));
        }
        let (label, rest) = rest.split_at_checked(length.into())?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        bytes = rest;
    }
}
