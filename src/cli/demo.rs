//! `kimager demo`

use std::time::Duration;

use clap::Args;

use super::{DemoAsked, value};
use crate::lines::Output;

/// Watch a simulated cluster, to see what kimager says
///
/// A small lively cluster is served over HTTP on this machine alone, and watched as a real one.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  kimager demo --for 20s")]
pub(super) struct DemoArgs {
    /// End after this time (20s, 2m), instead of when interrupted
    #[arg(long = "for", value_name = "DURATION", value_parser = value::duration)]
    length: Option<Duration>,
    /// How events are said on standard output
    #[arg(long, value_name = "FORM", default_value = "text")]
    output: Output,
}

impl From<DemoArgs> for DemoAsked {
    fn from(args: DemoArgs) -> Self {
        let DemoArgs { length, output } = args;
        Self { length, output }
    }
}
