//! The driver of a scope's watch: does the machine's requests and tells it what came of them.

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use kube_client::client::Body;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::machine::Machine;
use super::notice::{Trouble, TroubleKind};
use super::request::http_request;
use super::step::{Input, Next, Output, Request};
use super::wire::{Encoding, FrameDecoder, ListDecoder, PodReader, Status, WireError};
use crate::connect::Cluster;
use crate::inventory::{Scope, ScopeId};

/// Of a refusal this much is read: a Status is short, a proxy's page of HTML need not be.
const REFUSAL_KEPT: usize = 64 << 10;
/// Of the answer to a probe this much is read: one pod.
const PROBE_READ: usize = 4 << 20;
/// Time for the body of a refusal.
const REFUSAL: Duration = Duration::from_secs(10);

/// An output of the watch of a scope.
#[derive(Debug)]
pub struct Signal {
    /// The scope.
    pub scope: ScopeId,
    /// What its watch yields.
    pub output: Output,
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
    began: Instant,
    out: Vec<Output>,
    signals: &'a Sender<Signal>,
}

impl Watch {
    /// Watches until nobody listens to `signals` any more.
    pub async fn run(self, signals: &Sender<Signal>) {
        let Self { cluster, scope, id, version, reader, audit_every, seed } = self;
        let machine = Machine::new(id, version, seed).auditing_every(audit_every);
        let (began, out) = (Instant::now(), Vec::new());
        let mut driver = Driver { cluster, scope, id, reader, machine, began, out, signals };
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
                Next::Read => self.step(Input::Ended).await?,
            };
        }
    }

    async fn step(&mut self, input: Input) -> Result<Next, Stopped> {
        let next = self.machine.step(self.began.elapsed(), input, &mut self.out);
        for output in self.out.drain(..) {
            self.signals.send(Signal { scope: self.id, output }).await.map_err(|_| Stopped)?;
        }
        Ok(next)
    }

    /// Waits for `work`, with ticks at the machine's deadlines; `Err` is the request that the
    /// machine prefers to it.
    async fn wait_for<T>(&mut self, work: impl Future<Output = T>) -> Result<Result<T, Request>, Stopped> {
        let mut work = pin!(work);
        loop {
            let deadline = self.began.checked_add(self.machine.deadline());
            let deadline = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
            match timeout_at(deadline, &mut work).await {
                Ok(done) => return Ok(Ok(done)),
                Err(_) => {
                    if let Next::Do(request) = self.step(Input::Tick).await? {
                        return Ok(Err(request));
                    }
                }
            }
        }
    }

    async fn perform(&mut self, request: &Request) -> Result<Next, Stopped> {
        if let Request::Pause(pause) = request {
            sleep_until(Instant::now() + *pause).await;
            return self.step(Input::Ready).await;
        }
        if let Err(trouble) = self.refresh(false).await {
            return self.step(Input::Failed(trouble)).await;
        }
        let http_request = match http_request(&self.scope, request) {
            Ok(Some(http_request)) => http_request,
            Ok(None) => return self.step(Input::Ready).await,
            Err(error) => {
                let text = format!("building the request: {error}");
                return self.step(Input::Failed(Trouble { kind: TroubleKind::Refused, text })).await;
            }
        };
        let client = self.cluster.client.clone();
        let response = match self.wait_for(client.send(http_request)).await? {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return self.step(Input::Failed(trouble_of(&error))).await,
            Err(instead) => return Ok(Next::Do(instead)),
        };
        if response.status() != StatusCode::OK {
            let status = read_refusal(response).await;
            if status.code == 401
                && let Err(trouble) = self.refresh(true).await
            {
                return self.step(Input::Failed(trouble)).await;
            }
            return self.step(Input::Refused(status)).await;
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(encoding) = content_type.and_then(Encoding::of_content_type) else {
            let status = read_refusal(response).await;
            let text = format!("the server answered with something else than pods: {status}");
            return self.step(Input::Failed(Trouble { kind: TroubleKind::Foreign, text })).await;
        };
        if let Request::Probe { .. } = request {
            // Read to its end, so that the next request finds the connection free. Whatever it
            // holds, and whether all of it comes, does not matter.
            let body = Limited::new(response.into_body(), PROBE_READ).collect();
            return match self.wait_for(body).await? {
                Ok(_) => self.step(Input::Begun).await,
                Err(instead) => Ok(Next::Do(instead)),
            };
        }
        match self.step(Input::Begun).await? {
            Next::Do(request) => Ok(Next::Do(request)),
            Next::Read => match request {
                Request::List { .. } => self.read_page(response.into_body(), encoding).await,
                _ => self.read_watch(response.into_body(), encoding).await,
            },
        }
    }

    /// Connects anew where the credentials expire soon, or were refused.
    async fn refresh(&mut self, were_refused: bool) -> Result<(), Trouble> {
        if were_refused || self.cluster.is_expiring(Timestamp::now()) {
            self.cluster = self.cluster.refreshed().await.map_err(|error| {
                let text = format!("renewing the credentials: {}", chain(&error));
                Trouble { kind: TroubleKind::Unauthorized, text }
            })?;
        }
        Ok(())
    }

    async fn read_watch(&mut self, mut body: Body, encoding: Encoding) -> Result<Next, Stopped> {
        let mut decoder = FrameDecoder::new(encoding, &self.reader);
        loop {
            let chunk = match self.wait_for(body.frame()).await? {
                Err(instead) => return Ok(Next::Do(instead)),
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return self.step(Input::Broken(broken(&error))).await,
                Ok(None) if decoder.is_between_frames() => return self.step(Input::Ended).await,
                Ok(None) => return self.step(Input::Broken(broken(&WireError::CutOff))).await,
            };
            if let Ok(bytes) = chunk.into_data() {
                decoder.push(bytes);
            }
            let mut has_frame = false;
            loop {
                let next = match decoder.next() {
                    Ok(Some(frame)) => self.step(Input::Frame(frame)).await?,
                    Ok(None) => break,
                    Err(error) => self.step(Input::Broken(broken(&error))).await?,
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

    async fn read_page(&mut self, mut body: Body, encoding: Encoding) -> Result<Next, Stopped> {
        let mut decoder = ListDecoder::new(encoding, &self.reader);
        loop {
            let chunk = match self.wait_for(body.frame()).await? {
                Err(instead) => return Ok(Next::Do(instead)),
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return self.step(Input::Broken(broken(&error))).await,
                Ok(None) => break,
            };
            if let Ok(bytes) = chunk.into_data() {
                decoder.push(bytes);
            }
            loop {
                match decoder.next() {
                    Ok(Some(item)) => self.step(Input::Item(item)).await?,
                    Ok(None) => break,
                    Err(error) => return self.step(Input::Broken(broken(&error))).await,
                };
            }
            self.step(Input::Heard).await?;
        }
        match decoder.finish() {
            Ok(meta) => self.step(Input::Page(meta)).await,
            Err(error) => self.step(Input::Broken(broken(&error))).await,
        }
    }
}

/// What an answer other than 200 says.
async fn read_refusal(response: Response<Body>) -> Status {
    let code = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let mut text = Vec::new();
    let mut body = response.into_body();
    let reading = async {
        while let Some(Ok(chunk)) = body.frame().await {
            text.extend(chunk.into_data().unwrap_or_default());
            if text.len() > REFUSAL_KEPT {
                break;
            }
        }
    };
    // What came in time must do; the code alone says most of it.
    let _ = tokio::time::timeout(REFUSAL, reading).await;
    let mut status = Status::decode(code, &text);
    status.retry_after = retry_after.or(status.retry_after);
    status
}

fn broken(error: &dyn Error) -> Trouble {
    Trouble { kind: TroubleKind::Lost, text: format!("the connection broke off: {}", chain(error)) }
}

fn trouble_of(error: &kube_client::Error) -> Trouble {
    let kind = match error {
        kube_client::Error::Auth(_) => TroubleKind::Unauthorized,
        _ => TroubleKind::Unreachable,
    };
    // The wrapper's own words say nothing.
    let text = match error {
        kube_client::Error::Service(inner) => chain(&**inner),
        other => chain(other),
    };
    Trouble { kind, text: format!("asking the server: {text}") }
}

/// An error with its causes, each said once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
