//! Clients, good and bad, on connections of the tests' own. Time is paused: what waits for a deadline
//! gets to it at once.

use std::io;
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::Told;
use super::connections::Limits;
use super::routes::ROUTES;
use crate::inventory::Scope;
use crate::recorder::{Figures, Health};

/// What a connection holds of what nobody has read yet.
const BUFFER: usize = 4 << 10;

/// Clients come in.
struct Door(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Door {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(client) => (client, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

struct Server {
    door: mpsc::UnboundedSender<DuplexStream>,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    fn new() -> Self {
        let (door, clients) = mpsc::unbounded_channel();
        let scopes = [Scope::default()];
        let serving = tokio::spawn(async move {
            let (_health, asked) = watch::channel(Health::at_start(&scopes));
            let told = Told { health: asked, figures: Figures::default(), record: None };
            match super::serve(Door(clients), told).await {}
        });
        Self { door, serving }
    }

    fn connect(&self) -> DuplexStream {
        let (ours, theirs) = duplex(BUFFER);
        self.door.send(theirs).unwrap();
        ours
    }

    /// What comes back on a connection of its own until the server ends it.
    async fn says(&self, request: &str) -> String {
        let mut client = self.connect();
        client.write_all(request.as_bytes()).await.unwrap();
        read_to_end(&mut client).await
    }

    async fn is_alive(&self) -> bool {
        let answer = self.says("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nok\n")
    }
}

async fn read_to_end(client: &mut DuplexStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut off is an end like any other.
    let _ = client.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// A header of an answer.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    head.lines().find_map(|line| line.split_once(": ").filter(|(of, _)| *of == name)).map(|(_, value)| value)
}

#[tokio::test(start_paused = true)]
async fn each_route_answers_to_get_and_head_and_refuses_all_else() {
    let server = Server::new();
    for path in ROUTES {
        let path = path.replace("{question}", "about");
        let expected = match &*path {
            "/readyz" => 503,
            // No record is kept.
            "/api/v1/record/about" => 404,
            _ => 200,
        };
        for (method, expected) in [
            ("GET", expected),
            ("HEAD", expected),
            ("POST", 405),
            ("PUT", 405),
            ("PATCH", 405),
            ("DELETE", 405),
            ("OPTIONS", 405),
            ("TRACE", 405),
            ("BREW", 405),
        ] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let answer = server.says(&request).await;
            assert_eq!(status(&answer), expected, "{request}: {answer}");
            let has_body = !answer.ends_with("\r\n\r\n");
            assert_eq!(has_body, method == "GET", "{request}: {answer}");
            if expected == 405 {
                assert_eq!(header(&answer, "allow"), Some("GET,HEAD"), "{request}: {answer}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_route_is_not_found_by_any_method_and_the_answer_names_what_there_is() {
    let server = Server::new();
    for request in ["GET /", "GET /livez/", "GET /debug/pprof", "POST /nowhere", "GET /%2e%2e/livez"] {
        let answer =
            server.says(&format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(status(&answer), 404, "{request}: {answer}");
        assert!(
            answer.ends_with("there are /livez, /readyz, /metrics, /api/v1/record/{question}\n"),
            "{request}: {answer}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_answer_forbids_what_nobody_should_do_with_it() {
    let server = Server::new();
    for request in ["GET /livez", "GET /readyz", "HEAD /metrics", "POST /metrics", "GET /nowhere"] {
        let answer =
            server.says(&format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(&answer, name), Some(value), "{request}: {answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_body_is_refused_and_its_connection_closed() {
    let server = Server::new();
    let more = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    for (head, body) in [
        ("Content-Length: 5", "hello"),
        ("Content-Length: 1000000000000000000", "x"),
        ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
    ] {
        let answer =
            server.says(&format!("GET /livez HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}{more}")).await;
        assert_eq!(status(&answer), 413, "{head}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head}: {answer}");
    }
    let empty = "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&server.says(empty).await), 200);
}

/// A body that never ends is not read.
#[tokio::test(start_paused = true)]
async fn an_upload_is_cut_off() {
    let server = Server::new();
    let mut client = server.connect();
    client
        .write_all(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        .await
        .unwrap();
    let mut sent = 0;
    while client.write_all(&[b'x'; 1024]).await.is_ok() {
        sent += 1024;
        assert!(sent < 1 << 20, "a megabyte was taken");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_a_byte_a_second_is_given_up_after_ten_seconds() {
    let server = Server::new();
    let mut client = server.connect();
    let began = Instant::now();
    for byte in b"GET /livez HTTP/1.1\r\nHost: a-very-long-name-of-a-host\r\n\r\n" {
        if client.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    assert!(began.elapsed() <= Limits::USUAL.head + Duration::from_secs(2), "{:?}", began.elapsed());
    let answer = read_to_end(&mut client).await;
    assert_ne!(status(&answer), 200, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_let_go_before_and_after_a_request() {
    let server = Server::new();
    let mut client = server.connect();
    let began = Instant::now();
    assert_eq!(status(&read_to_end(&mut client).await), 0);
    assert_eq!(began.elapsed().as_secs(), Limits::USUAL.head.as_secs());

    let began = Instant::now();
    let answer = server.says("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(status(&answer), 200, "{answer}");
    assert_eq!(began.elapsed().as_secs(), Limits::USUAL.head.as_secs());
}

/// As `nc` does, and a client whose machine went down after its request.
#[tokio::test(start_paused = true)]
async fn a_client_that_sends_no_more_is_let_go() {
    let server = Server::new();
    for request in ["", "GET /li", "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let mut client = server.connect();
        client.write_all(request.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let began = Instant::now();
        read_to_end(&mut client).await;
        assert!(began.elapsed() < Duration::from_secs(1), "{request}: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_without_end_is_refused_by_its_size_and_its_number_of_headers() {
    let server = Server::new();
    for piece in ["a", "a: b\r\n", "\r\n\r\n\r\n"] {
        let mut client = server.connect();
        let _ = client.write_all(b"GET /livez HTTP/1.1\r\n").await;
        let mut sent = 0;
        while sent < 1 << 20 && client.write_all(piece.as_bytes()).await.is_ok() {
            sent += piece.len();
        }
        let most = Limits::USUAL.head_bytes * 2 + BUFFER;
        assert!(sent <= most, "{piece:?}: {sent} bytes were taken");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(Limits::USUAL.head_bytes));
    let mut client = server.connect();
    let _ = client.write_all(long.as_bytes()).await;
    assert!([414, 431].contains(&status(&read_to_end(&mut client).await)));
    let headers = "a: b\r\n".repeat(Limits::USUAL.headers + 1);
    let many = server.says(&format!("GET /livez HTTP/1.1\r\n{headers}\r\n")).await;
    assert_eq!(status(&many), 431, "{many}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http_is_refused() {
    let server = Server::new();
    for request in [
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
        "GET\r\n\r\n",
        "GET /livez HTTP/9.9\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = server.says(request).await;
        assert!([0, 400, 404, 505].contains(&status(&answer)), "{request:?}: {answer}");
    }
    assert!(server.is_alive().await);
}

/// It asks and asks, and lets the answers wait; or takes them a byte a second.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_take_its_answers_is_let_go() {
    let server = Server::new();
    let many = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(40);
    let whole = server.says(&many.replacen("\r\nHost", "\r\nConnection: close\r\nHost", 1)).await.len();
    for pause in [Limits::USUAL.answer + Duration::from_secs(1), Duration::from_secs(1)] {
        let mut client = server.connect();
        client.write_all(many.as_bytes()).await.unwrap();
        sleep(pause).await;
        let mut taken = 0;
        while client.read_u8().await.is_ok() {
            taken += 1;
            sleep(if taken < BUFFER { pause.min(Duration::from_secs(1)) } else { Duration::ZERO }).await;
        }
        assert!(taken < whole, "{taken} bytes of an answer of {whole} came");
    }
}

#[tokio::test(start_paused = true)]
async fn who_holds_hundreds_of_connections_keeps_nobody_out() {
    let server = Server::new();
    for said in ["", "GET /livez HT"] {
        let mut clients: Vec<DuplexStream> = (0..300).map(|_| server.connect()).collect();
        for client in &mut clients {
            // Those that came before the last 64 may be ended by now.
            let _ = client.write_all(said.as_bytes()).await;
        }
        let began = Instant::now();
        assert!(server.is_alive().await);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        let mut ended = 0;
        for client in &mut clients[..300 - Limits::USUAL.connections] {
            read_to_end(client).await;
            ended += 1;
        }
        assert!(began.elapsed() < Duration::from_secs(1), "{ended}: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_scraper_gets_the_form_that_it_likes_and_the_same_text_within_a_second() {
    let server = Server::new();
    let scrape = async |accept: &str| {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{accept}Connection: close\r\n\r\n");
        server.says(&request).await
    };
    let plain = scrape("").await;
    assert_eq!(header(&plain, "content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(plain.contains("\n# TYPE kimager_events_total counter\n"), "{plain}");
    assert!(!plain.contains("# EOF"), "{plain}");
    let open = scrape("Accept: application/openmetrics-text\r\n").await;
    let version = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(header(&open, "content-type"), Some(version));
    assert!(open.contains("\n# TYPE kimager_events counter\n"), "{open}");
    assert!(open.ends_with("\n# EOF\n"), "{open}");
    assert_eq!(header(&open, "vary"), Some("Accept"));
}
