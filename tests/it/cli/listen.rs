//! `--listen`: the real program is asked how it is.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::simulated::Simulated;
use super::{program, ran};
use crate::http::{ask, free_address};

/// Long enough for a machine on which compilers run beside the tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until there is an answer.
#[track_caller]
pub(super) fn wait_for_any(address: SocketAddr, request: &str) -> (u16, String) {
    let since = Instant::now();
    loop {
        match ask(address, request) {
            Ok(answer) => return answer,
            Err(error) => assert!(since.elapsed() < PATIENCE, "{request}: {error}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the answer has this status.
#[track_caller]
fn wait_for(address: SocketAddr, request: &str, status: u16) -> String {
    let since = Instant::now();
    loop {
        match ask(address, request) {
            Ok((found, body)) if found == status => return body,
            answer => assert!(since.elapsed() < PATIENCE, "{request}: {answer:?}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_asks_is_told_whether_all_is_seen_and_kept() {
    let (cluster, address) = (Simulated::new(), free_address());
    let _watching = cluster.watch(&["-n", "a", "-n", "b", "--listen", &address.to_string()]);
    assert_eq!(wait_for(address, "GET /readyz", 200), "ok\n");
    let all = "[+]watch of namespace a ok\n[+]watch of namespace b ok\n[+]record ok\nreadyz check passed\n";
    let check = |request: &str, status: u16, body: &str| {
        assert_eq!(ask(address, request).expect("an answer"), (status, body.to_owned()), "{request}");
    };
    check("GET /readyz?verbose", 200, all);
    check("GET /livez", 200, "ok\n");
    check("HEAD /livez", 200, "");
    check("POST /readyz", 405, "");
    check("GET /", 404, "there are /livez, /readyz, /metrics, /api/v1/record/{question}\n");
}

#[test]
fn who_sees_nothing_is_alive_but_not_ready_and_says_why() {
    let (nowhere, address) = (free_address(), free_address());
    let folder = tempfile::tempdir().expect("a folder");
    let kubeconfig = folder.path().join("config");
    std::fs::write(&kubeconfig, kimager::simulation::kubeconfig(nowhere, "away")).expect("a kubeconfig");
    let mut command = program(["watch", "--record", "memory", "--listen", &address.to_string()]);
    command.arg("--kubeconfig").arg(&kubeconfig).stderr(Stdio::null());
    let mut watching = command.spawn().expect("the program starts");
    let told = wait_for(address, "GET /readyz", 503);
    assert_eq!(
        told,
        "[-]watch of all namespaces failed: what happens there is not seen now\n[+]record ok\nreadyz check failed\n"
    );
    assert_eq!(wait_for(address, "GET /livez", 200), "ok\n");
    watching.kill().and_then(|()| watching.wait()).expect("it can be ended");
}

/// On real sockets, with the system's own queue of those who wait.
#[test]
fn who_holds_hundreds_of_connections_keeps_no_probe_out() {
    let (cluster, address) = (Simulated::new(), free_address());
    let _watching = cluster.watch(&["--listen", &address.to_string()]);
    wait_for(address, "GET /readyz", 200);
    let held: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    for mut connection in &held {
        // Those that came first may be ended by now.
        let _ = connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: ");
    }
    assert_eq!(ask(address, "GET /livez").expect("an answer"), (200, "ok\n".to_owned()));
    let mut is_ended = [0];
    let first = held[0].set_read_timeout(Some(PATIENCE)).and_then(|()| (&held[0]).read(&mut is_ended));
    assert!(!matches!(first, Ok(1..)), "the oldest is ended for it: {first:?}");
}

#[test]
fn a_port_that_is_taken_is_named_with_a_remedy() {
    let cluster = Simulated::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = taken.local_addr().expect("it listens").to_string();
    let mut command = program(["watch", "--record", "memory", "--listen", &address, "--kubeconfig"]);
    ran(command.arg(cluster.kubeconfig())).refused(1, &[&address, "in use", "--listen"]);
}
