//! Ends the program where an input keeps the code busy without end: a test that hangs tells nothing.

use std::path::Path;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// More seconds than any input takes, also with all other targets and compilers beside it.
const PATIENCE: u32 = 300;

/// Watches over what is checked.
pub(super) struct Guard(Arc<Mutex<Option<Checked>>>);

/// The input that is being checked.
struct Checked {
    input: Vec<u8>,
    /// For how many seconds, less those in which the whole process stood still.
    seconds: u32,
}

impl Guard {
    pub(super) fn new(target: &str, corpus: &Path) -> Self {
        let checked = Arc::new(Mutex::new(None));
        let (seen, target, corpus) = (Arc::downgrade(&checked), target.to_owned(), corpus.to_owned());
        thread::spawn(move || {
            while let Some(checked) = seen.upgrade() {
                end_if_stuck(&checked, &target, &corpus);
                drop(checked);
                thread::sleep(Duration::from_secs(1));
            }
        });
        Self(checked)
    }

    pub(super) fn begins(&self, input: &[u8]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Checked { input: input.to_vec(), seconds: 0 });
    }

    pub(super) fn ended(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[expect(clippy::print_stderr, clippy::exit, reason = "there is no other way out of an endless loop")]
fn end_if_stuck(checked: &Mutex<Option<Checked>>, target: &str, corpus: &Path) {
    let mut checked = checked.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Checked { input, seconds }) = &mut *checked else { return };
    *seconds += 1;
    if *seconds > PATIENCE {
        let path = super::keep(corpus, input);
        eprintln!("{target}: an input takes more than {PATIENCE} s; it is kept in {}", path.display());
        process::exit(1);
    }
}
