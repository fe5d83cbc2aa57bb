//! Pauses between tries, as client-go's reflector makes them.

use std::time::Duration;

use fastrand::Rng;

const FIRST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);
/// After this long without a failure the pauses start over.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(2);

/// Growing pauses with jitter: 0.8 s doubling to 30 s, each drawn out by up to its own length, so
/// that a server that comes back is not met by everybody at once.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    failed_at: Option<Duration>,
    random: Rng,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { next: FIRST, failed_at: None, random: Rng::with_seed(seed) }
    }

    /// The pause after a failure at `now`.
    pub(super) fn pause(&mut self, now: Duration) -> Duration {
        if self.failed_at.is_some_and(|failed_at| now.saturating_sub(failed_at) > FORGOTTEN_AFTER) {
            self.next = FIRST;
        }
        self.failed_at = Some(now);
        let pause = self.next;
        self.next = (self.next * 2).min(LONGEST);
        pause + up_to(pause, &mut self.random)
    }
}

/// A duration from zero to `most`, in milliseconds.
pub(super) fn up_to(most: Duration, random: &mut Rng) -> Duration {
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random.u64(0..=most))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, FIRST, FORGOTTEN_AFTER, LONGEST};

    #[test]
    fn pauses_double_to_half_a_minute_and_start_over_after_two_quiet_minutes() {
        let mut backoff = Backoff::new(7);
        let mut now = Duration::ZERO;
        for least in [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0] {
            let pause = backoff.pause(now);
            assert!(pause >= Duration::from_secs_f64(least), "{pause:?} < {least}");
            assert!(pause <= Duration::from_secs_f64(least * 2.0), "{pause:?} > 2 × {least}");
            now += pause;
        }
        backoff.pause(now);
        let pause = backoff.pause(now + FORGOTTEN_AFTER);
        assert!(pause >= LONGEST, "{pause:?}");
        let pause = backoff.pause(now + FORGOTTEN_AFTER * 2 + Duration::from_millis(1));
        assert!(pause <= FIRST * 2, "{pause:?}");
    }

    #[test]
    fn two_seeds_pause_differently() {
        assert_ne!(Backoff::new(1).pause(Duration::ZERO), Backoff::new(2).pause(Duration::ZERO));
    }
}
