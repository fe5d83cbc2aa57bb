//! A program that was run to its end, and waiting for what comes later.

use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// What a program did.
pub(crate) struct Ran {
    typed: String,
    output: Output,
}

impl Ran {
    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn of(command: &mut Command) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let typed: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
        let typed = typed.join(" ");
        let output = command.output().unwrap_or_else(|error| panic!("{typed}: {error}"));
        Self { typed, output }
    }

    /// What it printed, where it succeeded, and had nothing to complain of.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        let (stdout, stderr) = self.said();
        assert!(self.output.status.success(), "{}\n{}: {stderr}\n{stdout}", self.typed, self.output.status);
        let complaint = stderr.lines().find(|line| line.to_lowercase().contains("warn"));
        assert_eq!(complaint, None, "{}\n{stderr}", self.typed);
        stdout
    }

    /// What it complained of, where it failed.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        let (stdout, stderr) = self.said();
        assert!(!self.output.status.success(), "{} succeeded\n{stdout}", self.typed);
        stderr
    }

    /// What it printed, and what it said beside that.
    pub(crate) fn said(&self) -> (String, String) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&self.output.stdout), text(&self.output.stderr))
    }
}

/// Waits until there is something; else tells what there was instead.
#[track_caller]
pub(crate) fn until_within<T>(patience: Duration, mut find: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        match find() {
            Ok(found) => return found,
            Err(instead) => assert!(Instant::now() < deadline, "still after {patience:?}: {instead}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}
