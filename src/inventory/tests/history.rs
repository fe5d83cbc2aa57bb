//! What was said so far, and that it makes sense as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Reference;
use crate::inventory::change::{Changes, Event, Happening, ImageEvent, Place, Turn, UseChange};

/// What a reader of all events believes.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// The images that are used, by reference.
    pub(super) periods: BTreeMap<Reference, Period>,
    /// The places of use, and whether an active pod is there.
    pub(super) places: BTreeMap<Place, bool>,
}

#[derive(Clone, Debug)]
pub(super) struct Period {
    spelling: String,
    /// The digests that were told.
    pub(super) digests: BTreeSet<String>,
}

fn digest_of(event: &ImageEvent) -> String {
    event.digest.as_ref().unwrap_or_else(|| panic!("no digest: {event:?}")).to_string()
}

impl History {
    pub(super) fn take_in(&mut self, changes: &Changes) {
        for event in &changes.events {
            if let Event::Image(event) = event {
                self.take_in_event(event);
            }
        }
        for change in &changes.uses {
            self.take_in_use(change);
        }
    }

    fn take_in_event(&mut self, event: &ImageEvent) {
        if event.happening == Happening::Added {
            let period = Period { spelling: event.spelling.to_string(), digests: BTreeSet::new() };
            assert!(self.periods.insert(event.image.clone(), period).is_none(), "added twice: {event:?}");
        }
        let period = self.periods.get_mut(&event.image);
        let period = period.unwrap_or_else(|| panic!("not added before: {event:?}"));
        assert_eq!(period.spelling, &*event.spelling, "the spelling of the added line: {event:?}");
        match &event.happening {
            Happening::Added | Happening::Joined | Happening::Left => {}
            Happening::Removed => {
                self.periods.remove(&event.image);
            }
            Happening::Resolved => {
                assert!(period.digests.is_empty(), "resolved twice: {event:?}");
                period.digests.insert(digest_of(event));
            }
            Happening::Moved { old, .. } => {
                assert!(!period.digests.is_empty(), "moved before it was resolved: {event:?}");
                assert!(event.image.tag().is_some() && event.image.digest().is_none(), "no tag: {event:?}");
                assert_ne!(digest_of(event), **old, "no other digest: {event:?}");
                period.digests.insert(digest_of(event));
            }
        }
    }

    fn take_in_use(&mut self, UseChange { place, turn }: &UseChange) {
        let before = self.places.get(place).copied();
        let (expected, after) = match turn {
            Turn::Opened { active } => (None, Some(*active)),
            Turn::Activated => (Some(false), Some(true)),
            Turn::Deactivated => (Some(true), Some(false)),
            Turn::Closed => (before.or(Some(false)), None),
        };
        assert_eq!(before, expected, "{turn:?} at {place:?}");
        match after {
            Some(active) => self.places.insert(place.clone(), active),
            None => self.places.remove(place),
        };
    }
}
