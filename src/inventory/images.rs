//! The images: who uses each, what was said of it, and which digests it ran with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::{ImageChange, ImageId, ImageRow, Unused, User};
use super::digests::Digests;
use super::interner::Interner;
use super::lists::Scopes;
use super::reference::Reference;
use super::scope::ScopeId;
use super::time::Time;

/// Images out of use whose last digest is kept, so that memory does not follow the past.
pub(super) const IMAGES_REMEMBERED: usize = 4096;

/// An image that is used, was of late, or stands in a shape.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) reference: Reference,
    /// Pods that name it.
    pub(super) users: u32,
    /// The spelling of its `added` line, until its `removed` line.
    pub(super) said: Option<Arc<str>>,
    /// The digests it ran with.
    pub(super) digests: Digests,
    /// Since when it has no user, while the lines say that it is used.
    pub(super) unused_since: Option<Time>,
    /// Of the pods that ceased to use it in lists that are not whole yet: the first by name. The last
    /// user, if it has none now, while `removed` waits.
    pub(super) leaver: Option<Leaver>,
    /// The scopes of these lists; while there are none, only an image without users has a leaver.
    taken_by: Vec<ScopeId>,
    remembered: Option<u64>,
}

/// A pod that ceased to use an image, and the scope that told it.
#[derive(Clone, Debug)]
pub(super) struct Leaver {
    pub(super) user: Arc<User>,
    /// What it ran; `None` where that was never told, or a list found it gone.
    pub(super) digest: Option<Arc<str>>,
    pub(super) scope: ScopeId,
}

impl Image {
    fn new(reference: Reference) -> Self {
        let digests = Digests::default();
        Self {
            reference,
            users: 0,
            said: None,
            digests,
            unused_since: None,
            leaver: None,
            taken_by: Vec::new(),
            remembered: None,
        }
    }

    /// Whether it is a tag, which can move, and not a pinned digest.
    pub(super) fn is_tag(&self) -> bool {
        self.reference.tag().is_some() && self.reference.digest().is_none()
    }

    /// Whether a list took a user from it that is not whole yet: it may show another one.
    pub(super) fn awaits_list(&self, scopes: &Scopes) -> bool {
        self.taken_by.iter().any(|&scope| scopes.awaits_list(scope))
    }

    /// Whether the lines say something else than the state.
    fn is_unsettled(&self) -> bool {
        self.said.is_some() != (self.users > 0)
            || self.digests.has_ended()
            || !self.digests.untold().is_empty()
    }
}

/// All images, by number.
///
/// Invariant: an image is known while a shape names it, while it is said to be used, or while its
/// last digest is remembered.
#[derive(Debug, Default)]
pub(super) struct Images {
    references: Interner<str>,
    known: Vec<Option<Image>>,
    /// Images out of use with a last digest, oldest first; restored ones by their numbers, as no
    /// record tells their age.
    remembered: BTreeMap<u64, ImageId>,
    clock: u64,
    dirty: BTreeSet<ImageId>,
    /// Images without users that are used in the lines, by the time since when.
    unused: BTreeSet<(Time, ImageId)>,
}

impl Images {
    /// The number of the image that `spelling` names, held for one container of a shape.
    pub(super) fn hold(&mut self, spelling: &str) -> ImageId {
        let reference = Reference::parse(spelling);
        let (number, is_new) = self.references.hold(Arc::clone(reference.text()));
        let id = ImageId(number);
        if is_new {
            self.put(id, Image::new(reference));
            self.dirty.insert(id);
        }
        id
    }

    /// Holds a known image for one more container of a shape.
    pub(super) fn hold_again(&mut self, id: ImageId) {
        self.references.hold_again(id.0);
    }

    /// Lets go of an image for one container of a shape.
    pub(super) fn release(&mut self, id: ImageId) {
        if self.references.release(id.0).is_some() {
            self.known[id.0 as usize] = None;
            while let Some(None) = self.known.last() {
                self.known.pop();
            }
            self.dirty.insert(id);
        }
    }

    fn put(&mut self, id: ImageId, image: Image) {
        let index = id.0 as usize;
        if self.known.len() <= index {
            self.known.resize_with(index + 1, || None);
        }
        self.known[index] = Some(image);
    }

    pub(super) fn get(&self, id: ImageId) -> &Image {
        match &self.known[id.0 as usize] {
            Some(image) => image,
            None => unreachable!("an image in use is known"),
        }
    }

