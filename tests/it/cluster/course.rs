//! The course of events, followed beside what happened.
//!
//! The images in use by the count of the events so far are a state. That state goes through those that
//! the cluster really was in, one after another: it leaves none out but in blind gaps, where it goes at once
//! to what a list showed. So nothing is missing, doubled, invented or out of order. A call may change
//! several images; their order is free.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use kimager::record::past::{Healed, Seen, Span};
use serde_json::Value;

use super::reckoning::{Number, time};
use super::truth::{Deed, Truth};

/// A time between two that were seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    /// `None` before all that was seen.
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Timestamp,
    pub(crate) is_blind: bool,
}

/// The gaps before and between what was seen of one scope.
pub(crate) fn gaps(seen: &[Seen]) -> Vec<Gap> {
    let mut last = None;
    seen.iter()
        .map(|seen| {
            let is_blind = last.is_none() || seen.healed != Healed::Bridged;
            Gap { from: last.replace(seen.until), until: seen.from, is_blind }
        })
        .collect()
}

/// A state in which the cluster was, or in which it was in the midst of a deed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    /// So many deeds are done.
    position: usize,
    /// And this much of the next.
    begun: BTreeSet<&'a str>,
}

struct Course<'a> {
    truth: &'a Truth,
    /// Where the events may have come to; more than one where the cluster was in a state several times.
    places: BTreeSet<Place<'a>>,
}

/// What does not follow from what happened before.
#[derive(Debug)]
pub(crate) struct Astray {
    pub(crate) at: Timestamp,
    pub(crate) why: String,
}

/// Follows added and removed through what was seen and the gaps between.
pub(crate) fn follow(truth: &Truth, events: &BTreeMap<Number, Value>, gaps: &[Gap]) -> Result<(), Astray> {
    let start = Place { position: 0, begun: BTreeSet::new() };
    let mut course = Course { truth, places: BTreeSet::new() };
    course.come_to(BTreeSet::from([start]));
    let mut events = events.values().filter(|event| event["event"] != "moved").peekable();
    let mut until = |end: Timestamp| {
        let next = || events.next_if(|event| observed(event) <= end);
        std::iter::from_fn(next).collect::<Vec<_>>()
    };
    for gap in gaps {
        for event in until(gap.from.unwrap_or(Timestamp::MIN)) {
            course.step(event, false)?;
        }
        let unseen = until(gap.until);
        if gap.is_blind {
            course.skip(*gap, &unseen)?;
        } else {
            unseen.iter().try_for_each(|event| course.step(event, true))?;
        }
    }
    until(Timestamp::MAX).iter().try_for_each(|event| course.step(event, false))?;
    let end = truth.deeds().len();
    let is_there = course.places.iter().any(|place| place.position == end);
    let why = || format!("the events lead to {:?}, and {end} deeds were done", course.places);
    if is_there { Ok(()) } else { Err(Astray { at: Timestamp::now(), why: why() }) }
}

impl<'a> Course<'a> {
    /// An event by which nothing is left out. What is found when a gap is bridged has bounds.
    fn step(&mut self, event: &'a Value, has_bounds: bool) -> Result<(), Astray> {
        let astray = |why: String| Err(Astray { at: observed(event), why: format!("{why}: {event}") });
        if event["cause"] != "watch" {
            return astray("not from a watch, and not in a blind gap".to_owned());
        }
        if event["not_before"].is_string() != has_bounds {
            return astray(format!(
                "it {} bounds",
                if has_bounds { "lies in a gap and lacks" } else { "was seen and has" }
            ));
        }
        let places = self.places.iter().filter_map(|place| self.next(place.clone(), event));
        let places: BTreeSet<_> = places.collect();
        if places.is_empty() {
            let expected = self.places.iter().map(|place| self.truth.deeds().get(place.position));
            let expected: Vec<_> = expected.collect();
            return astray(format!("from {:?} it goes on by {expected:?}, not by this", self.places));
        }
        self.come_to(places);
        Ok(())
    }

    /// Who knew no more than a store held that was set back to it knows all of that also afterwards:
    /// what was lost by it leaves no trace.
    fn come_to(&mut self, mut places: BTreeSet<Place<'a>>) {
        let at = |position: usize| self.settled(Place { position, begun: BTreeSet::new() });
        for (before, after) in &self.truth.set_back {
            if places.contains(&at(*before)) {
                places.insert(at(*after));
            }
        }
        self.places = places;
    }

