//! What there is to say: the difference between the state and what was said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::{Changes, Event, Happening, ImageEvent, ImageId, ShapeId, User};
use super::digests::Begun;
use super::pod::{Cause, ContainerKind};
use super::reference::Reference;
use super::shapes::Shape;
use super::state::{Inventory, PodKey};

/// How a change of a pod came to be known.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodTurn {
    /// Whether a list told it: then its net effect is said at the end of the list.
    pub(super) is_listed: bool,
    pub(super) cause: Cause,
}

/// The user of an image that only a damaged record says to be used.
fn nobody() -> Arc<User> {
    let nothing = Arc::<str>::default;
    let (namespace, pod, workload, container) = (nothing(), nothing(), nothing(), nothing());
    Arc::new(User { namespace, pod, workload, container, kind: ContainerKind::App })
}

/// A pod by which there is something to say of an image.
struct Witness {
    user: Arc<User>,
    spelling: Arc<str>,
    digest: Option<Arc<str>>,
}

impl Inventory {
    /// Says what one pod's change of shape, counted already, means for its images: first what it
    /// left, then what it joined, each by reference.
    pub(super) fn settle_pod(
        &mut self,
        name: &str,
        old: Option<&Shape>,
        new: Option<&Shape>,
        turn: PodTurn,
        out: &mut Changes,
    ) {
        for (image, shape) in self.only_in(old, new) {
            self.settle_leaving(image, &self.witness(shape, image, None, name), turn, out);
        }
        if turn.is_listed {
            return;
        }
        for (image, shape) in self.only_in(new, old) {
            self.settle_joining(image, &self.witness(shape, image, None, name), turn.cause, out);
        }
        for shape in [old, new].into_iter().flatten() {
            self.settle_digests(name, shape, turn.cause, out);
        }
    }

    /// Says the digests that begin to be live with a pod, by reference.
    fn settle_digests(&mut self, name: &str, shape: &Shape, cause: Cause, out: &mut Changes) {
        let mut images: Vec<ImageId> = shape.images().map(|slot| slot.image).collect();
        images.retain(|&image| self.images.get(image).said.is_some());
        images.sort_by(|&a, &b| self.images.reference(a).cmp(self.images.reference(b)));
        for image in images {
            self.images.get_mut(image).digests.end();
            for digest in self.images.get(image).digests.untold() {
                let witness = self.witness(shape, image, Some(&digest), name);
                self.say_begun(image, &digest, &witness, cause, out);
            }
        }
    }

