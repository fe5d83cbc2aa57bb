//! Whatever a test starts or writes goes away with the test program, however
//! that ends.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

/// A shell that runs one command once this program is gone.
///
/// `Drop` does not run for statics, nor after `kill -9`; the end of a pipe
/// reaches the shell in each of these cases. Dropped in time, it does nothing.
pub(crate) struct Lifeline(Child);

impl Lifeline {
    /// Ties `command` to the end of this program.
    pub(crate) fn tie<A: AsRef<OsStr>>(command: impl IntoIterator<Item = A>) -> Self {
        // The traps are for Ctrl-C, which reaches the shell as well.
        let shell = Command::new("sh")
            .args(["-c", r#"trap "" INT TERM HUP; read -r _; exec "$@""#, "lifeline"])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`sh` starts");
        Self(shell)
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        // Killed before its pipe is closed, or it would run its command.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
