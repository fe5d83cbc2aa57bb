//! The state of the inventory, and how an event changes it.

use std::sync::Arc;

use super::change::{Changes, Event, ImageRow, Lagging, PodChange, PodLine, PodRow, ShapeId, ShapeRow};
use super::images::Images;
use super::lagging::{lagging, running};
use super::linger::Linger;
use super::lists::{Scopes, Source};
use super::pod::{Container, Pod, PodEvent, Uid};
use super::pods::PodTable;
use super::scope::{Scope, ScopeId};
use super::shapes::{Outline, Shape, Shapes};
use super::time::Time;

/// Which images the known pods use, and what was said of them.
///
/// Invariants: an image's users are the known pods that name it; outside of lists an image is said
/// to be used exactly when it has a user or lingers. What a list changes is said when no list is
/// under way.
#[derive(Debug, Default)]
pub struct Inventory {
    pub(super) pods: PodTable<KnownPod>,
    pub(super) shapes: Shapes,
    pub(super) images: Images,
    pub(super) scopes: Scopes,
    pub(super) lagging: PodTable<Vec<Lagging>>,
    pub(super) linger: Linger,
    /// The time of the latest event.
    pub(super) now: Time,
}

/// A pod; what it shares with others stands in its shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownPod {
    uid: Uid,
    pub(super) shape: ShapeId,
    /// When its shape's scope saw it last.
    seen: u32,
}

impl Inventory {
    /// The number of a scope, given at its first mention.
    pub fn scope(&mut self, scope: &Scope) -> ScopeId {
        self.scopes.number(scope)
    }

    /// Takes in one event, told `now`, and tells all that it changed.
    pub fn apply(&mut self, event: PodEvent, now: Time) -> Changes {
        let mut out = Changes::default();
        self.now = now;
        match event {
            PodEvent::Init(scope, cause) => self.scopes.begin(scope, cause),
            PodEvent::Audit(scope) => self.scopes.begin_audit(scope),
            PodEvent::Audited(scope, pod) => self.audit(scope, pod, &mut out),
            PodEvent::Apply(scope, pod) => self.put(scope, pod, self.scopes.source(scope), &mut out),
            PodEvent::Keep { scope, namespace, name } => self.keep(scope, &namespace, &name, &mut out),
            PodEvent::Delete { scope, namespace, name, uid } => {
                self.delete(scope, &namespace, &name, uid, &mut out);
            }
            PodEvent::InitDone { scope, sweep } => self.end_list(scope, true, sweep, &mut out),
            PodEvent::InitBroken(scope) => self.end_list(scope, false, false, &mut out),
        }
        out.images = self.images.take_changes(&self.scopes);
        out
    }

    fn end_list(&mut self, scope: ScopeId, is_whole: bool, sweep: bool, out: &mut Changes) {
        let Some(source) = self.scopes.list(scope) else { return };
        if sweep {
            self.sweep(scope, source, out);
        }
        self.scopes.end(scope, is_whole);
        self.images.end_list(&self.scopes);
        if !self.scopes.are_listing() {
            self.settle_lists(source, out);
        }
    }

    /// Takes in a pod of an audit, unless live events since it began know better.
    fn audit(&mut self, scope: ScopeId, pod: Pod, out: &mut Changes) {
        let Some(source) = self.scopes.audit(scope) else { return };
        let before = self.find(&pod.namespace, &pod.name);
        let is_outdated = before.is_some_and(|known| !self.scopes.is_before_list(scope, known.seen));
        let is_known = before.is_some_and(|known| known.uid == pod.uid);
        if !is_outdated && !self.scopes.may_be_deleted(scope, pod.uid, is_known) {
            self.put(scope, pod, source, out);
        }
    }

    fn find(&self, namespace: &str, name: &str) -> Option<&KnownPod> {
        self.pods.get(self.shapes.names.find(namespace)?, name)
    }

