//! The state of the inventory and its diff.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::{
    Changes, Event, ImageId, ImageRow, Lagging, PodChange, PodLine, PodRow, ShapeId, ShapeRow, User,
};
use super::digest::digest_of;
use super::images::Images;
use super::pod::{Cause, Container, ContainerKind, Pod, PodEvent, Uid};
use super::scope::{Scope, ScopeId};
use super::settle::PodTurn;
use super::shapes::{Shape, Shapes, Slot};

/// Which images the known pods use, and what was said of them.
///
/// Invariants: an image's users are the known pods that name it; outside of lists an image is said
/// to be used exactly when it has a user. What a list changes is said when no list is under way.
#[derive(Debug, Default)]
pub struct Inventory {
    pub(super) pods: BTreeMap<PodKey, KnownPod>,
    pub(super) shapes: Shapes,
    pub(super) images: Images,
    scopes: Vec<KnownScope>,
    /// Containers whose status still tells of an image that their spec no longer names.
    lagging: BTreeMap<Uid, Vec<Lagging>>,
    /// Of the images that lost users during the lists under way: the first of those by name.
    pub(super) left_in_list: BTreeMap<ImageId, Arc<User>>,
}

/// A namespace's number and a name: shorter than two strings in a table of all pods.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PodKey {
    pub(super) namespace: u32,
    pub(super) name: Box<str>,
}

/// A pod; what it shares with others stands in its shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownPod {
    uid: Uid,
    pub(super) shape: ShapeId,
    scope: ScopeId,
    /// The list of its scope that was the last to hold it.
    list: u32,
}

#[derive(Debug)]
struct KnownScope {
    text: Arc<str>,
    /// Unknown for a scope that only the record remembers.
    scope: Option<Scope>,
    /// The number of its latest list.
    list: u32,
    state: ListState,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListState {
    /// No list, or the last one came whole.
    Whole,
    UnderWay,
    /// The last list broke off: what it changed may not be said to be removed.
    Torn,
}

impl Inventory {
    /// The number of a scope, given at its first mention.
    pub fn scope(&mut self, scope: &Scope) -> ScopeId {
        let id = self.scope_of_text(&scope.to_string());
        self.scopes[usize::from(id.0)].scope = Some(scope.clone());
        id
    }

