//! How long an image without users is waited for before it is said to be removed.

use std::sync::Arc;

use super::change::{Changes, ImageId};
use super::pod::Cause;
use super::state::Inventory;
use super::time::Time;

/// How long an image is still said to be used when its last user has gone, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Linger(i64);

impl Linger {
    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// When it is over for an image without users `since` then.
    fn end(self, since: Time) -> Time {
        Time(since.0.saturating_add(self.0))
    }

    /// Whether it is over. A clock that was set back does not make an image linger that should not.
    pub(super) fn is_over(self, since: Time, now: Time) -> bool {
        self.is_none() || self.end(since) <= now
    }
}

impl Inventory {
    /// How long an image without users waits for another one before it is said to be removed, in
    /// milliseconds. It holds for those that wait already as well.
    pub fn set_linger(&mut self, milliseconds: u64) {
        self.linger = Linger(i64::try_from(milliseconds).unwrap_or(i64::MAX));
    }

    /// Says the images that have lingered long enough to be removed, for a caller who has told all
    /// that happened until `now`. While a list is under way it says none: any may turn up in it.
    pub fn tick(&mut self, now: Time) -> Changes {
        let mut out = Changes::default();
        self.now = now;
        let mut over: Vec<(Time, Arc<str>, ImageId)> = self
            .lingering()
            .take_while(|&(since, _)| self.linger.is_over(since, now))
            .map(|(since, image)| (since, Arc::clone(self.images.reference(image)), image))
            .collect();
        over.sort();
        for (since, _, image) in over {
            if let Some(leaver) = self.images.get(image).leaver.clone() {
                self.say_removed(image, leaver, Some(since), Cause::Watch, &mut out);
            }
        }
        out.images = self.images.take_changes(&self.scopes);
        out
    }

    /// When [`tick`](Self::tick) will next have something to say, if nothing else happens.
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        self.lingering().next().map(|(since, _)| self.linger.end(since))
    }

    /// The images without users that wait for nothing but time, and since when they do; the oldest
    /// first.
    fn lingering(&self) -> impl Iterator<Item = (Time, ImageId)> {
        let waits_for_list =
            |image: ImageId| self.scopes.are_listing() || self.images.get(image).awaits_list(&self.scopes);
        self.images.unused().filter(move |&(_, image)| !waits_for_list(image))
    }
}
