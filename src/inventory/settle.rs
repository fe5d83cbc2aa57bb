//! What there is to say: the difference between the state and what was said of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::change::{Changes, Event, Happening, ImageEvent, ImageId};
use super::digests::Begun;
use super::images::Leaver;
use super::lists::Source;
use super::pod::Cause;
use super::shapes::{Shape, Slot};
use super::state::Inventory;
use super::time::Time;
use super::witness::{Witness, nobody};

impl Inventory {
    /// Says what one pod's change of shape, counted already, means for its images: first what it
    /// left, then what it joined, then what it runs them with, each by reference. What a list
    /// tells waits for its end.
    pub(super) fn settle_pod(
        &mut self,
        name: &str,
        old: Option<&Shape>,
        new: Option<&Shape>,
        source: Source,
        out: &mut Changes,
    ) {
        for (shape, slot) in self.only_in(old, new) {
            let witness = Witness { scope: source.scope, ..self.witness(name, shape, slot) };
            self.settle_leaving(slot.image, &witness, source, out);
        }
        if source.is_listed {
            return;
        }
        for (shape, slot) in self.only_in(new, old) {
            self.settle_joining(slot.image, &self.witness(name, shape, slot), source.cause, out);
        }
        for slot in old.iter().flat_map(|shape| shape.images()) {
            self.images.end_digests(slot.image);
        }
        if let Some(shape) = new {
            self.settle_digests(name, shape, source.cause, out);
        }
    }

