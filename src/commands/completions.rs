//! Completions for shells.

use anyhow::Context as _;

use super::{Exit, answer};
use crate::cli::{self, CompletionsAsked};

/// Prints the script that completes kimager's command line.
pub(super) fn run(asked: CompletionsAsked) -> anyhow::Result<Exit> {
    let CompletionsAsked { shell } = asked;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "kimager", &mut script);
    answer(&script).context("cannot write the completions")?;
    Ok(Exit::Done)
}
