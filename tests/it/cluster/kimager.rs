//! The real program as a child process, and the lines it prints.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::process::Process;

/// What the line on standard error holds that says that the first list is whole.
const READY: &str = "ready: ";

/// Long enough for a machine on which compilers run beside the tests.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Well below the shortest deadline of a watch, of a minute, and with room for a machine that is busy.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(30);

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Stdout,
    Stderr,
}

/// A line and when it came.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) output: Output,
    pub(crate) text: String,
    pub(crate) at: Instant,
}

/// A place between two lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(usize);

/// A running kimager; dropping it kills it.
pub(crate) struct Kimager {
    process: Process,
    transcript: Arc<Transcript>,
}

/// The program as a command, in an environment that tells it nothing but the
/// kubeconfig and keeps what it writes by default beside that.
pub(crate) fn command(kubeconfig: &Path, arguments: &[&str]) -> Command {
    let home = kubeconfig.parent().expect("a kubeconfig in a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kimager"));
    command.args(arguments).env_clear().env("HOME", home).env("KUBECONFIG", kubeconfig).stdin(Stdio::null());
    command
}

/// `kimager watch` as a command, with a record in this file or `memory`.
pub(crate) fn watch(kubeconfig: &Path, record: &str, arguments: &[&str]) -> Command {
    command(kubeconfig, &[&["watch", "--record", record], arguments].concat())
}

/// Whether a line is this event: `event("+|image", "nginx:1", "shop|web")`.
/// Between spelling and pod may stand a digest.
pub(crate) fn event(symbol: &str, spelling: &str, pod: &str) -> impl Fn(&str) -> bool + use<> {
    let start = format!("] [{symbol}]  {spelling}  ");
    let end = format!(" [{pod}]");
    move |line| line.contains(&start) && line.ends_with(&end)
}

impl Kimager {
    /// Starts a watch with a record in this file, or `memory`.
    pub(crate) fn start(kubeconfig: &Path, record: &str, arguments: &[&str]) -> Self {
        Self::spawn(&mut watch(kubeconfig, record, arguments))
    }

    /// Starts a `command` that a test has changed, such as its environment.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let transcript = Arc::new(Transcript::default());
        let child = process.child();
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let stderr = child.stderr.take().expect("standard error is a pipe");
        transcript.collect(Output::Stdout, stdout);
        transcript.collect(Output::Stderr, stderr);
        Self { process, transcript }
    }

    /// The process' number.
    pub(crate) fn pid(&mut self) -> u32 {
        self.process.child().id()
    }

    /// Waits until the first list is whole.
    #[track_caller]
    pub(crate) fn wait_ready(&self) -> Line {
        self.transcript
            .wait(Mark(0), PATIENCE, |line| line.output == Output::Stderr && line.text.contains(READY))
    }

    /// Waits for a line, also one that has come already.
    #[track_caller]
    pub(crate) fn wait_for_line(&self, predicate: impl Fn(&str) -> bool, timeout: Duration) -> Line {
        self.wait_for_line_after(Mark(0), predicate, timeout)
    }

    /// Waits until there are this many event lines.
    #[track_caller]
    pub(crate) fn wait_for_events(&self, count: usize) {
        let mut events = 0;
        let is_enough = |line: &Line| {
            events += usize::from(line.output == Output::Stdout);
            events >= count
        };
        self.transcript.wait(Mark(0), PATIENCE, is_enough);
    }

    /// Waits for a line behind a mark.
    #[track_caller]
    pub(crate) fn wait_for_line_after(
        &self,
        mark: Mark,
        predicate: impl Fn(&str) -> bool,
        timeout: Duration,
    ) -> Line {
        let matches = |line: &Line| predicate(&line.text);
        self.transcript.wait(mark, timeout, matches)
    }

    /// Waits for so many lines behind a mark.
    #[track_caller]
    pub(crate) fn wait_for_lines_after(
        &self,
        mark: Mark,
        count: usize,
        predicate: impl Fn(&str) -> bool,
        timeout: Duration,
    ) {
        let mut found = 0;
        let is_enough = |line: &Line| {
            found += usize::from(predicate(&line.text));
            found >= count
        };
        self.transcript.wait(mark, timeout, is_enough);
    }

    /// The place behind the last line so far.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.transcript.lock().lines.len())
    }

    /// The lines behind a mark, so far.
    pub(crate) fn lines_after(&self, mark: Mark) -> Vec<Line> {
        self.transcript.lock().lines[mark.0..].to_vec()
    }

    /// All lines so far, in the order in which they came.
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.transcript.lock().lines.clone()
    }

    /// The event lines so far.
    pub(crate) fn stdout(&self) -> Vec<String> {
        self.printed(Output::Stdout)
    }

    /// The diagnostics so far.
    pub(crate) fn stderr(&self) -> Vec<String> {
        self.printed(Output::Stderr)
    }

    /// The warnings and errors among the diagnostics so far.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let is_complaint = |line: &String| line.contains(" WARN ] ") || line.contains(" ERROR] ");
        self.stderr().into_iter().filter(is_complaint).collect()
    }

    fn printed(&self, output: Output) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines.filter(|line| line.output == output).map(|line| line.text).collect()
    }

    /// Lets the program do nothing until `resume`; its connections stay open.
    pub(crate) fn pause(&self) {
        self.process.signal("STOP");
    }

    /// Lets the program go on.
    pub(crate) fn resume(&self) {
        self.process.signal("CONT");
    }

    /// Ends the program as a crash does. Its lines are whole when this returns.
    pub(crate) fn kill_9(&mut self) {
        self.process.kill();
        self.transcript.wait_for_end(PATIENCE);
    }

    /// Asks the program to end, and returns its exit code.
    #[track_caller]
    pub(crate) fn terminate(&mut self) -> i32 {
        self.process.signal("TERM");
        let status = self.wait_exit(PATIENCE);
        status.code().unwrap_or_else(|| panic!("kimager ends by a signal: {status}"))
    }

    /// Waits for the program to end by itself. Its lines are whole when this returns.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self, timeout: Duration) -> ExitStatus {
        let Some(status) = self.process.wait(timeout) else {
            panic!("kimager does not end in {timeout:?}\n{}", self.transcript.lock().show())
        };
        self.transcript.wait_for_end(PATIENCE);
        status
    }
}

