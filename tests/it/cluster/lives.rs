//! One kimager after another on one record.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use kimager::record::past::Span;
use serde_json::Value;

use super::kimager::{Kimager, Output, watch};
use super::reckoning::time;
use super::record::RecordFile;
use super::stalls;

/// After trouble upon trouble the pause before the next try lasts up to a minute, and what it finds may
/// be another break. Silence alone would be noticed within this.
pub(crate) const RECOVERY: Duration = Duration::from_mins(3);

/// What a person wants to see before and after something that went wrong.
const AROUND: Duration = Duration::from_secs(10);

/// What tells of the beginning of an audit.
const AUDIT: &str = "audit: reading all pods anew";
/// And that it has found what the watch had not told.
const FOUND: &str = "the audit found";

/// A life that is over.
pub(crate) struct Life {
    /// The events, and when each was said.
    pub(crate) said: Vec<(Timestamp, Value)>,
    /// When it ended.
    pub(crate) until: Timestamp,
    /// When it was stopped by SIGSTOP.
    pub(crate) pauses: Vec<Span>,
}

impl Life {
    pub(crate) fn new(kimager: &Kimager, until: Timestamp, pauses: Vec<Span>) -> Self {
        let lines = kimager.lines().into_iter().filter(|line| line.output == Output::Stdout);
        let (now, instant) = (Timestamp::now(), Instant::now());
        let said = lines.map(|line| {
            let event = serde_json::from_str(&line.text).expect("a line is one JSON object");
            (now - instant.duration_since(line.at), event)
        });
        Self { said: said.collect(), until, pauses }
    }

    /// How long it ran after `since`: neither stopped nor, with all else, standing still.
    pub(crate) fn ran_since(&self, since: Timestamp) -> SignedDuration {
        let pauses = self.pauses.iter().copied().chain(stalls::so_far());
        let paused = pauses.map(|pause| pause.until.min(self.until).duration_since(pause.from.max(since)));
        let paused: SignedDuration = paused.map(|paused| paused.max(SignedDuration::ZERO)).sum();
        self.until.duration_since(since) - paused
    }
}

/// The one that lives, if one does, and those before.
pub(crate) struct Lives {
    kubeconfig: PathBuf,
    arguments: Vec<String>,
    pub(crate) record: RecordFile,
    kimager: Option<Kimager>,
    paused_at: Option<Timestamp>,
    pauses: Vec<Span>,
    pub(crate) over: Vec<Life>,
    /// What those that are over had to say of themselves.
    diagnostics: Vec<String>,
}

impl Lives {
    pub(crate) fn new(kubeconfig: PathBuf, arguments: &[&str]) -> Self {
        Self {
            kubeconfig,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            record: RecordFile::new(),
            kimager: None,
            paused_at: None,
            pauses: Vec::new(),
            over: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    pub(crate) fn are_all_over(&self) -> bool {
        self.kimager.is_none()
    }

    /// Whether one lives that is not stopped.
    pub(crate) fn are_running(&self) -> bool {
        self.kimager.is_some() && self.paused_at.is_none()
    }

    /// One begins, if none lives.
    pub(crate) fn begin(&mut self) {
        if self.kimager.is_none() {
            let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
            let mut command = watch(&self.kubeconfig, self.record.path(), &arguments);
            // Audits are told to those who look closer.
            self.kimager = Some(Kimager::spawn(command.env("RUST_LOG", "kimager::watch=debug,info")));
        }
    }

    /// Lets it do nothing, by SIGSTOP.
    pub(crate) fn pause(&mut self) {
        if let Some(kimager) = self.kimager.as_ref().filter(|_| self.paused_at.is_none()) {
            self.paused_at = Some(Timestamp::now());
            kimager.pause();
        }
    }

    pub(crate) fn resume(&mut self) {
        let pause = self.paused_at.take().map(|from| Span { from, until: Timestamp::now() });
        if let Some(kimager) = self.kimager.as_ref().filter(|_| pause.is_some()) {
            kimager.resume();
        }
        self.pauses.extend(pause);
    }

    /// Ends it as a crash does, stopped or not.
    pub(crate) fn kill(&mut self) {
        if let Some(mut kimager) = self.kimager.take() {
            let until = Timestamp::now();
            kimager.kill_9();
            self.bury(&kimager, until);
        }
    }

    /// Tells it to stop; earlier than its first line nobody hears the signal, and it ends by it.
    pub(crate) fn stop(&mut self) {
        self.resume();
        if let Some(mut kimager) = self.kimager.take() {
            kimager.wait_for_line(|line| line.contains("watching "), RECOVERY);
            assert_eq!(kimager.terminate(), 0);
            self.bury(&kimager, Timestamp::now());
        }
    }

    fn bury(&mut self, kimager: &Kimager, until: Timestamp) {
        let stopped = self.paused_at.take().map(|from| Span { from, until });
        let pauses = self.pauses.drain(..).chain(stopped).collect();
        self.over.push(Life::new(kimager, until, pauses));
        self.diagnostics.extend(kimager.stderr());
    }

    /// The diagnostics of lives that are over, of about this time.
    pub(crate) fn diagnostics(&self, during: Span) -> Vec<&String> {
        let around = Span { from: during.from - AROUND, until: during.until + AROUND };
        let is_around = |line: &&String| {
            let time = serde_json::from_str(line).ok().and_then(|line: Value| time(&line, "time"));
            time.is_none_or(|time| around.from <= time && time <= around.until)
        };
        self.diagnostics.iter().filter(is_around).collect()
    }

    /// How many warnings and errors of lives that are over hold this text.
    pub(crate) fn complaints(&self, text: &str) -> usize {
        self.diagnostics.iter().filter(|line| is_complaint(line) && line.contains(text)).count()
    }

    /// The event that a line tells which names this, once it has come.
    #[track_caller]
    pub(crate) fn wait_for_event(&self, name: &str) -> Value {
        let kimager = self.kimager.as_ref().expect("one lives");
        let line = kimager.wait_for_line(|line| line.contains(name), RECOVERY);
        assert_eq!(line.output, Output::Stdout, "{}", line.text);
        serde_json::from_str(&line.text).expect("a line is one JSON object")
    }

    /// Waits until an audit that begins from now on has ended, when another one begins; returns whether it
    /// agreed with what was known.
    #[track_caller]
    pub(crate) fn wait_for_audit(&self) -> bool {
        let kimager = self.kimager.as_ref().expect("one lives");
        let mark = kimager.mark();
        kimager.wait_for_lines_after(mark, 2, |line| line.contains(AUDIT), RECOVERY);
        !kimager.lines_after(mark).iter().any(|line| line.text.contains(FOUND))
    }
}

fn is_complaint(line: &str) -> bool {
    line.contains("\"WARN\"") || line.contains("\"ERROR\"")
}