    fn scope_of_text(&mut self, text: &str) -> ScopeId {
        let at = self.scopes.iter().position(|known| &*known.text == text).unwrap_or_else(|| {
            let (scope, list, state, cause) = (None, 0, ListState::Whole, Cause::Watch);
            self.scopes.push(KnownScope { text: text.into(), scope, list, state, cause });
            self.scopes.len() - 1
        });
        ScopeId(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// Takes in one event and tells all that it changed.
    pub fn apply(&mut self, event: PodEvent) -> Changes {
        let mut out = Changes::default();
        match event {
            PodEvent::Init(scope, cause) => {
                let known = &mut self.scopes[usize::from(scope.0)];
                known.list += 1;
                known.state = ListState::UnderWay;
                known.cause = cause;
            }
            PodEvent::Apply(scope, pod) => self.put(scope, pod, &mut out),
            PodEvent::Keep { scope, namespace, name } => self.keep(scope, &namespace, name),
            PodEvent::Delete { scope, namespace, name, uid } => {
                self.delete(scope, &namespace, name, uid, &mut out);
            }
            PodEvent::InitDone { scope, sweep } => {
                if sweep {
                    self.sweep(scope, &mut out);
                }
                self.end_list(scope, ListState::Whole, &mut out);
            }
            PodEvent::InitBroken(scope) => self.end_list(scope, ListState::Torn, &mut out),
        }
        out.images = self.images.take_changes();
        out
    }

    fn end_list(&mut self, scope: ScopeId, state: ListState, out: &mut Changes) {
        let known = &mut self.scopes[usize::from(scope.0)];
        let cause = known.cause;
        let was_under_way = std::mem::replace(&mut known.state, state) == ListState::UnderWay;
        if was_under_way && !self.is_listing() {
            let may_remove = self.scopes.iter().all(|known| known.state == ListState::Whole);
            self.settle_all(may_remove, cause, out);
        }
    }

    /// Whether a list is under way anywhere. Then removals wait: an image may only have moved.
    pub(super) fn is_listing(&self) -> bool {
        self.scopes.iter().any(|known| known.state == ListState::UnderWay)
    }

    fn turn(&self, scope: ScopeId) -> PodTurn {
        let known = &self.scopes[usize::from(scope.0)];
        let is_listed = known.state == ListState::UnderWay;
        PodTurn { is_listed, cause: if is_listed { known.cause } else { Cause::Watch } }
    }

    fn put(&mut self, scope: ScopeId, pod: Pod, out: &mut Changes) {
        let Pod { namespace, name, uid, active, workload, containers } = pod;
        // Two holds on the namespace: the key's, and the shape's.
        let namespace = self.shapes.names.hold(&*namespace).0;
        let key = PodKey { namespace, name };
        let before = self.pods.get(&key).copied();
        let same_life = before.filter(|known| known.uid == uid);
        let old_shape = same_life.map(|known| Arc::clone(self.shapes.get(known.shape)));
        let (lagging, lag_changed) = self.lag(uid, old_shape.as_deref(), &containers);
        let is_lagging = |name: &str| lagging.iter().any(|lag| &*lag.container == name);
        let slots = containers.iter().map(|container| self.slot(container, !is_lagging(&container.name)));
        let shape = Shape {
            namespace,
            containers: slots.collect(),
            workload: self.shapes.names.hold(&*workload).0,
            active,
        };
        let known_scope = &self.scopes[usize::from(scope.0)];
        let (list, scope_text) = (known_scope.list, Arc::clone(&known_scope.text));
        self.shapes.names.hold_again(namespace);
        let shape = self.shapes.hold(shape, &mut self.images, out);
        let after = KnownPod { uid, shape, scope, list };
        let name = key.name.clone();
        self.pods.insert(key, after);
        if before.is_some() {
            self.shapes.names.release(namespace);
        }
        let is_stored_as_is = same_life.is_some_and(|old| old.shape == shape && old.scope == scope);
        if !is_stored_as_is || lag_changed {
            let namespace = Arc::clone(self.shapes.names.get(namespace));
            let row = PodRow {
                namespace,
                name: name.clone(),
                uid,
                shape,
                scope: scope_text,
                lagging: lagging.clone(),
            };
            out.pods.push(PodChange::Put(row));
        }
        if let Some(before) = before.filter(|old| old.uid != uid) {
            self.lagging.remove(&before.uid);
        }
        if lag_changed && lagging.is_empty() {
            self.lagging.remove(&uid);
        } else if lag_changed {
            self.lagging.insert(uid, lagging);
        }
        let turn = self.turn(scope);
        self.change_shape(&name, before.map(|old| (old.shape, same_life.is_some())), Some(shape), turn, out);
    }

    /// Counts a pod's change of shape and tells it. `old` is its former shape, and whether in the
    /// same life. Lets go of the old shape.
    fn change_shape(
        &mut self,
        name: &str,
        old: Option<(ShapeId, bool)>,
        new: Option<ShapeId>,
        turn: PodTurn,
        out: &mut Changes,
    ) {
        let old_shape = old.map(|(id, _)| Arc::clone(self.shapes.get(id)));
        let new_shape = new.map(|id| Arc::clone(self.shapes.get(id)));
        let is_same_life = old.is_some_and(|(_, same_life)| same_life);
        if let (Some(shape), false) = (&old_shape, is_same_life) {
            out.events.push(self.pod_line(false, name, shape, turn.cause));
        }
        if let (Some(shape), false) = (&new_shape, is_same_life) {
            out.events.push(self.pod_line(true, name, shape, turn.cause));
        }
        if old.map(|(id, _)| id) != new {
            self.count(old_shape.as_deref(), new_shape.as_deref());
            self.settle_pod(name, old_shape.as_deref(), new_shape.as_deref(), turn, out);
        }
        if let Some((id, _)) = old {
            self.shapes.release(id, &mut self.images, out);
        }
    }

    fn count(&mut self, old: Option<&Shape>, new: Option<&Shape>) {
        for slot in new.iter().flat_map(|shape| shape.images()) {
            self.images.get_mut(slot.image).users += 1;
        }
        for slot in old.iter().flat_map(|shape| shape.images()) {
            self.images.get_mut(slot.image).users -= 1;
        }
        for (image, digest) in new.iter().flat_map(|shape| shape.digests()) {
            self.images.get_mut(image).digests.join(self.shapes.names.get(digest));
        }
        for (image, digest) in old.iter().flat_map(|shape| shape.digests()) {
            self.images.get_mut(image).digests.leave(self.shapes.names.get(digest));
        }
    }

    fn pod_line(&self, added: bool, name: &str, shape: &Shape, cause: Cause) -> Event {
        let names = &self.shapes.names;
        Event::Pod(PodLine {
            added,
            namespace: Arc::clone(names.get(shape.namespace)),
            name: name.into(),
            workload: Arc::clone(names.get(shape.workload)),
            cause,
        })
    }

    fn slot(&mut self, container: &Container, digest_is_its_own: bool) -> Slot {
        let digest = digest_of(&container.image_id).filter(|_| digest_is_its_own);
        Slot {
            name: self.shapes.names.hold(&*container.name).0,
            kind: container.kind,
            image: self.images.hold(&container.image),
            spelling: self.shapes.names.hold(&*container.image).0,
            digest: digest.map(|digest| self.shapes.names.hold(digest).0),
        }
    }

    /// The containers of a pod whose status tells of a former image, and whether that changed.
    fn lag(&mut self, uid: Uid, old: Option<&Shape>, containers: &[Container]) -> (Vec<Lagging>, bool) {
        let Some(old) = old else { return (Vec::new(), false) };
        let known = self.lagging.get(&uid).map_or(&[][..], Vec::as_slice);
        let mut lagging = Vec::new();
        for container in containers.iter().filter(|container| container.kind != ContainerKind::Volume) {
            let name = &container.name;
            let old_slot = old.containers.iter().find(|slot| {
                slot.kind != ContainerKind::Volume && **self.shapes.names.get(slot.name) == **name
            });
            let was = old_slot.map(|slot| slot.image);
            let is_changed = was.is_some_and(|was| {
                **self.images.reference(was) != **super::Reference::parse(&container.image).text()
            });
            let is_still_behind =
                known.iter().any(|lag| lag.container == *name && lag.container_id == container.container_id);
            if is_changed || is_still_behind {
                let container_id = container.container_id.clone();
                lagging.push(Lagging { container: name.clone(), container_id });
            }
        }
        let changed = lagging != known;
        (lagging, changed)
    }

    fn keep(&mut self, scope: ScopeId, namespace: &str, name: Box<str>) {
        let list = self.scopes[usize::from(scope.0)].list;
        if let Some(key) = self.key(namespace, name)
            && let Some(known) = self.pods.get_mut(&key)
        {
            known.scope = scope;
            known.list = list;
        }
    }

    fn key(&mut self, namespace: &str, name: Box<str>) -> Option<PodKey> {
        let namespace = self.shapes.names.find(namespace)?;
        Some(PodKey { namespace, name })
    }

    fn delete(&mut self, scope: ScopeId, namespace: &str, name: Box<str>, uid: Uid, out: &mut Changes) {
        let turn = self.turn(scope);
        if let Some(key) = self.key(namespace, name)
            && self.pods.get(&key).is_some_and(|known| known.uid == uid)
            && let Some((key, known)) = self.pods.remove_entry(&key)
        {
            self.drop_pod(key, known, turn, out);
        }
    }

    fn drop_pod(&mut self, key: PodKey, known: KnownPod, turn: PodTurn, out: &mut Changes) {
        self.lagging.remove(&known.uid);
        let namespace = Arc::clone(self.shapes.names.get(key.namespace));
        let gone = PodChange::Gone { namespace, name: key.name.clone(), uid: known.uid };
        out.pods.push(gone);
        self.change_shape(&key.name, Some((known.shape, false)), None, turn, out);
        self.shapes.names.release(key.namespace);
    }

    /// Drops the pods that the scope's list should have held and did not.
    fn sweep(&mut self, scope: ScopeId, out: &mut Changes) {
        let turn = self.turn(scope);
        let KnownScope { scope: known_scope, list, .. } = &self.scopes[usize::from(scope.0)];
        let names = &self.shapes.names;
        let is_gone = |key: &PodKey, pod: &KnownPod| {
            let is_listed = pod.scope == scope && pod.list == *list;
            let proves =
                || known_scope.as_ref().is_some_and(|s| s.proves_absence_in(names.get(key.namespace)));
            !is_listed && (pod.scope == scope || proves())
        };
        let gone: Vec<(PodKey, KnownPod)> = self.pods.extract_if(.., |key, pod| is_gone(key, pod)).collect();
        for (key, known) in gone {
            self.drop_pod(key, known, turn, out);
        }
    }

    /// Takes back a stored image; before the shapes that refer to it.
    pub fn restore_image(&mut self, row: ImageRow) {
        self.images.restore(row);
    }

    /// Takes back a stored shape; before the pods that refer to it.
    pub fn restore_shape(&mut self, row: &ShapeRow) {
        self.shapes.restore(row, &mut self.images);
    }

    /// Takes back a stored pod.
    pub fn restore_pod(&mut self, row: PodRow) {
        let PodRow { namespace, name, uid, shape, scope, lagging } = row;
        let scope = self.scope_of_text(&scope);
        let namespace = self.shapes.names.hold(namespace).0;
        self.shapes.hold_again(shape);
        self.pods.insert(PodKey { namespace, name }, KnownPod { uid, shape, scope, list: 0 });
        if !lagging.is_empty() {
            self.lagging.insert(uid, lagging);
        }
        let shape = Arc::clone(self.shapes.get(shape));
        for slot in shape.images() {
            self.images.get_mut(slot.image).users += 1;
        }
        for (image, digest) in shape.digests() {
            self.images.get_mut(image).digests.rejoin(self.shapes.names.get(digest));
        }
    }

    /// Every shape that a pod has, with the number of its pods.
    pub fn shapes(&self) -> impl Iterator<Item = (ShapeRow, u32)> {
        self.shapes.rows(&self.images)
    }

    /// Every known pod: namespace, name, shape.
    pub fn pods(&self) -> impl Iterator<Item = (&str, &str, ShapeId)> {
        let names = &self.shapes.names;
        self.pods.iter().map(|(key, pod)| (&**names.get(key.namespace), &*key.name, pod.shape))
    }
}