/// The lines of both outputs, in the order in which they came.
#[derive(Default)]
struct Transcript {
    heard: Mutex<Heard>,
    news: Condvar,
}

#[derive(Default)]
struct Heard {
    lines: Vec<Line>,
    ended_outputs: usize,
}

impl Transcript {
    fn collect(self: &Arc<Self>, output: Output, pipe: impl Read + Send + 'static) {
        let transcript = Arc::clone(self);
        thread::spawn(move || {
            for bytes in BufReader::new(pipe).split(b'\n') {
                let bytes = bytes.expect("a pipe is read");
                // Each line is kept, also one that is no UTF-8.
                let line =
                    Line { output, text: String::from_utf8_lossy(&bytes).into_owned(), at: Instant::now() };
                transcript.lock().lines.push(line);
                transcript.news.notify_all();
            }
            transcript.lock().ended_outputs += 1;
            transcript.news.notify_all();
        });
    }

    #[track_caller]
    fn wait(&self, mark: Mark, timeout: Duration, mut matches: impl FnMut(&Line) -> bool) -> Line {
        let deadline = Instant::now() + timeout;
        let mut seen = mark.0;
        let mut heard = self.lock();
        loop {
            let mut news = heard.lines[seen..].iter();
            if let Some(line) = news.find(|line| matches(line)) {
                return line.clone();
            }
            seen = heard.lines.len();
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!heard.is_over(), "kimager ended without the line\n{}", heard.show());
            assert!(!left.is_zero(), "no such line in {timeout:?}\n{}", heard.show());
            heard = self.wait_for_news(heard, left);
        }
    }

    fn wait_for_end(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut heard = self.lock();
        while !heard.is_over() {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the outputs of kimager stay open");
            heard = self.wait_for_news(heard, left);
        }
    }

    fn wait_for_news<'a>(&self, heard: MutexGuard<'a, Heard>, left: Duration) -> MutexGuard<'a, Heard> {
        self.news.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0
    }

    // A wait that fails panics with the lock held; the lines are good all the same.
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn is_over(&self) -> bool {
        self.ended_outputs == 2
    }

    /// The last lines, for a message.
    fn show(&self) -> String {
        const SHOWN: usize = 50;
        let skipped = self.lines.len().saturating_sub(SHOWN);
        let shown = self.lines[skipped..].iter().map(|line| format!("{:?} {}\n", line.output, line.text));
        format!("--- {skipped} lines, then:\n{}", shown.collect::<String>())
    }
}
