//! The digests that an image ran with, and when a tag counts as moved.

use std::sync::Arc;

/// Digests of one period of use that are kept to tell a return from a first sight.
const TOLD_KEPT: usize = 16;

/// The digests of one image.
#[derive(Debug, Default)]
pub(super) struct Digests {
    /// Those that containers run now, each with the number of its containers.
    live: Vec<(Arc<str>, u32)>,
    /// Those that were told in this period of use: first the ended ones, in the order in which
    /// they ended, then the live ones, in the order in which they began.
    told: Vec<Told>,
    /// The last one of the period of use before.
    last: Option<Arc<str>>,
}

#[derive(Debug)]
struct Told {
    digest: Arc<str>,
    /// Whether it is still told to be live.
    is_live: bool,
}

/// What there is to say of a digest that begins to be live.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Begun {
    /// It is the first that is known in this period of use.
    pub(super) is_first: bool,
    /// The one that it displaces: live beside it, or else the last.
    pub(super) displaced: Option<Arc<str>>,
    /// It was live before, in this period of use or at the end of the one before.
    pub(super) is_return: bool,
}

impl Digests {
    /// One container more runs `digest`.
    pub(super) fn join(&mut self, digest: &Arc<str>) {
        if let Some((_, containers)) = self.live.iter_mut().find(|(known, _)| known == digest) {
            *containers += 1;
        } else {
            self.live.reserve_exact(1); // Most images run with one digest.
            self.live.push((Arc::clone(digest), 1));
        }
    }

    /// One container less runs `digest`.
    pub(super) fn leave(&mut self, digest: &Arc<str>) {
        if let Some((_, containers)) = self.live.iter_mut().find(|(known, _)| known == digest) {
            *containers -= 1;
        }
        self.live.retain(|(_, containers)| *containers > 0);
    }

    /// Whether a live digest is not told to be live.
    pub(super) fn is_untold(&self, digest: &Arc<str>) -> bool {
        !self.is_told_live(digest)
    }

    fn is_live(&self, digest: &Arc<str>) -> bool {
        self.live.iter().any(|(known, _)| known == digest)
    }

    fn is_told_live(&self, digest: &Arc<str>) -> bool {
        self.told.iter().any(|told| told.is_live && told.digest == *digest)
    }

    /// Live digests that were not told, in the order of their text.
    pub(super) fn untold(&self) -> Vec<Arc<str>> {
        let digests = self.live.iter().map(|(digest, _)| digest);
        let mut untold: Vec<_> = digests.filter(|digest| !self.is_told_live(digest)).cloned().collect();
        untold.sort();
        untold
    }

    /// Whether a digest that was told to be live no longer is.
    pub(super) fn has_ended(&self) -> bool {
        self.told.iter().any(|told| told.is_live && !self.is_live(&told.digest))
    }

    /// No longer tells ended digests to be live.
    pub(super) fn end(&mut self) {
        let is_live = |digest: &Arc<str>| self.live.iter().any(|(known, _)| known == digest);
        // A stable order: what ended now comes after what ended before.
        self.told.sort_by_key(|told| told.is_live && is_live(&told.digest));
        for told in &mut self.told {
            told.is_live = told.is_live && is_live(&told.digest);
        }
    }

    /// Tells a digest to be live from now on.
    pub(super) fn begin(&mut self, digest: &Arc<str>) -> Begun {
        let beside = self.told.iter().rev().find(|told| told.is_live && told.digest != *digest);
        let latest = self.told.last().map(|told| &told.digest).or(self.last.as_ref());
        let displaced = beside.map(|told| &told.digest).or(latest).filter(|old| *old != digest).cloned();
        let is_return =
            self.told.iter().any(|told| told.digest == *digest) || self.last.as_ref() == Some(digest);
        let begun = Begun { is_first: self.told.is_empty(), displaced, is_return };
        self.told.retain(|told| told.digest != *digest);
        self.told.reserve_exact(1);
        self.told.push(Told { digest: Arc::clone(digest), is_live: true });
        if self.told.len() > TOLD_KEPT
            && let Some(oldest) = self.told.iter().position(|told| !told.is_live)
        {
            self.told.remove(oldest);
        }
        begun
    }

    /// Ends the period of use.
    pub(super) fn end_period(&mut self) {
        if let Some(latest) = self.told.pop() {
            self.last = Some(latest.digest);
        }
        self.told.clear();
    }

    /// Forgets the period before.
    pub(super) fn forget_last(&mut self) {
        self.last = None;
    }

