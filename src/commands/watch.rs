//! `kimager watch`

use anyhow::bail;

use super::Exit;
use crate::cli::WatchAsked;

/// Runs until told to stop.
pub(super) fn run(_asked: WatchAsked) -> anyhow::Result<Exit> {
    bail!("not part of this branch")
}
