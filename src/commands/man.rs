//! The manual pages.

use anyhow::Context as _;

use super::{Exit, answer};
use crate::cli::{self, ManAsked};

/// Prints the main page, or writes every page into a folder.
pub(super) fn run(asked: ManAsked) -> anyhow::Result<Exit> {
    let ManAsked { folder } = asked;
    if let Some(folder) = folder {
        clap_mangen::generate_to(cli::command(), &folder)
            .with_context(|| format!("cannot write manual pages into {}", folder.display()))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(cli::command()).render(&mut page).context("cannot render the manual page")?;
        answer(&page).context("cannot write the manual page")?;
    }
    Ok(Exit::Done)
}
