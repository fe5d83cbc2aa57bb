//! One kimager after another on one record.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::kimager::{Kimager, Line, Output, watch};
use super::record::RecordFile;

/// After trouble upon trouble the pause before the next try lasts up to a minute, and what it finds may
/// be another break. Silence alone would be noticed within this.
pub(crate) const RECOVERY: Duration = Duration::from_mins(3);

/// What tells of the beginning of an audit.
const AUDIT: &str = "audit: reading all pods anew";

/// A life that is over.
pub(crate) struct Life {
    /// The event lines.
    pub(crate) lines: Vec<String>,
    /// Until when it ran, and was not stopped.
    pub(crate) until: Timestamp,
}

/// The one that lives, if one does, and those before.
pub(crate) struct Lives {
    kubeconfig: PathBuf,
    arguments: Vec<String>,
    pub(crate) record: RecordFile,
    kimager: Option<Kimager>,
    paused_at: Option<Timestamp>,
    /// When the last audit began that found its end.
    audited_until: Option<Timestamp>,
    pub(crate) over: Vec<Life>,
    /// The warnings and errors of all that are over.
    pub(crate) complaints: Vec<String>,
}

impl Lives {
    pub(crate) fn new(kubeconfig: PathBuf, arguments: &[&str]) -> Self {
        Self {
            kubeconfig,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            record: RecordFile::new(),
            kimager: None,
            paused_at: None,
            audited_until: None,
            over: Vec::new(),
            complaints: Vec::new(),
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
        if let Some(kimager) = self.kimager.as_ref().filter(|_| self.paused_at.take().is_some()) {
            kimager.resume();
        }
    }

    /// Ends it as a crash does, stopped or not.
    pub(crate) fn kill(&mut self) {
        if let Some(mut kimager) = self.kimager.take() {
            let until = self.paused_at.take().unwrap_or_else(Timestamp::now);
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
        self.over.push(Life { lines: kimager.stdout(), until });
        self.audited_until = self.audited_until.max(audited_until(kimager));
        self.complaints.extend(kimager.stderr().into_iter().filter(|line| is_complaint(line)));
    }

    /// When the last audit began that surely found its end.
    pub(crate) fn audited_until(&self) -> Option<Timestamp> {
        self.audited_until.max(self.kimager.as_ref().and_then(audited_until))
    }

    /// The event that a line tells which names this, once it has come.
    #[track_caller]
    pub(crate) fn wait_for_event(&self, name: &str) -> Value {
        let kimager = self.kimager.as_ref().expect("one lives");
        let line = kimager.wait_for_line(|line| line.contains(name), RECOVERY);
        assert_eq!(line.output, Output::Stdout, "{}", line.text);
        serde_json::from_str(&line.text).expect("a line is one JSON object")
    }

    /// Waits until an audit that begins from now on has ended: then another one begins.
    #[track_caller]
    pub(crate) fn wait_for_audit(&self) {
        let kimager = self.kimager.as_ref().expect("one lives");
        kimager.wait_for_lines_after(kimager.mark(), 2, |line| line.contains(AUDIT), RECOVERY);
    }
}

/// When an audit began that was followed by another one, without trouble between.
fn audited_until(kimager: &Kimager) -> Option<Timestamp> {
    let mut begun: Option<Line> = None;
    let mut ended = None;
    for line in kimager.lines() {
        if line.text.contains(AUDIT) {
            ended = begun.replace(line).or(ended);
        } else if line.output == Output::Stderr && is_complaint(&line.text) {
            begun = None;
        }
    }
    ended.map(|line| Timestamp::now() - line.at.elapsed())
}

fn is_complaint(line: &str) -> bool {
    line.contains("\"WARN\"") || line.contains("\"ERROR\"")
}
