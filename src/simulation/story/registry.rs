//! The registry that the simulated nodes pull from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::simulation::names::image_id;

/// Which images there are, and what their tags stand for.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// How often an image was pushed again.
    pushes: BTreeMap<String, u64>,
    missing: BTreeSet<String>,
}

impl Registry {
    /// Pushes an image: its tag stands for another digest from now on.
    pub(super) fn push(&mut self, image: &str) {
        *self.pushes.entry(image.to_owned()).or_default() += 1;
    }

    /// Says that an image was never pushed.
    pub(super) fn has_no(&mut self, image: &str) {
        self.missing.insert(image.to_owned());
    }

    /// The `imageID` that a pull gives now; `None` where there is no such image.
    pub(super) fn pull(&self, image: &str) -> Option<Arc<str>> {
        let is_there = !self.missing.contains(image);
        is_there.then(|| image_id(image, self.pushes.get(image).copied().unwrap_or_default()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::Registry;
    use crate::inventory::digest::digest_of;

    #[test]
    fn a_push_moves_a_tag_but_not_a_digest() {
        let mut registry = Registry::default();
        let digest = format!("sha256:{}", "0a".repeat(32));
        let pinned = format!("postgres:18@{digest}");
        let first = registry.pull("web:stable").expect("it is there");
        registry.push("web:stable");
        registry.push(&pinned);
        let second = registry.pull("web:stable").expect("it is there");
        assert_ne!(digest_of(&first), digest_of(&second));
        assert!(first.starts_with("docker.io/library/web@sha256:"), "{first}");
        assert_eq!(registry.pull(&pinned).as_deref().and_then(digest_of), Some(&*digest));

        registry.has_no("web:typo");
        assert_eq!(registry.pull("web:typo"), None);
    }
}
