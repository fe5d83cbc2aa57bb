//! A record that is asked over HTTP.

use std::cell::{OnceCell, RefCell};
use std::io;
use std::time::Duration;

use form_urlencoded::Serializer;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kube_client::client::Body;
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::row::{Row, RowError, Texts};
use super::{PATH, Place};
use crate::connect::{Cluster, ConnectArgs, ConnectError, chain, chain_of_request, connect, read_refusal};
use crate::lines::escape_prose;
use crate::record::past::{About, Hint, Past, Sight, Span, Use};
use crate::record::{Entry, RecordError};

/// For the head of an answer: a question may take some time until its first row is found.
const HEAD: Duration = Duration::from_mins(1);
/// For the next piece of an answer.
const SILENCE: Duration = Duration::from_mins(1);
/// A row is shorter: an image has at most what an API server takes of a pod.
const LONGEST_ROW: usize = 16 << 20;

/// Why a running kimager gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("starting the runtime: {0}")]
    Runtime(#[source] io::Error),
    #[error("{}; is kimager running there, with --listen?", chain_of_request(.0))]
    Unreachable(#[source] kube_client::Error),
    #[error("no answer within {} s; is kimager running there?", HEAD.as_secs())]
    Late(#[from] Elapsed),
    #[error("{status}: {}{}", escape_prose(.text), remedy(*.status))]
    Refused { status: StatusCode, text: String },
    #[error("the answer broke off: {0}; ask again")]
    Broken(String),
    #[error("that is no answer of kimager's: {}", escape_prose(.0))]
    Foreign(String),
    #[error(transparent)]
    Row(#[from] RowError),
    #[error("the record failed there: {}", escape_prose(.0))]
    Failed(String),
}

fn remedy(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "; is that the right name, and kimager of this version?",
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
            "; it takes the right to get services/proxy of this service"
        }
        StatusCode::SERVICE_UNAVAILABLE => "; is its pod running, and may the API server reach it?",
        StatusCode::GONE => "; ask again",
        _ => "",
    }
}

/// The record of a running kimager as it is at the first question; each question is a request.
pub struct RemotePast {
    place: Place,
    runtime: Runtime,
    cluster: Cluster,
    texts: RefCell<Texts>,
    /// What the first answer said.
    first: OnceCell<First>,
}

/// What belongs to all questions.
#[derive(Clone)]
struct First {
    about: About,
    reading: String,
}

impl RemotePast {
    /// Makes ready to ask; nothing is asked yet.
    ///
    /// # Errors
    /// [`RecordError::Elsewhere`] where there is no way to the place.
    pub fn open(place: &Place, args: &ConnectArgs) -> Result<Self, RecordError> {
        Self::connect(place, args).map_err(|error| elsewhere(place, &error))
    }

    fn connect(place: &Place, args: &ConnectArgs) -> Result<Self, AskError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(AskError::Runtime)?;
        let cluster = runtime.block_on(async {
            match place {
                Place::Address(uri) => Cluster::at(uri).await,
                Place::Service { context, .. } => {
                    let context = context.clone().or_else(|| args.context.clone());
                    connect(&ConnectArgs { context, ..args.clone() }).await
                }
            }
        })?;
        Ok(Self { place: place.clone(), runtime, cluster, texts: RefCell::default(), first: OnceCell::new() })
    }

    /// Hands over the rows between the first and the last.
    fn ask(
        &self,
        question: &str,
        mut parameters: Vec<(&str, String)>,
        mut take: impl FnMut(Row<'_>, &mut Texts) -> Result<(), AskError>,
    ) -> Result<&First, AskError> {
        parameters.extend(self.first.get().map(|first| ("reading", first.reading.clone())));
        let mut texts = self.texts.borrow_mut();
        let mut answer = Answer::default();
        let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
        let uri = format!("{}{PATH}/{question}?{query}", self.place.prefix());
        self.runtime.block_on(async {
            let request = Request::get(uri.trim_end_matches('?')).body(Body::empty());
            let request = request.map_err(|error| AskError::Foreign(error.to_string()))?;
            let response = timeout(HEAD, self.cluster.client.send(request)).await?;
            let response = response.map_err(AskError::Unreachable)?;
            if response.status() != StatusCode::OK {
                return Err(refusal(response).await);
            }
            let mut body = response.into_body();
            let mut rest = Vec::new();
            let silent = |_| AskError::Broken(format!("nothing came for {} s", SILENCE.as_secs()));
            while let Some(frame) = timeout(SILENCE, body.frame()).await.map_err(silent)? {
                let frame = frame.map_err(|error| AskError::Broken(chain(&error)))?;
                rest.extend_from_slice(&frame.into_data().unwrap_or_default());
                let mut from = 0;
                while let Some(length) = rest[from..].iter().position(|byte| *byte == b'\n') {
                    answer.row(&rest[from..from + length], &mut texts, &mut take)?;
                    from += length + 1;
                }
                rest.drain(..from);
                if rest.len() > LONGEST_ROW {
                    return Err(AskError::Foreign("a line has no end".to_owned()));
                }
            }
            Ok(())
        })?;
        let first = answer.end()?;
        Ok(self.first.get_or_init(|| first))
    }

    fn ask_for_uses(
        &self,
        question: &str,
        parameters: Vec<(&str, String)>,
        take: &mut dyn FnMut(Use),
    ) -> Result<(), RecordError> {
        let told = self.ask(question, parameters, |row, texts| {
            let Row::Use(row) = row else { return Err(other(row)) };
            take(row.used(texts)?);
            Ok(())
        });
        self.asked(told).map(drop)
    }

    fn asked<T>(&self, asked: Result<T, AskError>) -> Result<T, RecordError> {
        asked.map_err(|error| elsewhere(&self.place, &error))
    }
}

fn elsewhere(place: &Place, error: &AskError) -> RecordError {
    RecordError::Elsewhere { place: place.to_string(), cause: error.to_string() }
}

/// What has come of an answer.
#[derive(Default)]
struct Answer {
    first: Option<First>,
    rows: u64,
    is_whole: bool,
}

impl Answer {
    fn row(
        &mut self,
        line: &[u8],
        texts: &mut Texts,
        take: &mut impl FnMut(Row<'_>, &mut Texts) -> Result<(), AskError>,
    ) -> Result<(), AskError> {
        let row = serde_json::from_slice(line).map_err(|error| AskError::Foreign(error.to_string()))?;
        match (row, self.first.is_some()) {
            (Row::About(row), false) => {
                let reading = row.reading.clone().into_owned();
                self.first = Some(First { about: row.into(), reading });
            }
            (Row::End(rows), true) if rows == self.rows => self.is_whole = true,
            (Row::Failed(cause), _) => return Err(AskError::Failed(cause)),
            (row, true) if !self.is_whole && !matches!(row, Row::About(_) | Row::End(_)) => {
                self.rows += 1;
                take(row, texts)?;
            }
            _ => return Err(AskError::Foreign("a line stands where it does not belong".to_owned())),
        }
        Ok(())
    }

    /// What the first row said, if the last one came.
    fn end(self) -> Result<First, AskError> {
        let first = self.first.filter(|_| self.is_whole);
        first.ok_or_else(|| AskError::Broken("its last line is missing".to_owned()))
    }
}

/// What an answer other than 200 says: kimager's own errors, and the Status of an API server.
async fn refusal(response: Response<Body>) -> AskError {
    #[derive(Deserialize)]
    struct Told {
        message: String,
    }
    let status = response.status();
    let text = read_refusal(response.into_body()).await;
    let told = serde_json::from_slice(&text).map(|Told { message }| message);
    let text =
        told.unwrap_or_else(|_| String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned());
    AskError::Refused { status, text }
}

/// The ends of a span, but for those that are none, and the hints.
fn parameters(during: Span, hints: &[Hint]) -> Vec<(&'static str, String)> {
    let is_end = |at: &Timestamp| *at != Timestamp::MIN && *at != Timestamp::MAX;
    let ends = [("from", during.from), ("until", during.until)];
    let ends = ends.into_iter().filter(|(_, at)| is_end(at)).map(|(name, at)| (name, at.to_string()));
    let hints = hints.iter().map(|hint| match hint {
        Hint::Reference(text) => ("reference", text.to_string()),
        Hint::Digest(text) => ("digest", text.to_string()),
    });
    ends.chain(hints).collect()
}

fn other(_: Row<'_>) -> AskError {
    AskError::Foreign("a row is of another kind than was asked for".to_owned())
}

impl Past for RemotePast {
    fn about(&self) -> Result<About, RecordError> {
        let first = match self.first.get() {
            Some(first) => Ok(first),
            None => self.asked(self.ask("about", Vec::new(), |row, _| Err(other(row)))),
        };
        first.map(|first| first.about.clone())
    }

    fn sight(&self) -> Result<Sight, RecordError> {
        let mut sight = Sight::default();
        let told = self.ask("sight", Vec::new(), |row, texts| {
            match row {
                Row::Start(row) => sight.starts.push(row.start(texts)),
                Row::Seen(row) => sight.seen.push(row.seen(texts)?),
                row => return Err(other(row)),
            }
            Ok(())
        });
        self.asked(told).map(|_| sight)
    }

    fn uses(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Use)) -> Result<(), RecordError> {
        self.ask_for_uses("uses", parameters(during, hints), take)
    }

    fn events(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Entry)) -> Result<(), RecordError> {
        let told = self.ask("events", parameters(during, hints), |row, texts| {
            let Row::Event(row) = row else { return Err(other(row)) };
            take(row.entry(texts)?);
            Ok(())
        });
        self.asked(told).map(drop)
    }

    fn latest(&self, versions: usize, take: &mut dyn FnMut(Use)) -> Result<(), RecordError> {
        self.ask_for_uses("latest", vec![("versions", versions.to_string())], take)
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, AskError, Texts};

    const ABOUT: &str = r#"{"about":{"reading":"r","record":"0123456789ab","cluster":"c","pruned_until":null,"coarse_until":null}}"#;
    const START: &str =
        r#"{"start":{"number":1,"at":"2026-11-23T00:00:00Z","epoch":1,"scopes":["all namespaces"]}}"#;

    /// The rows of an answer, or why it is none.
    fn read(lines: &[&str]) -> Result<u64, AskError> {
        let (mut answer, mut texts, mut rows) = (Answer::default(), Texts::default(), 0);
        for line in lines {
            answer.row(line.as_bytes(), &mut texts, &mut |_, _| {
                rows += 1;
                Ok(())
            })?;
        }
        answer.end().map(|_| rows)
    }

    #[test]
    fn what_breaks_off_or_is_no_answer_is_an_error() {
        let check = |lines: &[&str], expected: &str| {
            let told = read(lines).map_or_else(|error| error.to_string(), |rows| format!("{rows} rows"));
            assert!(told.contains(expected), "{lines:?}: {told}");
        };
        check(&[ABOUT, r#"{"end":0}"#], "0 rows");
        check(&[ABOUT, START, START, r#"{"end":2}"#], "2 rows");
        check(&[], "broke off");
        check(&[ABOUT], "broke off");
        check(&[ABOUT, START], "broke off");
        check(
            &[ABOUT, START, r#"{"failed":"the disk\u001b[2J"}"#],
            "the record failed there: the disk\\u{1b}[2J",
        );
        check(&[ABOUT, START, r#"{"end":2}"#], "where it does not belong");
        check(&[r#"{"end":0}"#], "where it does not belong");
        check(&[START, ABOUT, r#"{"end":1}"#], "where it does not belong");
        check(&[ABOUT, r#"{"end":0}"#, START], "where it does not belong");
        check(&[ABOUT, ABOUT, r#"{"end":0}"#], "where it does not belong");
        check(&["<html>"], "no answer of kimager's");
        check(&[r#"{"a\nnote: all is well":1}"#], "a\\u{a}note: all is well");
        check(&[r#"{"sing":1}"#], "no answer of kimager's");
    }
}