    /// The digests told in this period of use, in the order to be restored.
    pub(super) fn told(&self) -> impl Iterator<Item = &Arc<str>> {
        self.told.iter().map(|told| &told.digest)
    }

    /// The last digest of the period of use before.
    pub(super) fn last(&self) -> Option<&Arc<str>> {
        self.last.as_ref()
    }

    /// Takes back what a record stored; digests are live again as pods are restored.
    pub(super) fn restored(told: Vec<Arc<str>>, last: Option<Arc<str>>) -> Self {
        let told = told.into_iter().map(|digest| Told { digest, is_live: false }).collect();
        Self { live: Vec::new(), told, last }
    }

    /// A restored container runs `digest`: what was told of it still holds.
    pub(super) fn rejoin(&mut self, digest: &Arc<str>) {
        self.join(digest);
        if let Some(told) = self.told.iter_mut().find(|told| told.digest == *digest) {
            told.is_live = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Begun, Digests, TOLD_KEPT};

    fn begin(digests: &mut Digests, digest: &str) -> (bool, Option<String>, bool) {
        let digest = Arc::from(digest);
        digests.join(&digest);
        digests.end();
        let Begun { is_first, displaced, is_return } = digests.begin(&digest);
        (is_first, displaced.map(|old| old.to_string()), is_return)
    }

    fn end(digests: &mut Digests, digest: &str) {
        digests.leave(&Arc::from(digest));
        digests.end();
    }

    #[test]
    fn the_first_digest_of_a_period_displaces_none() {
        assert_eq!(begin(&mut Digests::default(), "a"), (true, None, false));
    }

    #[test]
    fn a_second_digest_displaces_the_one_that_is_live() {
        let mut digests = Digests::default();
        begin(&mut digests, "a");
        assert_eq!(begin(&mut digests, "b"), (false, Some("a".into()), false));
    }

    #[test]
    fn a_digest_displaces_the_last_one_when_none_is_live() {
        let mut digests = Digests::default();
        begin(&mut digests, "a");
        begin(&mut digests, "b");
        end(&mut digests, "a");
        end(&mut digests, "b");
        assert_eq!(begin(&mut digests, "b"), (false, None, true), "the same again is no move");
        end(&mut digests, "b");
        assert_eq!(begin(&mut digests, "a"), (false, Some("b".into()), true), "a return");
    }

    #[test]
    fn a_period_is_compared_with_the_end_of_the_one_before_and_no_more() {
        let mut digests = Digests::default();
        for digest in ["a", "b"] {
            begin(&mut digests, digest);
            end(&mut digests, digest);
        }
        digests.end_period();
        assert_eq!(begin(&mut digests, "b"), (true, None, true));
        end(&mut digests, "b");
        digests.end_period();
        assert_eq!(begin(&mut digests, "a"), (true, Some("b".into()), false));
    }

    #[test]
    fn the_last_digest_is_the_one_that_ended_last() {
        let mut digests = Digests::default();
        begin(&mut digests, "a");
        begin(&mut digests, "b");
        end(&mut digests, "b");
        end(&mut digests, "a");
        assert_eq!(begin(&mut digests, "c"), (false, Some("a".into()), false));
        end(&mut digests, "c");
        assert_eq!(begin(&mut digests, "b"), (false, Some("c".into()), true), "told to be live anew");
        digests.leave(&Arc::from("b"));
        digests.end_period();
        assert_eq!(digests.last().map(|digest| &**digest), Some("b"));
    }

    #[test]
    fn a_digest_has_ended_once_its_last_container_left_until_that_is_told() {
        let mut digests = Digests::default();
        begin(&mut digests, "a");
        digests.join(&Arc::from("a"));
        assert!(!digests.has_ended(), "two containers run it");
        digests.leave(&Arc::from("a"));
        assert!(!digests.has_ended(), "one does");
        digests.leave(&Arc::from("a"));
        assert!(digests.has_ended());
        digests.end();
        assert!(!digests.has_ended(), "it is told");
    }

    #[test]
    fn digests_told_are_bounded_and_live_ones_stay() {
        let mut digests = Digests::default();
        begin(&mut digests, "live");
        for number in 0..100 {
            let digest = number.to_string();
            begin(&mut digests, &digest);
            end(&mut digests, &digest);
        }
        assert_eq!(digests.told().count(), TOLD_KEPT);
        assert!(digests.told().any(|digest| &**digest == "live"));
    }
}
