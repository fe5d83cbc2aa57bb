//! What was said so far, and that it makes sense as a whole.

use std::collections::BTreeMap;

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
    is_resolved: bool,
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
            let period = Period { spelling: event.spelling.to_string(), is_resolved: false };
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
                assert!(event.digest.is_some(), "no digest: {event:?}");
                assert!(!std::mem::replace(&mut period.is_resolved, true), "resolved twice: {event:?}");
            }
            Happening::Moved { old, .. } => {
                assert!(period.is_resolved, "moved before it was resolved: {event:?}");
                assert!(event.image.tag().is_some() && event.image.digest().is_none(), "no tag: {event:?}");
                assert!(event.digest.as_ref().is_some_and(|new| new != old), "no other digest: {event:?}");
            }
        }
    }

    fn take_in_use(&mut self, UseChange { place, turn }: &UseChange) {
        let before = self.places.get(place).copied();
        let (expected, after) = match turn {
            Turn::Opened => (None, Some(false)),
            Turn::Activated => (Some(false), Some(true)),
            Turn::Deactivated => (Some(true), Some(false)),
            Turn::Closed => (Some(false), None),
        };
        assert_eq!(before, expected, "{turn:?} at {place:?}");
        match after {
            Some(active) => self.places.insert(place.clone(), active),
            None => self.places.remove(place),
        };
    }
}