    /// The images that only the first of two shapes names, by reference.
    fn only_in<'s>(&self, shape: Option<&'s Shape>, other: Option<&Shape>) -> Vec<(ImageId, &'s Shape)> {
        let Some(shape) = shape else { return Vec::new() };
        let is_in_other = |image| other.is_some_and(|other| other.slot_of(image).is_some());
        let images = shape.images().map(|slot| slot.image).filter(|&image| !is_in_other(image));
        let mut images: Vec<(ImageId, &Shape)> = images.map(|image| (image, shape)).collect();
        images.sort_by(|a, b| self.images.reference(a.0).cmp(self.images.reference(b.0)));
        images
    }

    /// The pod as a witness; by the container that runs `digest` where one is given.
    fn witness(&self, shape: &Shape, image: ImageId, digest: Option<&Arc<str>>, pod: &str) -> Witness {
        let names = &self.shapes.names;
        let runs = |number: Option<u32>| number.map(|number| names.get(number)) == digest;
        let slot = shape
            .containers
            .iter()
            .find(|slot| slot.image == image && (digest.is_none() || runs(slot.digest)))
            .or_else(|| shape.slot_of(image));
        let Some(slot) = slot else { unreachable!("a witness' shape names the image") };
        Witness {
            user: Arc::new(User {
                namespace: Arc::clone(names.get(shape.namespace)),
                pod: pod.into(),
                workload: Arc::clone(names.get(shape.workload)),
                container: Arc::clone(names.get(slot.name)),
                kind: slot.kind,
            }),
            spelling: Arc::clone(names.get(slot.spelling)),
            digest: slot.digest.map(|digest| Arc::clone(names.get(digest))),
        }
    }

    fn settle_leaving(&mut self, image: ImageId, witness: &Witness, turn: PodTurn, out: &mut Changes) {
        let known = self.images.get(image);
        let is_unused = known.users == 0;
        if known.said.is_none() {
            return;
        }
        if turn.is_listed || (is_unused && self.is_listing()) {
            self.remember_leaving(image, &witness.user, is_unused);
        } else if is_unused {
            self.say_removed(image, &witness.user, witness.digest.clone(), turn.cause, out);
        } else {
            self.say(image, Happening::Left, witness, turn.cause, out);
        }
    }

    /// Keeps the first by name of those that left an image during a list, for its `removed` line.
    fn remember_leaving(&mut self, image: ImageId, user: &Arc<User>, is_unused: bool) {
        let first = self.left_in_list.entry(image).or_insert_with(|| Arc::clone(user));
        if (&user.namespace, &user.pod) < (&first.namespace, &first.pod) {
            *first = Arc::clone(user);
        }
        if is_unused {
            self.images.change(image).last_user = Some(Arc::clone(first));
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
        let moved_from = displaced.filter(|_| known.is_tag);
        if is_first {
            self.say(image, Happening::Resolved, witness, cause, out);
        }
        if let Some(old) = moved_from {
            self.say(image, Happening::Moved { old, seen_before: is_return }, witness, cause, out);
        }
    }

    /// Says the net difference of the lists that have just ended: added, removed, then digests,
    /// each by reference.
    pub(super) fn settle_all(&mut self, may_remove: bool, cause: Cause, out: &mut Changes) {
        let unsettled = self.images.unsettled();
        let witnesses = self.first_witnesses(&unsettled);
        for &image in &unsettled {
            let is_untold = self.images.get(image).said.is_none();
            if let Some(witness) = witnesses.get(&(image, None)).filter(|_| is_untold) {
                self.settle_joining(image, witness, cause, out);
            }
        }
        for &image in unsettled.iter().filter(|_| may_remove) {
            let known = self.images.get(image);
            if known.users == 0 && known.said.is_some() {
                let stored = known.last_user.clone();
                let user = self.left_in_list.get(&image).cloned().or(stored).unwrap_or_else(nobody);
                self.say_removed(image, &user, None, cause, out);
            }
        }
        if may_remove {
            self.left_in_list.clear();
        }
        for &image in unsettled.iter().filter(|&&image| witnesses.contains_key(&(image, None))) {
            self.images.get_mut(image).digests.end();
            for digest in self.images.get(image).digests.untold() {
                if let Some(witness) = witnesses.get(&(image, Some(Arc::clone(&digest)))) {
                    self.say_begun(image, &digest, witness, cause, out);
                }
            }
        }
    }

    /// For each of the images, and each of their digests that is not told yet: the first pod by
    /// namespace and name that uses it.
    fn first_witnesses(&self, images: &[ImageId]) -> BTreeMap<(ImageId, Option<Arc<str>>), Witness> {
        let images: BTreeSet<ImageId> = images.iter().copied().collect();
        let mut wanted: BTreeMap<ShapeId, Vec<(ImageId, Option<Arc<str>>)>> = BTreeMap::new();
        for (id, shape) in self.shapes.iter() {
            let named = shape.images().map(|slot| slot.image).filter(|image| images.contains(image));
            for image in named {
                let untold = self.images.get(image).digests.untold();
                let runs = |digest: &Arc<str>| {
                    shape.digests().any(|(of, number)| of == image && self.shapes.names.get(number) == digest)
                };
                let keys = untold.into_iter().filter(runs).map(|digest| (image, Some(digest)));
                wanted.entry(id).or_default().extend(std::iter::once((image, None)).chain(keys));
            }
        }
        let mut firsts: BTreeMap<&(ImageId, Option<Arc<str>>), (&PodKey, ShapeId)> = BTreeMap::new();
        let names = &self.shapes.names;
        for (key, pod) in &self.pods {
            for what in wanted.get(&pod.shape).into_iter().flatten() {
                let first = firsts.entry(what).or_insert((key, pod.shape));
                if (names.get(key.namespace), &key.name) < (names.get(first.0.namespace), &first.0.name) {
                    *first = (key, pod.shape);
                }
            }
        }
        firsts
            .into_iter()
            .map(|((image, digest), (key, shape))| {
                let witness = self.witness(self.shapes.get(shape), *image, digest.as_ref(), &key.name);
                ((*image, digest.clone()), witness)
            })
            .collect()
    }

    fn say_removed(
        &mut self,
        image: ImageId,
        user: &Arc<User>,
        digest: Option<Arc<str>>,
        cause: Cause,
        out: &mut Changes,
    ) {
        let reference = Reference::shared(self.images.reference(image));
        if let Some(spelling) = self.images.end_period(image) {
            let (user, happening) = (Arc::clone(user), Happening::Removed);
            let event = ImageEvent { happening, image: reference, spelling, user, digest, cause };
            out.events.push(Event::Image(event));
        }
    }

    fn say(&self, image: ImageId, happening: Happening, witness: &Witness, cause: Cause, out: &mut Changes) {
        let said = self.images.get(image).said.as_ref();
        out.events.push(Event::Image(ImageEvent {
            happening,
            image: Reference::shared(self.images.reference(image)),
            spelling: Arc::clone(said.unwrap_or(&witness.spelling)),
            user: Arc::clone(&witness.user),
            digest: witness.digest.clone(),
            cause,
        }));
    }
}
