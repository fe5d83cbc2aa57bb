//! How far a long list has come, for somebody at a terminal.

use std::io::{self, IsTerminal as _, Write};
use std::time::{Duration, Instant};

/// What is quicker than this is not worth a word.
const FIRST: Duration = Duration::from_millis(500);
/// Nobody reads faster.
const EACH: Duration = Duration::from_millis(100);

/// A line on standard error that counts pods, and goes away when it is dropped.
pub(super) struct Progress<W: Write> {
    /// `None` where nobody looks.
    terminal: Option<W>,
    next: Instant,
    /// The length of the text that stands there.
    shown: usize,
}

impl Progress<io::Stderr> {
    /// Progress on standard error, if that is a terminal.
    pub(super) fn new() -> Self {
        let stderr = io::stderr();
        Self::on(stderr.is_terminal().then_some(stderr), Instant::now())
    }
}

impl<W: Write> Progress<W> {
    fn on(terminal: Option<W>, now: Instant) -> Self {
        Self { terminal, next: now + FIRST, shown: 0 }
    }

    /// So many pods were read by now.
    pub(super) fn read(&mut self, pods: usize, now: Instant) {
        if now < self.next {
            return;
        }
        self.next = now + EACH;
        self.replace(&format!("{pods} pods read"));
    }

    /// Writes over what stands there.
    fn replace(&mut self, text: &str) {
        if let Some(terminal) = &mut self.terminal {
            let blanks = self.shown.saturating_sub(text.len());
            // A terminal that is gone misses nothing.
            let _ = write!(terminal, "\r{text}{:blanks$}", "").and_then(|()| terminal.flush());
            self.shown = text.len();
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if self.shown > 0 {
            // First blanks over the text, then back to the margin.
            self.replace("");
            self.replace("");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Progress;

    /// What stands on a terminal after these bytes.
    fn on_screen(bytes: &[u8]) -> String {
        let (mut line, mut column) = (Vec::new(), 0);
        for &byte in bytes {
            if byte == b'\r' {
                column = 0;
                continue;
            }
            if line.len() <= column {
                line.resize(column + 1, b' ');
            }
            line[column] = byte;
            column += 1;
        }
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    /// Reports these numbers of pods, each at so many milliseconds; what was written until the
    /// last, and with the end.
    fn check(reports: &[(u64, usize)], expected: &str) {
        let began = Instant::now();
        let mut written = Vec::new();
        let mut progress = Progress::on(Some(&mut written), began);
        for &(at, pods) in reports {
            progress.read(pods, began + Duration::from_millis(at));
        }
        let before_the_end = progress.terminal.as_ref().map(|terminal| terminal.to_vec());
        assert_eq!(on_screen(&before_the_end.unwrap()), expected, "{reports:?}");
        drop(progress);
        assert_eq!(on_screen(&written), "", "{reports:?}");
        assert!(written.is_empty() || written.ends_with(b"\r"), "the cursor is back at the margin");
    }

    #[test]
    fn a_long_list_is_counted_a_few_times_a_second_and_nothing_is_left_of_it() {
        check(&[], "");
        check(&[(0, 1), (499, 1000)], "");
        check(&[(0, 1), (500, 1000)], "1000 pods read");
        check(&[(500, 1000), (599, 1200)], "1000 pods read");
        check(&[(500, 1000), (600, 1200)], "1200 pods read");
        // A list that broke begins anew.
        check(&[(500, 1000), (600, 7)], "7 pods read");
    }

    #[test]
    fn nothing_is_written_where_nobody_looks() {
        let began = Instant::now();
        let mut progress = Progress::<Vec<u8>>::on(None, began);
        progress.read(1000, began + Duration::from_hours(1));
        assert_eq!(progress.shown, 0);
    }
}
