//! What a user can ask of kimager, and what becomes of it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::cli::Invocation;
use crate::lines::{escape_lines, write_stdout};

mod completions;
mod demo;
mod export;
mod extent;
mod form;
mod graph;
mod images;
mod keep;
mod man;
mod objects;
mod past;
mod progress;
mod runtime;
mod source;
mod text;
pub mod watch;

pub use demo::DemoError;

/// How a command ended, as the exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; also when the reader of the output went away.
    Done = 0,
    /// Failed; standard error says why.
    Failed = 1,
    /// Not understood.
    Usage = 2,
    /// The answer is not complete; standard error says what it lacks.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Does what was asked.
///
/// # Errors
/// Where it cannot be done: the error's alternate form (`{:#}`) says what was tried, what came of
/// it and what to do.
pub fn run(invocation: Invocation) -> anyhow::Result<Exit> {
    match invocation {
        Invocation::Watch(asked) => watch::run(asked),
        Invocation::Demo(asked) => demo::run(asked),
        Invocation::Images(asked) => images::run(&asked),
        Invocation::Recorded(asked) => past::last(&asked),
        Invocation::History(asked) => past::history(&asked),
        Invocation::At(asked) => past::at(&asked),
        Invocation::Diff(asked) => past::diff(&asked),
        Invocation::Graph(asked) => graph::run(&asked),
        Invocation::Keep(asked) => keep::run(&asked),
        Invocation::Export(asked) => export::run(&asked),
        Invocation::Completions(asked) => completions::run(asked),
        Invocation::Man(asked) => man::run(asked),
    }
}

/// Writes an answer to standard output, at once. A reader that went away has read enough.
fn answer(text: &[u8]) -> io::Result<()> {
    write_stdout(text).map(drop)
}

/// Tells why there is no answer, though nothing failed.
fn refuse(text: &str) {
    say("error", text);
}

/// Tells what limits an answer.
fn warn(text: &str) {
    say("warning", text);
}

/// Tells what is good to know beside an answer.
fn note(text: &str) {
    say("note", text);
}

fn say(label: &str, text: &str) {
    // With standard error closed there is no other place to say it.
    let _ = writeln!(io::stderr(), "{label}: {}", escape_lines(text));
}
