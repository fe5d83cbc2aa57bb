//! The naive model: plain maps and strings, counted anew each time it is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Step, What};
use crate::inventory::change::{Place, ShapeRow};
use crate::inventory::digest::digest_of;
use crate::inventory::{Container, ContainerKind, Inventory, Pod, Reference, Scope, Uid};

#[derive(Clone, Debug)]
pub(super) struct Model {
    scopes: Vec<Scope>,
    /// The scopes whose list is under way.
    pub(super) listing: BTreeSet<usize>,
    /// The scopes that are audited, each with the lives that ended since that began.
    audits: BTreeMap<usize, BTreeSet<Uid>>,
    /// Whether something may still wait for the end of a list or audit.
    is_unsaid: bool,
    pods: BTreeMap<(String, String), Known>,
    /// The scopes whose lists or audits took a user from an image, and are not whole; the first to do
    /// so comes first.
    pub(super) taken: BTreeMap<String, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Known {
    uid: Uid,
    scope: usize,
    /// The scopes whose latest list began after this was last seen.
    outdated_for: BTreeSet<usize>,
    /// Of lagging containers: the `containerID` until which they lag.
    lagging: BTreeMap<String, String>,
    told: Told,
}

/// A pod as the inventory should tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    scope: String,
    workload: String,
    active: bool,
    containers: Vec<ToldContainer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ToldContainer {
    name: String,
    kind: ContainerKind,
    reference: String,
    spelling: String,
    digest: Option<String>,
    reported: Option<String>,
}

fn reference(spelling: &str) -> String {
    Reference::parse(spelling).to_string()
}

/// `registry/repository` of an image's name.
fn repository(name: &str) -> Option<String> {
    let reference = Reference::parse(name);
    Some(format!("{}/{}", reference.registry()?, reference.repository()?))
}

/// The repository beside a digest, unless it is that of the image; empty beside none.
fn reported(image_id: &str, image: &str) -> Option<String> {
    digest_of(image_id)?;
    let Some((name, _)) = image_id.split_once('@') else { return Some(String::new()) };
    let name = name.trim_start_matches("docker-pullable://");
    repository(name).filter(|reported| Some(reported) != repository(image).as_ref())
}

impl Model {
    pub(super) fn of(scopes: &[Scope]) -> Self {
        let (listing, audits, is_unsaid, pods, taken) = Default::default();
        Self { scopes: scopes.to_vec(), listing, audits, is_unsaid, pods, taken }
    }

    pub(super) fn take(&mut self, step: &Step) {
        let before = self.uses_by_pod();
        let is_audit_word = matches!(step.what, What::Audited(_) | What::Done { .. });
        let is_audited = self.audits.contains_key(&step.scope);
        let is_listed = self.listing.contains(&step.scope) || is_audited && is_audit_word;
        self.is_unsaid |= is_listed || !self.listing.is_empty();
        self.take_in(step);
        let after = self.uses_by_pod();
        for (_, image) in before.difference(&after).filter(|_| is_listed) {
            let taken = self.taken.entry(image.clone()).or_default();
            if !taken.contains(&step.scope) {
                taken.push(step.scope);
            }
        }
        if is_listed && matches!(step.what, What::Done { .. }) {
            self.taken.retain(|_, scopes| {
                scopes.retain(|scope| *scope != step.scope);
                !scopes.is_empty()
            });
        }
        let is_end = matches!(step.what, What::Done { .. } | What::Broken);
        if is_end && (is_listed || is_audited) && self.listing.is_empty() {
            self.is_unsaid = false;
        }
    }

    /// What the pods use, by pod and by the image's reference.
    fn uses_by_pod(&self) -> BTreeSet<((String, String), String)> {
        let images = |(key, known): (&(String, String), &Known)| {
            let containers = known.told.containers.iter();
            containers.map(|container| (key.clone(), container.reference.clone())).collect::<Vec<_>>()
        };
        self.pods.iter().flat_map(images).collect()
    }

    /// Whether all is said that nobody waits for.
    pub(super) fn is_settled(&self) -> bool {
        self.listing.is_empty() && !self.is_unsaid
    }