    /// The containers by which only the first of two shapes names an image, by reference.
    fn only_in<'s>(&self, shape: Option<&'s Shape>, other: Option<&Shape>) -> Vec<(&'s Shape, &'s Slot)> {
        let Some(shape) = shape else { return Vec::new() };
        let others: BTreeSet<ImageId> =
            other.iter().flat_map(|other| other.images()).map(|slot| slot.image).collect();
        let is_in_other = |slot: &Slot| others.contains(&slot.image);
        let mut slots: Vec<_> =
            shape.images().filter(|slot| !is_in_other(slot)).map(|slot| (shape, slot)).collect();
        slots.sort_by_key(|(_, slot)| self.images.reference(slot.image));
        slots
    }

    fn settle_leaving(&mut self, image: ImageId, witness: &Witness, source: Source, out: &mut Changes) {
        let known = self.images.get(image);
        let is_unused = known.users == 0;
        if known.said.is_none() {
            return;
        }
        let (user, digest) = (Arc::clone(&witness.user), witness.digest.clone());
        let leaver = Leaver { user, digest, scope: source.scope };
        if source.is_listed || (is_unused && self.scopes.are_listing()) {
            self.images.note_leaver(image, Leaver { digest: None, ..leaver }, source.is_listed);
        } else if is_unused && !self.linger.is_none() {
            self.images.linger(image, leaver);
        } else if is_unused {
            self.say_removed(image, leaver, None, source.cause, out);
        } else {
            self.say(image, Happening::Left, witness, source.cause, out);
        }
    }

    fn settle_joining(&mut self, image: ImageId, witness: &Witness, cause: Cause, out: &mut Changes) {
        if self.images.get(image).said.is_some() {
            self.say(image, Happening::Joined, witness, cause, out);
        } else {
            self.images.begin_period(image, Arc::clone(&witness.spelling));
            self.say(image, Happening::Added, witness, cause, out);
        }
    }

    /// Says the digests that begin to be live with a pod, by reference; those of an image that a
    /// list will add wait with it.
    fn settle_digests(&mut self, name: &str, shape: &Shape, cause: Cause, out: &mut Changes) {
        let mut slots: Vec<(&Slot, Arc<str>)> = Vec::new();
        for slot in shape.digests() {
            let digest = slot.digest.map(|digest| Arc::clone(self.shapes.names.get(digest)));
            let image = self.images.get(slot.image);
            let is_untold = |digest: &Arc<str>| image.said.is_some() && image.digests.is_untold(digest);
            slots.extend(digest.filter(is_untold).map(|digest| (slot, digest)));
        }
        let reference = |image: ImageId| self.images.reference(image);
        slots.sort_by(|(a, old), (b, new)| (reference(a.image), old).cmp(&(reference(b.image), new)));
        for (slot, digest) in slots {
            // Two containers of the pod may run the same.
            if !self.images.get(slot.image).digests.is_untold(&digest) {
                continue;
            }
            self.say_begun(slot.image, &digest, &self.witness(name, shape, slot), cause, out);
        }
    }

    /// Says the net difference of the lists that have just ended: added, removed, then digests,
    /// each by reference. What a torn list took away waits for the next whole one of its scope, and
    /// what lingers for its time.
    pub(super) fn settle_lists(&mut self, source: Source, out: &mut Changes) {
        let cause = source.cause;
        let unsettled = self.images.unsettled();
        let witnesses = self.first_witnesses(&unsettled);
        for &image in &unsettled {
            let is_said = self.images.get(image).said.is_some();
            if let Some(witness) = witnesses.get(&(image, None)).filter(|_| !is_said) {
                self.settle_joining(image, witness, cause, out);
            }
        }
        for &image in unsettled.iter().filter(|&&image| !witnesses.contains_key(&(image, None))) {
            self.settle_unused(image, source, out);
        }
        self.images.forget_leavers();
        for &image in unsettled.iter().filter(|&&image| witnesses.contains_key(&(image, None))) {
            self.images.end_digests(image);
            for digest in self.images.get(image).digests.untold() {
                if let Some(witness) = witnesses.get(&(image, Some(Arc::clone(&digest)))) {
                    self.say_begun(image, &digest, witness, cause, out);
                }
            }
        }
    }

    /// Says that an image without users is removed, unless it waits for another list or lingers: how
    /// long is for the clock to say, when all scopes are in sight.
    fn settle_unused(&mut self, image: ImageId, source: Source, out: &mut Changes) {
        if !self.images.get(image).awaits_list(&self.scopes) {
            let nobody = || Leaver { user: nobody(), digest: None, scope: source.scope };
            let leaver = self.images.last_user(image, self.now, nobody);
            if self.linger.is_none() {
                return self.say_removed(image, leaver, None, source.cause, out);
            }
        }
        self.images.end_digests(image);
    }

    fn say_begun(
        &mut self,
        image: ImageId,
        digest: &Arc<str>,
        witness: &Witness,
        cause: Cause,
        out: &mut Changes,
    ) {
        let known = self.images.change(image);
        let Begun { is_first, displaced, is_return } = known.digests.begin(digest);
        let moved_from = displaced.filter(|_| known.is_tag());
        if is_first {
            self.say(image, Happening::Resolved, witness, cause, out);
        }
        if let Some(old) = moved_from {
            self.say(image, Happening::Moved { old, seen_before: is_return }, witness, cause, out);
        }
    }

    pub(super) fn say_removed(
        &mut self,
        image: ImageId,
        leaver: Leaver,
        last_used: Option<Time>,
        cause: Cause,
        out: &mut Changes,
    ) {
        let image_said = self.images.get(image).reference.clone();
        if let Some(spelling) = self.images.end_period(image) {
            out.events.push(Event::Image(ImageEvent {
                happening: Happening::Removed,
                image: image_said,
                spelling,
                user: leaver.user,
                digest: leaver.digest,
                last_used,
                scope: Arc::clone(self.scopes.text(leaver.scope)),
                cause,
            }));
        }
    }

    fn say(&self, image: ImageId, happening: Happening, witness: &Witness, cause: Cause, out: &mut Changes) {
        let known = self.images.get(image);
        out.events.push(Event::Image(ImageEvent {
            happening,
            image: known.reference.clone(),
            spelling: Arc::clone(known.said.as_ref().unwrap_or(&witness.spelling)),
            user: Arc::clone(&witness.user),
            digest: witness.digest.clone(),
            last_used: None,
            scope: Arc::clone(self.scopes.text(witness.scope)),
            cause,
        }));
    }
}
