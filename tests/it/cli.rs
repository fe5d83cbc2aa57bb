//! The real program on a command line, with nothing of this machine's own configuration.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};

mod bad_input;
mod demo;
mod export;
mod files;
mod hurt;
mod keep;
mod listen;
mod metrics;
pub(crate) mod past;
mod plumbing;
mod recorded;
mod remote;
mod simulated;

/// What came of a command line.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The program with these arguments, in surroundings without any cluster.
fn program<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kimager"));
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nowhere")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/objects"))
        .stdin(Stdio::null());
    command
}

/// Runs a command line; its words are parted by blanks.
fn kimager(line: &str) -> Ran {
    ran(&mut program(line.split_whitespace()))
}

/// Runs a command line with `input` on standard input.
fn kimager_on(input: &str, line: &str) -> Ran {
    let mut command = program(line.split_whitespace());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("its input is a pipe");
    // It may have refused the input by now, and closed it.
    let _ = pipe.write_all(input.as_bytes());
    drop(pipe);
    said(child.wait_with_output().expect("the program ends"))
}

fn ran(command: &mut Command) -> Ran {
    said(command.output().expect("the program runs"))
}

fn said(output: std::process::Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Ran {
    /// That it ended with `code` and an error, in one paragraph, that says all of `words`.
    #[track_caller]
    fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        assert!(self.err.starts_with("error: "), "{}", self.err);
        assert_eq!(self.err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{word}: {}", self.err);
        }
    }

    /// What it wrote, where all went well and there was nothing to warn of.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }
}
