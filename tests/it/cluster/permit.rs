//! How many control planes the tests may have at a time, beside the shared one.

use std::sync::{Condvar, Mutex, PoisonError};

/// Each takes a core while it starts, and half a gigabyte.
const AT_A_TIME: usize = 2;

static TAKEN: Mutex<usize> = Mutex::new(0);
static RETURNED: Condvar = Condvar::new();

/// The right to one more control plane; dropping it lets the next test start.
pub(crate) struct Permit(());

impl Permit {
    /// Waits for its turn.
    pub(crate) fn acquire() -> Self {
        // A test that fails must not stop the others: a count cannot be half changed.
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken =
            RETURNED.wait_while(taken, |taken| *taken >= AT_A_TIME).unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        Self(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        RETURNED.notify_one();
    }
}
