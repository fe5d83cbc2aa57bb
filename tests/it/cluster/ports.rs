//! Loopback ports that stay with their server while it is stopped.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which systems take the ports of outgoing connections:
/// one of those could otherwise sit on the port of a server that is down for a
/// moment.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// A port that nobody listens on and that this program has not given out yet.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);

    let width = RANGE.end - RANGE.start;
    // Test programs that run side by side begin at different places.
    let start = u16::try_from(process::id() % 400).expect("a number below 400") * 30;
    (0..width)
        .map(|_| GIVEN.fetch_add(1, Ordering::Relaxed))
        .map(|given| RANGE.start + (start + given % width) % width)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("a free loopback port")
}