    /// What was said of an image: whatever lists did to it is settled.
    pub(super) fn settled(&mut self, image: &str) {
        self.taken.remove(image);
    }

    fn take_in(&mut self, step: &Step) {
        let scope = step.scope;
        match &step.what {
            What::Init(_) => {
                self.outdate(scope);
                self.listing.insert(scope);
                self.audits.remove(&scope);
            }
            What::Audit => {
                self.outdate(scope);
                self.listing.remove(&scope);
                self.audits.insert(scope, BTreeSet::new());
            }
            What::Audited(pod) => self.audited(scope, pod),
            What::Pod(pod) => self.put(scope, pod),
            What::Keep { namespace, name } => {
                if let Some(known) = self.pods.get_mut(&(namespace.clone(), name.clone())) {
                    known.scope = scope;
                    known.told.scope = self.scopes[scope].to_string();
                    known.outdated_for.clear();
                }
            }
            What::Gone { namespace, name, uid } => {
                if let Some(deleted) = self.audits.get_mut(&scope) {
                    deleted.insert(*uid);
                }
                let key = (namespace.clone(), name.clone());
                let is_gone = |known: &Known| known.uid == *uid && self.speaks_for(scope, known, namespace);
                if self.pods.get(&key).is_some_and(is_gone) {
                    self.pods.remove(&key);
                }
            }
            What::Done { sweep } => {
                if (self.listing.remove(&scope) | self.audits.remove(&scope).is_some()) && *sweep {
                    self.sweep(scope);
                }
            }
            What::Broken => {
                self.listing.remove(&scope);
                self.audits.remove(&scope);
            }
            What::Wait(_) => {}
            What::Restart | What::RestartWith(_) => {
                self.listing.clear();
                self.audits.clear();
                // Of an image without users one of its scopes is stored.
                let used = self.images();
                self.taken.retain(|image, _| !used.contains(image));
                self.taken.values_mut().for_each(|scopes| scopes.truncate(1));
            }
        }
    }

    /// A list of the scope begins.
    fn outdate(&mut self, scope: usize) {
        for known in self.pods.values_mut() {
            known.outdated_for.insert(scope);
        }
    }

    fn audited(&mut self, scope: usize, pod: &Pod) {
        let key = (pod.namespace.to_string(), pod.name.to_string());
        let is_outdated = self.pods.get(&key).is_none_or(|known| known.outdated_for.contains(&scope));
        let Some(deleted) = self.audits.get(&scope) else { return };
        if is_outdated && !deleted.contains(&pod.uid) {
            self.put(scope, pod);
        }
    }

    fn speaks_for(&self, scope: usize, known: &Known, namespace: &str) -> bool {
        known.scope == scope || self.scopes[scope].proves_absence_in(namespace)
    }

    fn sweep(&mut self, scope: usize) {
        let gone: Vec<_> = self
            .pods
            .iter()
            .filter(|(_, known)| known.outdated_for.contains(&scope))
            .filter(|((namespace, _), known)| self.speaks_for(scope, known, namespace))
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            self.pods.remove(&key);
        }
    }

    fn put(&mut self, scope: usize, pod: &Pod) {
        let key = (pod.namespace.to_string(), pod.name.to_string());
        let old = self.pods.get(&key).filter(|old| old.uid == pod.uid);
        let mut lagging = BTreeMap::new();
        let mut containers = Vec::new();
        for Container { name, kind, image, image_id, container_id } in &pod.containers {
            let mut digest = digest_of(image_id).map(str::to_owned);
            let mut reported = reported(image_id, image);
            if let Some(old) = old.filter(|_| *kind != ContainerKind::Volume) {
                let can_be =
                    |told: &&ToldContainer| *told.name == **name && told.kind != ContainerKind::Volume;
                let former = old.told.containers.iter().find(can_be);
                let begins_to_lag = former.is_some_and(|former| {
                    let is_another = former.digest.is_some() && digest.is_some() && former.digest != digest;
                    former.reference != reference(image) && !is_another
                });
                let is_behind = old.lagging.get(&**name).is_some_and(|id| *id == **container_id);
                if begins_to_lag || is_behind {
                    lagging.insert(name.to_string(), container_id.to_string());
                    digest = None;
                    reported = None;
                }
            }
            let (name, spelling) = (name.to_string(), image.to_string());
            containers.push(ToldContainer {
                name,
                kind: *kind,
                reference: reference(image),
                spelling,
                digest,
                reported,
            });
        }
        let told = Told {
            scope: self.scopes[scope].to_string(),
            workload: pod.workload.to_string(),
            active: pod.active,
            containers,
        };
        let outdated_for = BTreeSet::new();
        self.pods.insert(key, Known { uid: pod.uid, scope, outdated_for, lagging, told });
    }

