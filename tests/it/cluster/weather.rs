//! A network in front of an API server that can be made bad: a proxy of bytes on loopback, which knows
//! nothing of TLS or HTTP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use super::api::RUNTIME;
use super::control_plane::ControlPlane;
use super::kimager::PATIENCE;

/// What passes at a time of a slow network, in bytes, and the pause after it.
const SIP: usize = 512;
const PAUSE: Duration = Duration::from_millis(5);

/// How the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// All passes.
    Fair,
    /// Little by little: some bytes, then a pause.
    Slow,
    /// Nothing passes, and nobody is told: connections stand, new ones too.
    Still,
}

/// How connections end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As a program ends that is through with it.
    Closed,
    /// As a program ends that has crashed.
    Reset,
}

/// What ends connections.
#[derive(Clone, Copy, Debug)]
struct Break {
    end: End,
    /// So many bytes of the server's still pass.
    after: usize,
    /// Whether it ends those that come later too.
    lasts: bool,
}

/// What a connection sees of it.
#[derive(Clone)]
struct Sky {
    weather: watch::Receiver<Weather>,
    breaks: watch::Receiver<Option<Break>>,
    server: watch::Receiver<SocketAddr>,
    tries: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

/// The network; it ends with the test program.
pub(crate) struct Network {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    breaks: watch::Sender<Option<Break>>,
    server: watch::Sender<SocketAddr>,
    tries: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Network {
    /// A way to the API server of `plane`, fair at first.
    pub(crate) fn to(plane: &ControlPlane) -> Self {
        let (weather, weather_seen) = watch::channel(Weather::Fair);
        let (breaks, breaks_seen) = watch::channel(None);
        let (server, server_seen) = watch::channel(plane.address());
        let [tries, asked] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let sky = Sky {
            weather: weather_seen,
            breaks: breaks_seen,
            server: server_seen,
            tries: Arc::clone(&tries),
            asked: Arc::clone(&asked),
        };
        let listener = RUNTIME.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.expect("a loopback port");
        let address = listener.local_addr().expect("a listener has an address");
        RUNTIME.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                sky.tries.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(join(client, sky.clone()));
            }
        });
        Self { address, weather, breaks, server, tries, asked }
    }

    /// What a kubeconfig calls the server.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// How often a connection was asked for.
    pub(crate) fn tries(&self) -> usize {
        self.tries.load(Ordering::Relaxed)
    }

    /// How often something came from the client; that is once or more for each request.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Leads connections to come to another server.
    pub(crate) fn lead_to(&self, server: SocketAddr) {
        self.server.send_replace(server);
    }

    /// Ends each connection that stands, once `after` more bytes of the server's have passed.
    pub(crate) fn end_connections(&self, end: End, after: usize) {
        self.breaks.send_replace(Some(Break { end, after, lasts: false }));
    }

    /// Ends each connection, also of those to come, after so many bytes of the server's.
    pub(crate) fn end_each_connection(&self, end: End, after: usize) {
        self.breaks.send_replace(Some(Break { end, after, lasts: true }));
    }

    /// Ends no further connections.
    pub(crate) fn mend(&self) {
        self.breaks.send_replace(None);
    }

    /// Waits until a connection was asked for so often.
    pub(crate) fn wait_for_tries(&self, tries: usize) {
        wait_for("tries to connect", tries, || self.tries());
    }

    /// Waits until something came from the client so often.
    pub(crate) fn wait_for_asked(&self, asked: usize) {
        wait_for("times that the client asked", asked, || self.asked());
    }
}

#[track_caller]
fn wait_for(what: &str, wanted: usize, count: impl Fn() -> usize) {
    let deadline = Instant::now() + PATIENCE;
    while count() < wanted {
        assert!(Instant::now() < deadline, "{} {what}, not {wanted}", count());
        thread::sleep(Duration::from_millis(5));
    }
}

/// Carries bytes both ways until one side, or a break, ends it.
async fn join(mut client: TcpStream, mut sky: Sky) {
    // A server that is not there hangs up on whoever asks.
    let server = *sky.server.borrow();
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let mut breaks = sky.breaks.borrow_and_update().filter(|breaks| breaks.lasts);
    let (mut asked, mut answered) = ([0; 4096], [0; 16_384]);
    loop {
        let weather = *sky.weather.borrow_and_update();
        let most = if weather == Weather::Slow { SIP } else { answered.len() };
        let most = breaks.map_or(most, |breaks| breaks.after.min(most));
        if let Some(Break { end, after: 0, .. }) = breaks {
            if end == End::Reset {
                client.set_zero_linger().expect("a socket that is open");
            }
            return;
        }
        let passed = tokio::select! {
            changed = sky.weather.changed() => changed.map(|()| 1).map_err(io::Error::other),
            changed = sky.breaks.changed() => {
                breaks = *sky.breaks.borrow_and_update();
                changed.map(|()| 1).map_err(io::Error::other)
            }
            read = client.read(&mut asked), if weather != Weather::Still => match read {
                Ok(read) => {
                    sky.asked.fetch_add(1, Ordering::Relaxed);
                    server.write_all(&asked[..read]).await.map(|()| read)
                }
                Err(error) => Err(error),
            },
            read = server.read(&mut answered[..most]), if weather != Weather::Still => match read {
                Ok(read) => {
                    if let Some(breaks) = &mut breaks {
                        breaks.after -= read;
                    }
                    if weather == Weather::Slow {
                        sleep(PAUSE).await;
                    }
                    client.write_all(&answered[..read]).await.map(|()| read)
                }
                Err(error) => Err(error),
            },
        };
        if !matches!(passed, Ok(1..)) {
            return;
        }
    }
}