    fn put(&mut self, scope: ScopeId, pod: Pod, source: Source, out: &mut Changes) {
        let Pod { namespace, name, uid, active, workload, containers } = pod;
        let namespace = self.shapes.names.hold(&*namespace).0;
        let before = self.pods.get(namespace, &name).copied();
        let same_life = before.filter(|known| known.uid == uid);
        let lagging = match same_life {
            Some(known) => self.lagging_after(known, namespace, &name, &containers),
            None => Vec::new(),
        };
        let outline = Outline {
            scope,
            namespace,
            workload: &workload,
            active,
            containers: running(&containers, &lagging),
        };
        let likely = same_life.map(|known| known.shape);
        let shape = self.shapes.hold(&outline, likely, &mut self.images, &self.scopes, out);
        // From here on the shape holds the namespace for the pod.
        self.shapes.names.release(namespace);
        let after = KnownPod { uid, shape, seen: self.scopes.date() };
        let is_stored_as_is =
            same_life.is_some_and(|old| old.shape == shape) && self.lagging_of(namespace, &name) == lagging;
        if !is_stored_as_is {
            let row = self.row(namespace, &name, after, &lagging);
            out.pods.push(PodChange::Put { row, was: before.map(|known| known.shape) });
            self.remember_lagging(namespace, &name, lagging);
        }
        let old_shape = before.map(|known| known.shape);
        self.change_shape(&name, old_shape, Some(shape), same_life.is_some(), source, out);
        self.pods.insert(namespace, name, after);
    }

    pub(super) fn row(&self, namespace: u32, name: &str, pod: KnownPod, lagging: &[Lagging]) -> PodRow {
        PodRow {
            namespace: Arc::clone(self.shapes.names.get(namespace)),
            name: name.into(),
            uid: pod.uid,
            shape: pod.shape,
            lagging: lagging.to_vec(),
        }
    }

    pub(super) fn lagging_of(&self, namespace: u32, name: &str) -> &[Lagging] {
        self.lagging.get(namespace, name).map_or(&[], Vec::as_slice)
    }

    fn lagging_after(
        &self,
        known: KnownPod,
        namespace: u32,
        name: &str,
        containers: &[Container],
    ) -> Vec<Lagging> {
        let (shape, so_far) = (self.shapes.get(known.shape), self.lagging_of(namespace, name));
        lagging(containers, shape, so_far, &self.shapes, &self.images)
    }

    fn remember_lagging(&mut self, namespace: u32, name: &str, lagging: Vec<Lagging>) {
        if lagging.is_empty() {
            self.lagging.remove(namespace, name);
        } else {
            self.lagging.insert(namespace, name.into(), lagging);
        }
    }

    /// Counts a pod's change of shape and tells it. Lets go of the old shape.
    fn change_shape(
        &mut self,
        name: &str,
        old: Option<ShapeId>,
        new: Option<ShapeId>,
        is_same_life: bool,
        source: Source,
        out: &mut Changes,
    ) {
        let old_shape = old.map(|id| Arc::clone(self.shapes.get(id)));
        let new_shape = new.map(|id| Arc::clone(self.shapes.get(id)));
        if !is_same_life {
            let lines = [(false, &old_shape), (true, &new_shape)];
            let lines = lines.into_iter().filter_map(|(added, shape)| Some((added, shape.as_ref()?)));
            out.events.extend(lines.map(|(added, shape)| self.pod_line(added, name, shape, source)));
        }
        let is_alike = match (&old_shape, &new_shape) {
            (Some(old), Some(new)) => old.is_alike(new),
            _ => false,
        };
        if !is_alike {
            self.count(old_shape.as_deref(), new_shape.as_deref());
            self.settle_pod(name, old_shape.as_deref(), new_shape.as_deref(), source, out);
        }
        if let Some(id) = old {
            self.shapes.release(id, &mut self.images, &self.scopes, out);
        }
    }

    fn count(&mut self, old: Option<&Shape>, new: Option<&Shape>) {
        for slot in new.iter().flat_map(|shape| shape.images()) {
            self.images.join(slot.image);
        }
        for slot in old.iter().flat_map(|shape| shape.images()) {
            self.images.leave(slot.image, self.now);
        }
        for (image, digest) in new.iter().flat_map(|shape| self.shapes.digests(shape)) {
            self.images.get_mut(image).digests.join(digest);
        }
        for (image, digest) in old.iter().flat_map(|shape| self.shapes.digests(shape)) {
            self.images.get_mut(image).digests.leave(digest);
        }
    }

    fn pod_line(&self, added: bool, name: &str, shape: &Shape, source: Source) -> Event {
        let names = &self.shapes.names;
        Event::Pod(PodLine {
            added,
            namespace: Arc::clone(names.get(shape.namespace)),
            name: name.into(),
            workload: Arc::clone(names.get(shape.workload)),
            scope: Arc::clone(self.scopes.text(source.scope)),
            cause: source.cause,
        })
    }