    /// The known pods, as the inventory should tell them.
    pub(super) fn pods(&self) -> BTreeMap<(String, String), Told> {
        self.pods.iter().map(|(key, known)| (key.clone(), known.told.clone())).collect()
    }

    /// The images that have a user, by reference.
    pub(super) fn images(&self) -> BTreeSet<String> {
        let pods = self.pods.values();
        pods.flat_map(|known| &known.told.containers).map(|container| container.reference.clone()).collect()
    }

    /// Whether the pod names the image.
    pub(super) fn uses(&self, namespace: &str, name: &str, image: &str) -> bool {
        let known = self.pods.get(&(namespace.to_owned(), name.to_owned()));
        known.is_some_and(|known| known.told.containers.iter().any(|c| c.reference == image))
    }

    /// Whether the pod runs the image with the digest.
    pub(super) fn runs(&self, namespace: &str, name: &str, image: &str, digest: &str) -> bool {
        let known = self.pods.get(&(namespace.to_owned(), name.to_owned()));
        let runs = |c: &ToldContainer| c.reference == image && c.digest.as_deref() == Some(digest);
        known.is_some_and(|known| known.told.containers.iter().any(runs))
    }

    /// The places of use, and whether an active pod is there.
    pub(super) fn places(&self) -> BTreeMap<Place, bool> {
        let mut places = BTreeMap::new();
        for ((namespace, _), known) in &self.pods {
            for container in &known.told.containers {
                let place = Place {
                    scope: known.told.scope.as_str().into(),
                    reference: container.reference.as_str().into(),
                    digest: container.digest.as_deref().map(Into::into),
                    reported: container.reported.as_deref().map(Into::into),
                    namespace: namespace.as_str().into(),
                    workload: known.told.workload.as_str().into(),
                    container: container.name.as_str().into(),
                    kind: container.kind,
                };
                *places.entry(place).or_insert(false) |= known.told.active;
            }
        }
        places
    }
}

/// The pods that an inventory tells.
pub(super) fn pods_of(inventory: &Inventory) -> BTreeMap<(String, String), Told> {
    let shapes: BTreeMap<_, (ShapeRow, u32)> =
        inventory.shapes().map(|(shape, pods)| (shape.id, (shape, pods))).collect();
    let mut pods_left: BTreeMap<_, u32> = shapes.iter().map(|(id, (_, pods))| (*id, *pods)).collect();
    let mut pods = BTreeMap::new();
    for (namespace, name, shape) in inventory.pods() {
        *pods_left.get_mut(&shape).expect("a shape for each pod") -= 1;
        let shape = &shapes[&shape].0;
        assert_eq!(&*shape.namespace, namespace);
        pods.insert((namespace.to_owned(), name.to_owned()), told(shape));
    }
    assert!(pods_left.values().all(|left| *left == 0), "a shape counts its pods");
    pods
}

fn told(shape: &ShapeRow) -> Told {
    let containers = shape.containers.iter().map(|container| ToldContainer {
        name: container.name.to_string(),
        kind: container.kind,
        reference: container.reference.to_string(),
        spelling: container.spelling.to_string(),
        digest: container.digest.as_ref().map(ToString::to_string),
        reported: container.reported.as_ref().map(ToString::to_string),
    });
    Told {
        scope: shape.scope.to_string(),
        workload: shape.workload.to_string(),
        active: shape.active,
        containers: containers.collect(),
    }
}
