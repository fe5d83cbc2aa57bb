//! A control plane in one: controllers that make pods, a scheduler that places them, the kubelets
//! that run them, and what removes them in the end.

mod controllers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use super::registry::Registry;
use super::template::{self, NAME};
use super::workload::{Kind, Workload};
use super::{cast, kubelet};
use crate::simulation::names::suffix;
use crate::simulation::pod::{Pod, Template};
use crate::simulation::store::Store;

/// The cluster's clock runs this much faster than the story is told.
const SPEED: i32 = 10;
/// Between a pod's deletion and its end.
const GRACE: Duration = Duration::from_millis(400);
/// Between the loss of a node and the end of its pods.
const LOST: Duration = Duration::from_secs(3);
const SCHEDULING: Duration = Duration::from_millis(100);

/// All that runs the cluster.
#[derive(Debug)]
pub(super) struct Plane {
    pub(super) workloads: Vec<Workload>,
    pub(super) registry: Registry,
    nodes: Vec<Node>,
    rng: Rng,
    began: Timestamp,
    /// By uid: the version of a pod, and when it was first seen.
    seen: BTreeMap<u128, (u64, Duration)>,
}

#[derive(Debug)]
struct Node {
    name: Arc<str>,
    is_lost: bool,
}

impl Plane {
    pub(super) fn new(seed: u64, began: Timestamp) -> Self {
        Self {
            workloads: cast::workloads(),
            registry: Registry::default(),
            nodes: cast::NODES.map(|name| Node { name: name.into(), is_lost: false }).into(),
            rng: Rng::with_seed(seed),
            began,
            seen: BTreeMap::new(),
        }
    }

    /// What the cluster's clock shows, in whole seconds as the API writes it.
    pub(super) fn clock(&self, now: Duration) -> Timestamp {
        let seconds = i64::try_from(now.as_millis()).unwrap_or(i64::MAX).saturating_mul(SPEED.into()) / 1_000;
        let shown = self.began.as_second().saturating_add(seconds);
        Timestamp::from_second(shown).unwrap_or(Timestamp::MAX)
    }

    /// Does all that is due at `now`.
    pub(super) fn step(&mut self, store: &mut Store, now: Duration) {
        self.reconcile(store, now);
        let pods: Vec<Arc<Pod>> = store.pods(None).map(Arc::clone).collect();
        let mut seen = BTreeMap::new();
        for pod in pods {
            let since = self.seen.get(&pod.uid).filter(|(version, _)| *version == pod.version);
            let since = since.map_or(now, |&(_, since)| since);
            seen.insert(pod.uid, (pod.version, since));
            self.serve(store, &pod, now, now.saturating_sub(since));
        }
        self.seen = seen;
    }

    /// Does what is due for one pod that nothing has happened to since `waited`.
    fn serve(&mut self, store: &mut Store, pod: &Pod, now: Duration, waited: Duration) {
        let is_lost = self.nodes.iter().any(|node| node.is_lost && Some(&node.name) == pod.node.as_ref());
        if pod.deleted.is_some() {
            if waited >= if is_lost { LOST } else { GRACE } {
                // The pod was there a moment ago and nobody else removes any.
                let _ = store.delete(&pod.namespace, &pod.name);
            }
        } else if is_lost {
            self.terminate(store, pod, now);
        } else if pod.node.is_none() {
            if waited >= SCHEDULING {
                self.schedule(store, pod);
            }
        } else if waited <= kubelet::LONGEST_WAIT {
            let clock = self.clock(now);
            let Self { registry, rng, .. } = self;
            let advance = |pod: &mut Pod| kubelet::advance(pod, waited, clock, registry, rng);
            let _ = store.patch(&pod.namespace, &pod.name, advance);
        }
    }

    /// To the node with the fewest pods of its workload, and among those the fewest of all.
    fn schedule(&self, store: &mut Store, pod: &Pod) {
        let load = |node: &Node| {
            let own = |other: &&Arc<Pod>| other.node.as_ref() == Some(&node.name);
            let like = |other: &&Arc<Pod>| {
                other.namespace == pod.namespace && other.template.label(NAME) == pod.template.label(NAME)
            };
            (store.pods(None).filter(own).filter(like).count(), store.pods(None).filter(own).count())
        };
        let node = self.nodes.iter().filter(|node| !node.is_lost).min_by_key(|node| load(node));
        if let Some(name) = node.map(|node| Arc::clone(&node.name)) {
            let _ = store.patch(&pod.namespace, &pod.name, |pod| pod.node = Some(name));
        }
    }

    /// A name that the API server would generate.
    pub(super) fn generate(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", suffix(&mut self.rng))
    }

    /// Creates a pod; it begins where `node` says, or where the scheduler puts it.
    fn create(&mut self, store: &mut Store, workload: &Workload, name: String, new: NewPod) {
        let uid = self.rng.u128(..);
        let mut pod = Pod::new(&workload.namespace.into(), name, uid, self.clock(new.now), &new.template);
        pod.node = new.node;
        // Of a name that is taken there is a pod already, which is what was wanted.
        let _ = store.create(pod);
    }

    /// Creates the pod of nobody that a scene names, on the second node.
    pub(super) fn create_bare(&mut self, store: &mut Store, path: &str, now: Duration) {
        let found = self.workloads.iter().find(|workload| workload.is(path) && workload.kind == Kind::Bare);
        if let Some(workload) = found.cloned() {
            let template = template::of_bare_pod(&workload);
            let node = self.nodes.get(1).map(|node| Arc::clone(&node.name));
            self.create(store, &workload, workload.name.to_owned(), NewPod { template, node, now });
        }
    }

    /// Says that a pod is to end.
    pub(super) fn terminate(&self, store: &mut Store, pod: &Pod, now: Duration) {
        let clock = self.clock(now);
        let _ = store.patch(&pod.namespace, &pod.name, |pod| {
            pod.deleted.get_or_insert(clock);
        });
    }

    /// Takes a node away, or brings it back.
    pub(super) fn set_lost(&mut self, node: &str, is_lost: bool) {
        for node in self.nodes.iter_mut().filter(|own| *own.name == *node) {
            node.is_lost = is_lost;
        }
    }

    /// The workload that a scene names, if the cast has it.
    pub(super) fn workload(&mut self, path: &str) -> Option<&mut Workload> {
        self.workloads.iter_mut().find(|workload| workload.is(path))
    }

    /// The pods of a workload that are not about to end, by key.
    pub(super) fn pods_of(store: &Store, namespace: &str, name: &str) -> Vec<Arc<Pod>> {
        let is_own = |pod: &&Arc<Pod>| pod.deleted.is_none() && pod.template.label(NAME) == Some(name);
        store.pods(Some(namespace)).filter(is_own).map(Arc::clone).collect()
    }
}

/// What a pod is created from.
struct NewPod {
    template: Arc<Template>,
    node: Option<Arc<str>>,
    now: Duration,
}
