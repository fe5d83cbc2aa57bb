//! The `kimager` program.

use std::io::Write as _;
use std::process::ExitCode;

use kimager::cli;
use kimager::commands::{self, Exit};
use kimager::lines::escape_lines;

fn main() -> ExitCode {
    let invocation = match cli::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(refusal) => {
            // Help and version come this way too. Nobody may be reading; then there is nobody to tell.
            let _ = refusal.print();
            return if refusal.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    match commands::run(invocation) {
        Ok(exit) => exit.into(),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", escape_lines(&format!("{error:#}")));
            Exit::Failed.into()
        }
    }
}