    /// The image, for a change that need not be stored.
    pub(super) fn get_mut(&mut self, id: ImageId) -> &mut Image {
        match &mut self.known[id.0 as usize] {
            Some(image) => image,
            None => unreachable!("an image in use is known"),
        }
    }

    /// The image, for a change that must be stored.
    pub(super) fn change(&mut self, id: ImageId) -> &mut Image {
        self.dirty.insert(id);
        self.get_mut(id)
    }

    /// The text of its normalised reference.
    pub(super) fn reference(&self, id: ImageId) -> &Arc<str> {
        self.get(id).reference.text()
    }

    /// The images whose lines say something else than the state, by reference.
    pub(super) fn unsettled(&self) -> Vec<ImageId> {
        let mut unsettled: Vec<ImageId> = self
            .references
            .iter()
            .map(|(number, _, _)| ImageId(number))
            .filter(|&id| self.get(id).is_unsettled())
            .collect();
        unsettled.sort_by(|&a, &b| self.reference(a).cmp(self.reference(b)));
        unsettled
    }

    /// One pod more uses the image.
    pub(super) fn join(&mut self, id: ImageId) {
        let image = self.get_mut(id);
        image.users += 1;
        if let Some(since) = image.unused_since.take() {
            if image.taken_by.is_empty() {
                image.leaver = None;
            }
            self.unused.remove(&(since, id));
            self.dirty.insert(id);
        }
    }

    /// One pod less uses the image.
    pub(super) fn leave(&mut self, id: ImageId, now: Time) {
        let image = self.get_mut(id);
        image.users -= 1;
        if image.users == 0 && image.said.is_some() {
            self.begin_unused(id, now);
        }
    }

    fn begin_unused(&mut self, id: ImageId, since: Time) {
        self.get_mut(id).unused_since = Some(since);
        self.unused.insert((since, id));
    }

    /// The last user of an image that has none, and is used in the lines; `nobody`, until now, where
    /// only a damaged record says that it is used.
    pub(super) fn last_user(&mut self, id: ImageId, now: Time, nobody: impl FnOnce() -> Leaver) -> Leaver {
        let image = self.get(id);
        if let (Some(_), Some(leaver)) = (image.unused_since, &image.leaver) {
            return leaver.clone();
        }
        let (since, leaver) = (image.unused_since.unwrap_or(now), nobody());
        self.begin_unused(id, since);
        self.change(id).leaver = Some(leaver.clone());
        leaver
    }

    /// The images without users that are used in the lines, by the time since when.
    pub(super) fn unused(&self) -> impl Iterator<Item = (Time, ImageId)> {
        self.unused.iter().copied()
    }

    /// The image lost its last user while no list was under way, and lingers.
    pub(super) fn linger(&mut self, id: ImageId, leaver: Leaver) {
        let image = self.change(id);
        image.leaver = Some(leaver);
        image.taken_by.clear();
    }

    /// Notes that a pod ceased to use the image while lists are under way, and whether one of them
    /// told it.
    pub(super) fn note_leaver(&mut self, id: ImageId, leaver: Leaver, is_listed: bool) {
        let image = self.get_mut(id);
        if is_listed && !image.taken_by.contains(&leaver.scope) {
            image.taken_by.push(leaver.scope);
        }
        let key = |leaver: &Leaver| (Arc::clone(&leaver.user.namespace), Arc::clone(&leaver.user.pod));
        if image.leaver.as_ref().is_none_or(|first| key(&leaver) < key(first)) {
            image.leaver = Some(leaver);
        }
        if image.users == 0 {
            self.dirty.insert(id);
        }
    }

    /// A list ended: of what took users away, only what is not whole yet may still give one back.
    pub(super) fn end_list(&mut self, scopes: &Scopes) {
        for (id, image) in (0..).map(ImageId).zip(&mut self.known) {
            let Some(image) = image.as_mut().filter(|image| !image.taken_by.is_empty()) else { continue };
            image.taken_by.retain(|&scope| scopes.awaits_list(scope));
            self.dirty.insert(id);
        }
    }

    /// Forgets who ceased to use in the lists that have ended what others use.
    pub(super) fn forget_leavers(&mut self) {
        let are_forgotten = |image: &&mut Image| image.unused_since.is_none() && image.taken_by.is_empty();
        for image in self.known.iter_mut().flatten().filter(are_forgotten) {
            image.leaver = None;
        }
    }

    /// Digests that no pod runs any more are no longer told to be live.
    pub(super) fn end_digests(&mut self, id: ImageId) {
        if self.get(id).digests.has_ended() {
            self.change(id).digests.end();
        }
    }

