//! The lines: what kimager says of images and pods on standard output, and of itself on standard
//! error. `docs/lines.md` explains them to users.

mod diagnostics;
mod escape;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod fuzz;
mod json;
mod levels;
mod stdout;
mod text;

use std::io::{self, Write};
use std::sync::Arc;

use env_filter::Filter;
use log::{Level, Record};
use serde::Serialize;

pub use diagnostics::install_diagnostics;
pub use escape::{Escaped, escape, escape_lines, escape_prose};
pub use levels::{Levels, LevelsError};
pub use stdout::{Wrote, write_stdout, write_stdout_or_nothing, write_whole};

use crate::inventory::change::{Event, Happening};
use crate::record::Entry;
use json::EventLine;
use text::Message;

/// The form of lines and diagnostics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// A line for people, in `env_logger`'s layout.
    #[default]
    Text,
    /// One JSON object a line, as `schema/event.schema.json` describes it.
    Json,
}

/// Turns events into lines.
#[derive(Debug)]
pub struct Lines {
    output: Output,
    filter: Filter,
    cluster: Arc<str>,
}

impl Lines {
    /// Lines of a form, as far as the levels let them through, that name the cluster where they
    /// name one.
    #[must_use]
    pub fn new(output: Output, levels: &Levels, cluster: Arc<str>) -> Self {
        Self { output, filter: levels.filter().clone(), cluster }
    }

    /// Appends the event's line, with its end, to `out`; nothing where its level is not said.
    pub fn write(&self, entry: &Entry, out: &mut Vec<u8>) {
        if self.is_said(&entry.event) {
            let (level, _) = level_and_target(&entry.event);
            let message = Message(&entry.event);
            let written = match self.output {
                Output::Text => writeln!(out, "[{:.0} {level:<5}] {message}", entry.observed),
                Output::Json => self.write_json(entry, out),
            };
            debug_assert!(written.is_ok(), "a Vec takes every byte");
        }
    }

    /// Whether the event has a line.
    #[must_use]
    pub fn is_said(&self, event: &Event) -> bool {
        let (level, target) = level_and_target(event);
        let message = Message(event);
        let args = format_args!("{message}");
        self.filter.matches(&Record::builder().level(level).target(target).args(args).build())
    }

    fn write_json(&self, entry: &Entry, out: &mut Vec<u8>) -> io::Result<()> {
        json::write_json(&EventLine::new(entry, &self.cluster), &mut *out)?;
        out.write_all(b"\n")
    }
}

/// The event as the JSON form of its line has it, for answers that tell events.
#[must_use]
pub fn json_event<'a>(entry: &'a Entry, cluster: &'a str) -> impl Serialize + 'a {
    EventLine::new(entry, cluster)
}

fn level_and_target(event: &Event) -> (Level, &'static str) {
    match event {
        Event::Image(event) => match event.happening {
            Happening::Added | Happening::Removed | Happening::Moved { .. } => (Level::Info, levels::IMAGE),
            Happening::Joined | Happening::Left | Happening::Resolved => (Level::Debug, levels::IMAGE),
        },
        Event::Pod(_) => (Level::Debug, levels::POD),
    }
}

#[cfg(test)]
mod tests;
