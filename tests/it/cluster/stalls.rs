//! Times at which the machine, its disk or the test program stood still: what is late then is nobody's
//! fault.

use std::io::{Seek as _, Write as _};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use kimager::record::past::Span;

const TICK: Duration = Duration::from_millis(100);
/// A busy machine lets a thread, and a write, wait for less.
const STALL: Duration = Duration::from_secs(1);

static STALLS: LazyLock<Mutex<Vec<Span>>> = LazyLock::new(|| {
    thread::spawn(watch);
    Mutex::default()
});

/// Those so far, since this was asked first.
pub(crate) fn so_far() -> Vec<Span> {
    STALLS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn watch() {
    let mut file = tempfile::tempfile().expect("a temporary file");
    let mut last = Timestamp::now();
    loop {
        thread::sleep(TICK);
        let written = file.rewind().and_then(|()| file.write_all(b"tick")).and_then(|()| file.sync_data());
        written.expect("a temporary file takes writes");
        let now = Timestamp::now();
        if now.duration_since(last).unsigned_abs() > TICK + STALL {
            STALLS.lock().unwrap_or_else(PoisonError::into_inner).push(Span { from: last, until: now });
        }
        last = now;
    }
}
