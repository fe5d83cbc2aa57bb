//! The driver of a scope's watch: does the machine's requests and tells it what came of them.

mod answer;
mod beside;
mod trouble;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use kube_client::client::Body;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::answer::{PageReader, read_head};
use self::beside::Beside;
use super::machine::Machine;
use super::notice::{Trouble, TroubleKind};
use super::request::http_request;
use super::step::{Input, Next, Output, Request};
use super::wire::{Encoding, FrameDecoder, LONGEST_PIECE, PodReader};
use crate::connect::{Cluster, chain};
use crate::inventory::{Scope, ScopeId};

/// A deadline that was met this late or later says nothing of the server, which is listened to for as long
/// before anything else is made of it.
const HELD_UP: Duration = Duration::from_secs(1);

/// An output of the watch of a scope.
#[derive(Debug)]
pub struct Signal {
    /// The scope.
    pub scope: ScopeId,
    /// What its watch yields.
    pub output: Output,
    /// When that came.
    pub came: Instant,
}

/// What one watch needs to know.
#[derive(Debug)]
pub struct Watch {
    /// The cluster to watch.
    pub cluster: Cluster,
    /// What to watch of it.
    pub scope: Scope,
    /// The scope's number in the inventory.
    pub id: ScopeId,
    /// The resourceVersion to resume from.
    pub version: Option<Box<str>>,
    /// Builds pods.
    pub reader: PodReader,
    /// How often all pods are read anew.
    pub audit_every: Duration,
    /// Spreads pauses and timeouts.
    pub seed: u64,
}

/// Nobody listens any more: the program stops.
#[derive(Debug)]
struct Stopped;

struct Driver<'a> {
    cluster: Cluster,
    scope: Scope,
    id: ScopeId,
    reader: PodReader,
    machine: Machine,
    /// The machine's zero; moved along while the program is held up.
    began: Instant,
    /// The request beside the one that is performed.
    beside: Option<Beside>,
    out: Vec<Output>,
    signals: &'a Sender<Signal>,
}

/// Who answers once the cluster was connected to anew.
enum Server {
    Same,
    /// One of other authorities.
    Other,
}

impl Watch {
    /// Watches until nobody listens to `signals` any more.
    pub async fn run(self, signals: &Sender<Signal>) {
        let Self { cluster, scope, id, version, reader, audit_every, seed } = self;
        let machine = Machine::new(id, version, seed).auditing_every(audit_every);
        let (began, out) = (Instant::now(), Vec::new());
        let beside = None;
        let mut driver = Driver { cluster, scope, id, reader, machine, began, beside, out, signals };
        // The one way out is that nobody listens.
        let Err(Stopped) = driver.run().await;
    }
}

