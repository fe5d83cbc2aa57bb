//! The control planes of the tests. Each takes a core while it starts, and half a gigabyte: so
//! there are three in all, and a test keeps to namespaces of its own.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::control_plane::{ControlPlane, Options};

/// That of all tests that leave it whole. That it cannot be borrowed mutably keeps it from being
/// stopped.
pub(crate) fn shared() -> &'static ControlPlane {
    static SHARED: LazyLock<ControlPlane> = LazyLock::new(|| ControlPlane::start(Options::default()));
    &SHARED
}

/// One whose server does not stream lists.
pub(crate) fn without_watch_lists() -> &'static ControlPlane {
    static OLD: LazyLock<ControlPlane> = LazyLock::new(|| {
        ControlPlane::start(Options { feature_gates: &["WatchList=false"], ..Options::default() })
    });
    &OLD
}

/// That of the tests that stop it, one at a time; it serves.
pub(crate) fn disposable() -> MutexGuard<'static, ControlPlane> {
    static DISPOSABLE: LazyLock<Mutex<ControlPlane>> =
        LazyLock::new(|| Mutex::new(ControlPlane::start(Options::default())));
    let mut plane = DISPOSABLE.lock().unwrap_or_else(PoisonError::into_inner);
    if !plane.is_whole() {
        // A test failed while it had the plane stopped.
        plane.stop_all();
        plane.start_all();
    }
    plane
}
