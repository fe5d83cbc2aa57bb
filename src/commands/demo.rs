//! `kimager demo`

use anyhow::bail;

use super::Exit;
use crate::cli::DemoAsked;

/// Runs until told to stop.
pub(super) fn run(_asked: DemoAsked) -> anyhow::Result<Exit> {
    bail!("not part of this branch")
}