    /// Where an event leads to from there, if it is what happened next, and at the time that it tells.
    fn next(&self, place: Place<'a>, event: &'a Value) -> Option<Place<'a>> {
        let Place { position, mut begun } = self.settled(place);
        let deed = self.truth.deeds().get(position)?;
        let image = image(event);
        let Span { from: before, until: after } = deed.during;
        let (observed, not_before) = (observed(event), time(event, "not_before"));
        // Bounds begin at the last that was seen; what has none was seen at once.
        let since = not_before.unwrap_or(observed);
        let is_in_time = before <= observed && since <= self.truth.known_by(after);
        let is_next = deed.flipped.contains(image) && begun.insert(image);
        (is_next && is_in_time).then(|| self.settled(Place { position, begun }))
    }

    /// The same place, past all deeds that are done as a whole.
    fn settled(&self, mut place: Place<'a>) -> Place<'a> {
        for deed in &self.truth.deeds()[place.position..] {
            if place.begun.len() < deed.flipped.len() {
                break;
            }
            place.begun.clear();
            place.position += 1;
        }
        place
    }

    /// Goes through a blind gap.
    fn skip(&mut self, gap: Gap, events: &[&'a Value]) -> Result<(), Astray> {
        let first = self.places.first().expect("a place").position;
        let mut changed = BTreeSet::new();
        for event in events {
            self.check_true(event, first)?;
            toggle(&mut changed, image(event));
        }
        let mut reached = BTreeSet::new();
        for place in &self.places {
            let mut differing = place.begun.clone();
            for image in &changed {
                toggle(&mut differing, image);
            }
            let mut position = place.position;
            loop {
                let deed = self.truth.deeds().get(position);
                let is_of_deed = |image: &&str| deed.is_some_and(|deed| deed.flipped.contains(*image));
                if differing.iter().all(is_of_deed) {
                    reached.insert(self.settled(Place { position, begun: differing.clone() }));
                }
                let Some(deed) = deed.filter(|deed| self.may_leave_out(deed, gap)) else { break };
                deed.flipped.iter().for_each(|image| toggle(&mut differing, image));
                position += 1;
            }
        }
        if reached.is_empty() {
            let (places, since) = (&self.places, self.truth.deeds().get(first));
            let why = format!("none of what was since {since:?} follows {places:?} by {gap:?}: {events:#?}");
            return Err(Astray { at: gap.until, why });
        }
        self.come_to(reached);
        Ok(())
    }

    /// Whether a deed may lie in a gap: what was known before it does not, nor what came after it.
    fn may_leave_out(&self, deed: &Deed, gap: Gap) -> bool {
        let was_known = gap.from.is_some_and(|from| self.truth.known_by(deed.during.until) < from);
        deed.during.from <= gap.until && (deed.flipped.is_empty() || !was_known)
    }

    /// What is told by the end of a blind gap was true at some time since what was known before.
    fn check_true(&self, event: &Value, first: usize) -> Result<(), Astray> {
        let (image, at) = (image(event), observed(event));
        let last = self.truth.position(at);
        let was_true = match event["event"].as_str() {
            Some("added") => self.truth.was_used(image, first, last),
            // A store that was set back has pods again that kimager saw go: until a list or an audit it does
            // not know that they use what the pod used which the watch tells to be gone.
            _ if event["cause"] == "watch" && self.is_set_back(first, last) => true,
            _ => self.truth.was_unused(image, first, last),
        };
        let why = || format!("it never was so since {:?}: {event}", self.truth.deeds().get(first));
        if was_true { Ok(()) } else { Err(Astray { at, why: why() }) }
    }

    /// Whether the store was set back between two positions.
    fn is_set_back(&self, first: usize, last: usize) -> bool {
        self.truth.set_back.iter().any(|(_, after)| (first..=last).contains(after))
    }
}

fn observed(event: &Value) -> Timestamp {
    time(event, "observed").expect("an event has a time")
}

fn image(event: &Value) -> &str {
    event["image"]["reference"].as_str().expect("an image")
}

fn toggle<'a>(set: &mut BTreeSet<&'a str>, image: &'a str) {
    if !set.remove(image) {
        set.insert(image);
    }
}