impl Driver<'_> {
    async fn run(&mut self) -> Result<std::convert::Infallible, Stopped> {
        let mut next = self.step(Input::Ready).await?;
        loop {
            next = match next {
                Next::Do(request) => self.perform(&request).await?,
                // A request that is over has nothing more to read.
                Next::Read | Next::Beside(_) => self.step(Input::Ended).await?,
            };
        }
    }

    async fn step(&mut self, input: Input) -> Result<Next, Stopped> {
        let next = self.machine.step(self.began.elapsed(), input, &mut self.out);
        self.follow(next).await
    }

    /// Passes on what a step yielded, and takes care of what is to be done beside.
    async fn follow(&mut self, next: Next) -> Result<Next, Stopped> {
        for output in self.out.drain(..) {
            let signal = Signal { scope: self.id, output, came: Instant::now() };
            self.signals.send(signal).await.map_err(|_| Stopped)?;
        }
        if !self.machine.is_auditing() {
            self.beside = None;
        }
        let Next::Beside(page) = next else { return Ok(next) };
        self.beside = Some(Beside::ask(&self.cluster, &self.scope, page, &self.reader));
        Ok(Next::Read)
    }

    /// Waits for `work`, with ticks at the machine's deadlines, and for what comes beside; `Err` is
    /// the request that the machine prefers to it.
    async fn wait_for<T>(&mut self, work: impl Future<Output = T>) -> Result<Result<T, Request>, Stopped> {
        let mut work = pin!(work);
        loop {
            // Never far: at the latest, a silence has lasted for too long.
            let deadline = self.began + self.machine.deadline();
            let input = tokio::select! {
                biased;
                done = &mut work => return Ok(Ok(done)),
                () = sleep_until(deadline) => None,
                input = next_of(&mut self.beside) => Some(input),
            };
            let next = match input {
                Some(input) => {
                    let next = self.machine.beside(self.began.elapsed(), input, &mut self.out);
                    self.follow(next).await?
                }
                None if deadline.elapsed() >= HELD_UP => {
                    // A slow recorder or a blocked output held the program up, not the server: what that
                    // sent meanwhile gets a moment to be read.
                    let done = timeout(HELD_UP, &mut work).await;
                    self.began += deadline.elapsed();
                    match done {
                        Ok(done) => return Ok(Ok(done)),
                        Err(_) => Next::Read,
                    }
                }
                None => self.step(Input::Tick).await?,
            };
            if let Next::Do(request) = next {
                return Ok(Err(request));
            }
        }
    }

    async fn perform(&mut self, request: &Request) -> Result<Next, Stopped> {
        if let Request::Pause(pause) = request {
            sleep(*pause).await;
            return self.step(Input::Ready).await;
        }
        let http_request = match http_request(&self.scope, request) {
            Ok(Some(http_request)) => http_request,
            Ok(None) => return self.step(Input::Ready).await,
            Err(error) => {
                let text = format!("building the request: {error}");
                return self.step(Input::Failed(Trouble { kind: TroubleKind::Refused, text })).await;
            }
        };
        if self.cluster.is_expiring(Timestamp::now()) {
            match self.refresh().await? {
                Ok(Server::Same) => {}
                // The request was one for the former server.
                Ok(Server::Other) => return self.step(Input::Ready).await,
                Err(instead) => return Ok(instead),
            }
        }
        let client = self.cluster.client.clone();
        let response = match self.wait_for(client.send(http_request)).await? {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let trouble = trouble::of_client(&error);
                if trouble.kind == TroubleKind::Untrusted
                    && let Err(instead) = self.refresh().await?
                {
                    return Ok(instead);
                }
                return self.step(Input::Failed(trouble)).await;
            }
            Err(instead) => return Ok(Next::Do(instead)),
        };
        let (body, encoding) = match read_head(response).await {
            Ok(answer) => answer,
            Err(input) => {
                if matches!(&input, Input::Refused(status) if status.code == 401)
                    && let Err(instead) = self.refresh().await?
                {
                    return Ok(instead);
                }
                return self.step(input).await;
            }
        };
        match request {
            Request::Probe { .. } => self.read_probe(body).await,
            Request::List(_) => match self.step(Input::Begun).await? {
                Next::Read => self.read_page(body, encoding).await,
                instead => Ok(instead),
            },
            _ => match self.step(Input::Begun).await? {
                Next::Read => self.read_watch(body, encoding).await,
                instead => Ok(instead),
            },
        }
    }

    /// Connects anew, with credentials read anew; `Err` is what to do instead of going on.
    async fn refresh(&mut self) -> Result<Result<Server, Next>, Stopped> {
        let cluster = self.cluster.clone();
        match self.wait_for(async move { cluster.refreshed().await }).await? {
            Ok(Ok(cluster)) => {
                let former = std::mem::replace(&mut self.cluster, cluster);
                if self.cluster.identity == former.identity {
                    return Ok(Ok(Server::Same));
                }
                self.machine.moved(&mut self.out);
                Ok(Ok(Server::Other))
            }
            Ok(Err(error)) => {
                let text = format!("renewing the credentials: {}", chain(&error));
                let trouble = Trouble { kind: TroubleKind::Unauthorized, text };
                Ok(Err(self.step(Input::Failed(trouble)).await?))
            }
            Err(instead) => Ok(Err(Next::Do(instead))),
        }
    }

    /// Reads the answer to its end, so that the next request finds the connection free. Whatever it
    /// holds, and whether all of it comes, does not matter.
    async fn read_probe(&mut self, body: Body) -> Result<Next, Stopped> {
        let mut body = Limited::new(body, LONGEST_PIECE);
        // Past the limit a frame is an error too.
        let draining = async { while let Some(Ok(_)) = body.frame().await {} };
        match self.wait_for(draining).await? {
            Ok(()) => self.step(Input::Begun).await,
            Err(instead) => Ok(Next::Do(instead)),
        }
    }

    async fn read_watch(&mut self, mut body: Body, encoding: Encoding) -> Result<Next, Stopped> {
        let mut decoder = FrameDecoder::new(encoding, &self.reader);
        loop {
            let chunk = match self.wait_for(body.frame()).await? {
                Err(instead) => return Ok(Next::Do(instead)),
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return self.step(Input::Broken(trouble::of_break(&error))).await,
                Ok(None) if decoder.is_between_frames() => return self.step(Input::Ended).await,
                Ok(None) => return self.step(Input::Broken(trouble::of_cut())).await,
            };
            if let Ok(bytes) = chunk.into_data() {
                decoder.push(bytes);
            }
            let mut has_frame = false;
            loop {
                let next = match decoder.next() {
                    Ok(Some(frame)) => self.step(Input::Frame(frame)).await?,
                    Ok(None) => break,
                    Err(error) => self.step(Input::Broken(trouble::of_wire(&error))).await?,
                };
                has_frame = true;
                if let Next::Do(request) = next {
                    return Ok(Next::Do(request));
                }
            }
            if !has_frame {
                self.step(Input::Heard).await?;
            }
        }
    }

    async fn read_page(&mut self, body: Body, encoding: Encoding) -> Result<Next, Stopped> {
        let mut page = PageReader::new(body, encoding, &self.reader);
        loop {
            let input = match self.wait_for(page.next()).await? {
                Err(instead) => return Ok(Next::Do(instead)),
                Ok(input) => input,
            };
            // Only the page's end, good or bad, is answered by a request.
            if let Next::Do(request) = self.step(input).await? {
                return Ok(Next::Do(request));
            }
        }
    }
}

/// What comes next of the request beside; without one, nothing ever.
async fn next_of(beside: &mut Option<Beside>) -> Input {
    match beside {
        Some(beside) => beside.next().await,
        None => std::future::pending().await,
    }
}
