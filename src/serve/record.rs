//! The rows of the record, for a kimager that asks from elsewhere; docs/api.md tells of them.
//!
//! A question reads the file beside the writer, as `kimager history` does, on a thread of its own: it
//! holds up no line. One that names no reading begins one, which the next may name.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};

use super::reading::{Reading, Readings};
use super::refusal::Refusal;
use crate::lines::json_event;
use crate::record::past::{About, Hint, Span};
use crate::record::{Past, RecordError, SqlitePast};
use crate::remote::{AboutRow, Row};

/// So many questions are answered at a time; others wait.
const QUESTIONS: usize = 4;
/// For so long.
const WAIT: Duration = Duration::from_secs(10);
/// Rows go out in pieces of about this size, of which few are ready at a time.
const PIECE: usize = 64 << 10;
const PIECES: usize = 4;

/// The record that is asked, if one is kept.
#[derive(Clone)]
pub(super) struct Asked {
    file: Option<Arc<PathBuf>>,
    questions: Arc<Semaphore>,
    readings: Readings,
}

impl Asked {
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self {
            file: file.map(Arc::new),
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            readings: Readings::default(),
        }
    }
}

/// What is asked of the record.
enum Question {
    About,
    Sight,
    Uses(Span, Vec<Hint>),
    Events(Span, Vec<Hint>),
    Latest(usize),
}

impl Question {
    /// Reads a question, and the name of the reading that it belongs to.
    fn parse(name: &str, query: &str) -> Result<(Self, Option<String>), Refusal> {
        let (mut span, mut hints, mut versions, mut reading) = (Span::ALWAYS, Vec::new(), None, None);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let time = || {
                value
                    .parse::<Timestamp>()
                    .map_err(|_| Refusal::parameter(&key, "a time is 2026-11-23T02:04:49Z"))
            };
            match (&*key, name) {
                ("reading", _) => reading = Some(value.into_owned()),
                ("from", "uses" | "events") => span.from = time()?,
                ("until", "uses" | "events") => span.until = time()?,
                ("reference", "uses" | "events") => hints.push(Hint::Reference((&*value).into())),
                ("digest", "uses" | "events") => hints.push(Hint::Digest((&*value).into())),
                ("versions", "latest") => {
                    let number = value.parse().map_err(|_| Refusal::parameter(&key, "it is a number"))?;
                    versions = Some(number);
                }
                _ => return Err(Refusal::parameter(&key, "there is none of that name here")),
            }
        }
        let question = match name {
            "about" => Self::About,
            "sight" => Self::Sight,
            "uses" => Self::Uses(span, hints),
            "events" => Self::Events(span, hints),
            "latest" => {
                Self::Latest(versions.ok_or_else(|| Refusal::parameter("versions", "it is missing"))?)
            }
            _ => return Err(Refusal::nothing_there()),
        };
        Ok((question, reading))
    }
}

pub(super) async fn answer(
    State(asked): State<Asked>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let (question, reading) = Question::parse(&name, query.as_deref().unwrap_or_default())?;
    let file = asked.file.ok_or_else(Refusal::no_record)?;
    let permit = timeout(WAIT, asked.questions.acquire_owned()).await;
    // It is one question until all of its answer is taken.
    let permit = Arc::new(permit.map_err(|_| Refusal::busy())?.map_err(|_| Refusal::busy())?);
    let answering = Arc::clone(&permit);
    let reading = if let Some(name) = reading {
        asked.readings.ask(&name).ok_or_else(Refusal::reading_ended)?
    } else {
        if !asked.readings.may_begin(&file) {
            return Err(Refusal::busy());
        }
        let opened = tokio::task::spawn_blocking(move || Reading::open(&file)).await;
        let reading = opened.map_err(|died| Refusal::failed(&died.to_string()))?;
        let reading = reading.map_err(|error| Refusal::failed(&error.to_string()))?;
        asked.readings.keep(&reading);
        reading
    };
    let (sender, mut pieces) = mpsc::channel(PIECES);
    // A thread that reads files, and waits for whoever reads the answer.
    let reading = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let past = reading.past.lock().unwrap_or_else(PoisonError::into_inner);
        let about = past.about()?;
        let (out, until) = (Vec::with_capacity(2 * PIECE), reading.latest());
        let mut rows = Rows { out, count: 0, sender, until, is_open: true };
        rows.line(&Row::About(AboutRow::new(&about, &reading.name)));
        rows.tell(&past, &about, &question);
        Ok::<(), RecordError>(())
    });
    // Until the first piece an error has a status of its own.
    let Some(first) = pieces.recv().await else {
        let cause = match reading.await {
            Ok(Err(error)) => error.to_string(),
            Ok(Ok(())) => "it gave no rows".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(Refusal::failed(&cause));
    };
    let body = stream::unfold((Some(first), pieces, answering), |(first, mut pieces, answering)| async {
        let piece = match first {
            Some(piece) => Some(piece),
            None => pieces.recv().await,
        };
        piece.map(|piece| (Ok::<_, io::Error>(piece), (None, pieces, answering)))
    });
    let rows = HeaderValue::from_static("application/x-ndjson");
    Ok((StatusCode::OK, [(CONTENT_TYPE, rows)], Body::from_stream(body)).into_response())
}

/// The rows on their way to whoever asked.
struct Rows {
    out: Vec<u8>,
    count: u64,
    sender: mpsc::Sender<Bytes>,
    /// Whoever has not taken all by then is too slow: the reading must end.
    until: Instant,
    /// Whether anybody still reads.
    is_open: bool,
}

impl Rows {
    fn tell(mut self, past: &SqlitePast, about: &About, question: &Question) {
        let told = match question {
            Question::About => Ok(()),
            Question::Sight => past.sight().map(|sight| {
                sight.starts.iter().for_each(|start| self.row(&Row::Start(start.into())));
                sight.seen.iter().for_each(|seen| self.row(&Row::Seen(seen.into())));
            }),
            Question::Uses(span, hints) => {
                past.uses(*span, hints, &mut |used| self.row(&Row::Use((&used).into())))
            }
            Question::Events(span, hints) => past.events(*span, hints, &mut |entry| {
                self.row(&EventLine { event: json_event(&entry, &about.cluster) });
            }),
            Question::Latest(versions) => {
                past.latest(*versions, &mut |used| self.row(&Row::Use((&used).into())))
            }
        };
        let last = match told {
            Ok(()) => Row::End(self.count),
            Err(error) => Row::Failed(error.to_string()),
        };
        self.line(&last);
        self.send();
    }

    fn row(&mut self, row: &impl Serialize) {
        self.count += 1;
        self.line(row);
    }

    fn line(&mut self, row: &impl Serialize) {
        if !self.is_open {
            return;
        }
        // A Vec takes every byte, and rows always serialise.
        let _ = serde_json::to_writer(&mut self.out, row);
        let _ = self.out.write_all(b"\n");
        if self.out.len() >= PIECE {
            self.send();
        }
    }

    fn send(&mut self) {
        let piece = Bytes::from(std::mem::replace(&mut self.out, Vec::with_capacity(2 * PIECE)));
        self.is_open &= Instant::now() < self.until && self.sender.blocking_send(piece).is_ok();
    }
}

/// [`Row::Event`], as it is written.
#[derive(Serialize)]
struct EventLine<E> {
    event: E,
}