    /// The image begins to be used by the lines: they hold it too.
    pub(super) fn begin_period(&mut self, id: ImageId, spelling: Arc<str>) {
        self.references.hold_again(id.0);
        self.forget(id);
        self.change(id).said = Some(spelling);
    }

    /// The image ceases to be used by the lines; returns the spelling they used.
    pub(super) fn end_period(&mut self, id: ImageId) -> Option<Arc<str>> {
        let image = self.change(id);
        let spelling = image.said.take()?;
        image.leaver = None;
        image.taken_by.clear();
        image.digests.end_period();
        if let Some(since) = image.unused_since.take() {
            self.unused.remove(&(since, id));
        }
        if self.get(id).digests.last().is_some() {
            self.remember(id);
        }
        self.release(id);
        Some(spelling)
    }

    fn remember(&mut self, id: ImageId) {
        self.clock += 1;
        let now = self.clock;
        self.references.hold_again(id.0);
        self.get_mut(id).remembered = Some(now);
        self.remembered.insert(now, id);
        if self.remembered.len() > IMAGES_REMEMBERED
            && let Some((_, &oldest)) = self.remembered.first_key_value()
        {
            self.change(oldest).digests.forget_last();
            self.forget(oldest);
        }
    }

    /// The memory of an image's last period no longer holds it.
    fn forget(&mut self, id: ImageId) {
        if let Some(since) = self.get_mut(id).remembered.take() {
            self.remembered.remove(&since);
            self.release(id);
        }
    }

    /// Rows of the images that changed since the last call.
    pub(super) fn take_changes(&mut self, scopes: &Scopes) -> Vec<ImageChange> {
        std::mem::take(&mut self.dirty).into_iter().map(|id| self.change_of(id, scopes)).collect()
    }

    /// Rows of the images that no pod uses.
    pub(super) fn unused_rows(&self, scopes: &Scopes) -> Vec<ImageChange> {
        let ids = self.references.iter().map(|(number, ..)| ImageId(number));
        ids.filter(|&id| self.get(id).users == 0).map(|id| self.change_of(id, scopes)).collect()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.references.iter().next().is_none()
    }

    /// The row of an image, or that it is forgotten.
    pub(super) fn change_of(&self, id: ImageId, scopes: &Scopes) -> ImageChange {
        let Some(Some(image)) = self.known.get(id.0 as usize) else {
            return ImageChange::Forget(id);
        };
        let unused = image.unused_since.zip(image.leaver.as_ref());
        ImageChange::Put(ImageRow {
            id,
            reference: Arc::clone(self.reference(id)),
            spelling: image.said.clone(),
            digests: image.digests.told().cloned().collect(),
            last_digest: image.digests.last().cloned(),
            unused: unused.map(|(since, leaver)| Unused {
                since,
                user: Arc::clone(&leaver.user),
                digest: leaver.digest.clone(),
                scope: Arc::clone(scopes.text(*image.taken_by.first().unwrap_or(&leaver.scope))),
                awaits_list: image.awaits_list(scopes),
            }),
        })
    }

    /// Takes back a stored image, unless it stands there already. If the list of a scope is to decide
    /// about it, that one broke off with the program.
    pub(super) fn restore(&mut self, row: ImageRow, scopes: &mut Scopes) {
        let ImageRow { id, reference, spelling, digests, last_digest, unused } = row;
        if self.is_known(id) || self.references.find(&reference).is_some() {
            return;
        }
        let mut image = Image::new(Reference::shared(&reference));
        let is_said = spelling.is_some();
        if let Some(Unused { user, digest, since, scope, awaits_list }) = unused.filter(|_| is_said) {
            image.unused_since = Some(since);
            self.unused.insert((since, id));
            let scope = scopes.number_of_text(&scope);
            image.leaver = Some(Leaver { user, digest, scope });
            if awaits_list {
                scopes.end(scope, false);
                image.taken_by.push(scope);
            }
        }
        let is_remembered = !is_said && last_digest.is_some();
        let digests = Digests::restored(digests, last_digest);
        self.references.restore(id.0, reference);
        self.put(id, Image { said: spelling, digests, ..image });
        if is_said {
            self.references.hold_again(id.0);
        }
        if is_remembered {
            self.remember(id);
        }
    }

    /// Whether an image has this number.
    pub(super) fn is_known(&self, id: ImageId) -> bool {
        self.references.find_number(id.0).is_some()
    }

    /// How many images there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.references.len()
    }

    /// Of how many images out of use the last digest is kept.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.remembered.len()
    }
}
