//! A child process that is stopped by its own id and by nothing else.

use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use super::lifeline::Lifeline;

/// A running program; dropping it kills it.
pub(crate) struct Process {
    child: Child,
    lifeline: Option<Lifeline>,
}

impl Process {
    /// Starts `command`, tied to the life of this program.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", command.get_program().display()));
        let lifeline = Lifeline::tie(["kill", "-9", &child.id().to_string()]);
        Self { child, lifeline: Some(lifeline) }
    }

    /// The child, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal by its short name, such as `TERM` or `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("`kill` starts");
        assert!(status.success(), "kill -{name} {pid}: {status}");
    }

    /// How the program ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().expect("a child can be waited for");
        if status.is_some() {
            // The id may now belong to somebody else.
            self.lifeline = None;
        }
        status
    }

    /// Waits for the program to end by itself; `None` when the time is up.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            let status = self.ended();
            if status.is_some() || Instant::now() >= deadline {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the program at once, as a crash does, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> ExitStatus {
        self.lifeline = None;
        // Fails only where the program has ended already.
        let _ = self.child.kill();
        self.child.wait().expect("a killed child can be waited for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
