//! The command line: what was typed, and what it asks for once it is found to make sense.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

mod asked;
mod demo;
mod export;
#[cfg(test)]
mod fuzz;
mod images;
mod keep;
mod past;
mod source;
mod time;
mod value;
mod watch;

pub use asked::{
    AtAsked, CompletionsAsked, DemoAsked, DiffAsked, ExportAsked, ExportForm, GraphAsked, GraphForm,
    HistoryAsked, ImagesAsked, KeepAsked, ManAsked, PastAsked, RecordAt, RecordPlace, Records, Source,
    TableForm, WatchAsked,
};

/// Logs the moment a container image is new to a Kubernetes cluster, and the moment no pod uses it
/// any more.
///
/// It only reads, and needs no more than the right to get, list and watch pods. Without a command it
/// watches.
#[derive(Debug, Parser)]
#[command(
    name = "kimager",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    after_help = "It only reads: it needs the right to get, list and watch pods, and no other. Without a command it
watches.

Examples:
  kimager                              watch the current context's cluster
  kimager -n shop -n pay               watch two namespaces
  kimager images                       which images are used now
  kubectl get pods -A -o json | kimager images -f -
  kimager demo                         watch a simulated cluster

Exit codes: 0 done, 1 failed, 2 usage, 3 the answer is incomplete."
)]
struct Typed {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    watch: watch::WatchArgs,
    /// Print this help; `kimager man` tells more
    #[arg(short, long, global = true, action = ArgAction::HelpShort, help_heading = "Options")]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Watch(watch::WatchArgs),
    Images(images::ImagesArgs),
    History(past::HistoryArgs),
    At(past::AtArgs),
    Diff(past::DiffArgs),
    Graph(images::GraphArgs),
    Keep(keep::KeepArgs),
    Export(export::ExportArgs),
    Demo(demo::DemoArgs),
    /// Print the completions of a shell
    #[command(after_help = "Example:
  source <(kimager completions bash)")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write a page for each command into this folder instead
        #[arg(long = "dir", value_name = "DIR")]
        folder: Option<std::path::PathBuf>,
    },
}

/// A command line that makes sense.
#[derive(Debug)]
pub enum Invocation {
    /// `kimager`, `kimager watch`
    Watch(WatchAsked),
    /// `kimager images`
    Images(ImagesAsked),
    /// `kimager images --record`
    Recorded(PastAsked),
    /// `kimager history`
    History(HistoryAsked),
    /// `kimager at`
    At(AtAsked),
    /// `kimager diff`
    Diff(DiffAsked),
    /// `kimager graph`
    Graph(GraphAsked),
    /// `kimager keep`
    Keep(KeepAsked),
    /// `kimager export`
    Export(ExportAsked),
    /// `kimager demo`
    Demo(DemoAsked),
    /// `kimager completions`
    Completions(CompletionsAsked),
    /// `kimager man`
    Man(ManAsked),
}

/// Reads a command line, the program's own name first.
///
/// # Errors
/// What cannot be understood; and, as clap has it, the text of a help or a version that was asked
/// for.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut command = command();
    let is_plugin = args.first().is_some_and(|program| is_plugin(program.as_ref()));
    if is_plugin {
        command = command.bin_name("kubectl kimager");
    }
    let matches = command.try_get_matches_from_mut(args)?;
    if let Some(("at", at)) = matches.subcommand()
        && let Some(remedy) = past::parted_time(at)
    {
        return Err(command.error(ErrorKind::ValueValidation, remedy));
    }
    let typed = Typed::from_arg_matches(&matches)?;
    if let Some(Command::Keep(keep)) = &typed.command
        && keep.reads_input_twice()
    {
        let refusal = "only one of --filter and --also can be read from standard input";
        return Err(command.error(ErrorKind::ArgumentConflict, refusal));
    }
    let mut invocation = Invocation::from(typed);
    if let Some(records) = invocation.records() {
        records.is_plugin = is_plugin;
    }
    Ok(invocation)
}

/// The whole command line, as completions and manual pages are made from.
#[must_use]
pub fn command() -> clap::Command {
    Typed::command()
}

/// kubectl runs a program of this name for `kubectl kimager`.
fn is_plugin(program: &Path) -> bool {
    program.file_stem().is_some_and(|name| name == "kubectl-kimager")
}

impl Invocation {
    /// The records that are asked, where that is what it does.
    fn records(&mut self) -> Option<&mut Records> {
        match self {
            Self::Recorded(past) => Some(&mut past.records),
            Self::History(asked) => Some(&mut asked.past.records),
            Self::At(asked) => Some(&mut asked.past.records),
            Self::Diff(asked) => Some(&mut asked.past.records),
            Self::Keep(asked) => Some(&mut asked.records),
            Self::Export(asked) => Some(&mut asked.records),
            Self::Watch(_)
            | Self::Images(_)
            | Self::Graph(_)
            | Self::Demo(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}

impl From<Typed> for Invocation {
    fn from(typed: Typed) -> Self {
        let Typed { command, watch, help: _ } = typed;
        match command {
            None => Self::Watch(watch.into()),
            Some(Command::Watch(args)) => Self::Watch(args.into()),
            Some(Command::Images(args)) => args.into(),
            Some(Command::History(args)) => Self::History(args.into()),
            Some(Command::At(args)) => Self::At(args.into()),
            Some(Command::Diff(args)) => Self::Diff(args.into()),
            Some(Command::Graph(args)) => Self::Graph(args.into()),
            Some(Command::Keep(args)) => Self::Keep(args.into()),
            Some(Command::Export(args)) => Self::Export(args.into()),
            Some(Command::Demo(args)) => Self::Demo(args.into()),
            Some(Command::Completions { shell }) => Self::Completions(CompletionsAsked { shell }),
            Some(Command::Man { folder }) => Self::Man(ManAsked { folder }),
        }
    }
}

#[cfg(test)]
mod tests;