    fn keep(&mut self, scope: ScopeId, namespace: &str, name: &str, out: &mut Changes) {
        let Some(namespace) = self.shapes.names.find(namespace) else { return };
        let Some(known) = self.pods.get_mut(namespace, name) else { return };
        known.seen = self.scopes.date();
        let old = known.shape;
        if self.shapes.get(old).scope == scope {
            return;
        }
        known.shape = self.shapes.hold_in_scope(old, scope, &mut self.images, &self.scopes, out);
        let known = *known;
        let row = self.row(namespace, name, known, self.lagging_of(namespace, name));
        out.pods.push(PodChange::Put { row, was: Some(old) });
        self.shapes.release(old, &mut self.images, &self.scopes, out);
    }

    fn delete(&mut self, scope: ScopeId, namespace: &str, name: &str, uid: Uid, out: &mut Changes) {
        self.scopes.note_deletion(scope, uid);
        let Some(number) = self.shapes.names.find(namespace) else { return };
        let Some(&known) = self.pods.get(number, name) else { return };
        if known.uid == uid && self.scopes.speaks_for(scope, self.shapes.get(known.shape).scope, namespace) {
            self.pods.remove(number, name);
            self.let_go(number, name, known, self.scopes.source(scope), out);
        }
    }

    /// Drops the pods that the scope's list should have held and did not, by namespace and name.
    fn sweep(&mut self, scope: ScopeId, source: Source, out: &mut Changes) {
        let (scopes, shapes, names) = (&self.scopes, &self.shapes, &self.shapes.names);
        let mut gone = self.pods.take(|namespace, pod| {
            scopes.is_before_list(scope, pod.seen)
                && scopes.speaks_for(scope, shapes.get(pod.shape).scope, names.get(namespace))
        });
        gone.sort_by_key(|(namespace, ..)| names.get(*namespace));
        for (namespace, name, known) in gone {
            self.let_go(namespace, &name, known, source, out);
        }
    }

    /// Tells that a pod, taken from the table already, is gone.
    fn let_go(&mut self, namespace: u32, name: &str, known: KnownPod, source: Source, out: &mut Changes) {
        self.lagging.remove(namespace, name);
        let namespace = Arc::clone(self.shapes.names.get(namespace));
        out.pods.push(PodChange::Gone { namespace, name: name.into(), uid: known.uid, was: known.shape });
        self.change_shape(name, Some(known.shape), None, false, source, out);
    }

    /// Takes back a stored image; before the shapes that refer to it.
    pub fn restore_image(&mut self, row: ImageRow) {
        self.images.restore(row, &mut self.scopes);
    }

    /// Takes back a stored shape; before the pods that refer to it. A row that refers to an image
    /// which is not there is left out.
    pub fn restore_shape(&mut self, row: &ShapeRow) {
        self.shapes.restore(row, &mut self.images, &mut self.scopes);
    }

    /// Takes back a stored pod. A row that refers to a shape which is not there is left out.
    pub fn restore_pod(&mut self, row: PodRow) {
        let PodRow { namespace, name, uid, shape, lagging } = row;
        let Some(namespace) = self.shapes.names.find(&namespace) else { return };
        let is_fitting = self.shapes.find(shape).is_some_and(|shape| shape.namespace == namespace);
        if !is_fitting || self.pods.get(namespace, &name).is_some() {
            return;
        }
        self.remember_lagging(namespace, &name, lagging);
        self.pods.insert(namespace, name, KnownPod { uid, shape, seen: 0 });
        self.shapes.hold_again(shape);
        let shape = Arc::clone(self.shapes.get(shape));
        for slot in shape.images() {
            self.images.join(slot.image);
        }
        for (image, digest) in self.shapes.digests(&shape) {
            self.images.get_mut(image).digests.rejoin(digest);
        }
    }

    /// Whether this life of the pod is known.
    #[must_use]
    pub fn knows(&self, pod: &Pod) -> bool {
        self.find(&pod.namespace, &pod.name).is_some_and(|known| known.uid == pod.uid)
    }

    /// Every shape that a pod has, with the number of its pods.
    pub fn shapes(&self) -> impl Iterator<Item = (ShapeRow, u32)> {
        self.shapes.rows(&self.images, &self.scopes)
    }

    /// Every known pod: namespace, name, shape.
    pub fn pods(&self) -> impl Iterator<Item = (&str, &str, ShapeId)> {
        let names = &self.shapes.names;
        self.pods.iter().map(|(namespace, name, pod)| (&**names.get(namespace), name, pod.shape))
    }
}
