//! Many pods quickly, and churn at a rate: what benchmarks drive a watcher with.
//!
//! Pods come in workloads of 24 or more; each has a sidecar, an init and an app container, a name of
//! about 38 bytes, and as many bytes in protobuf as a real one.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior};

use super::Cluster;
use super::names::{hex, image_id, number_of, numbered_suffix, template_hash};
use super::pod::{Container, Owner, Phase, Pod, State, Template};
use super::store::Store;
use crate::inventory::ContainerKind;

const PODS_PER_WORKLOAD: usize = 24;
const NAMESPACES: usize = 100;
const NODES: usize = 200;
/// Stands for all that a real pod has and a simulated one has not: probes, environment, resources,
/// tolerations, managed fields.
const REST: &str = "simulation/rest";
/// With these a pod has about 8 kB in protobuf, as pods of production clusters do.
const REST_BYTES: usize = 7_300;
/// Events that are remembered: kube-apiserver keeps up to 102,400.
const HISTORY: usize = 100_000;
/// The version a filled cluster starts at; any will do.
const FIRST_VERSION: u64 = 1_000;

/// A generator of pods; the same arguments give the same pods.
#[derive(Debug)]
pub struct Crowd {
    workloads: Vec<Workload>,
    nodes: Vec<Arc<str>>,
    now: Timestamp,
    /// The number of the oldest pod that exists.
    oldest: usize,
    /// The number of the next pod to be created.
    next: usize,
    step: Step,
}

#[derive(Debug)]
struct Workload {
    namespace: Arc<str>,
    template: Arc<Template>,
    image_ids: Vec<Arc<str>>,
}

/// What happens next in the churn: a pod is created, runs, and the oldest one goes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Create,
    Run,
    Delete,
}

impl Cluster {
    /// A cluster of `pods` running pods that use `images` images in all, created at `now`, with the
    /// crowd that goes on from there.
    #[must_use]
    pub fn with_pods(pods: usize, images: usize, now: Timestamp) -> (Self, Crowd) {
        let mut store = Store::new(FIRST_VERSION, HISTORY);
        let mut crowd = Crowd::new(pods, images, now);
        for _ in 0..pods {
            crowd.create(&mut store);
            crowd.run_newest(&mut store);
        }
        store.forget();
        (Self::new(store), crowd)
    }
}

impl Crowd {
    /// The workloads for `pods` pods that use `images` images in all.
    #[must_use]
    fn new(pods: usize, images: usize, now: Timestamp) -> Self {
        let images = images.max(3);
        let count = (pods / PODS_PER_WORKLOAD).max(images.div_ceil(3));
        let rest = "name=value ".repeat(REST_BYTES / 11);
        Self {
            workloads: (0..count).map(|number| Workload::new(number, images, &rest)).collect(),
            nodes: (0..NODES).map(|number| format!("node-{number:03}").into()).collect(),
            now,
            oldest: 0,
            next: 0,
            step: Step::Create,
        }
    }

    /// Makes the next `changes` changes of a cluster in which pods are always being replaced.
    pub fn churn(&mut self, store: &mut Store, changes: usize) {
        for _ in 0..changes {
            self.step = match self.step {
                Step::Create => {
                    self.create(store);
                    Step::Run
                }
                Step::Run => {
                    self.run_newest(store);
                    Step::Delete
                }
                Step::Delete => {
                    let (workload, name) = self.named(self.oldest);
                    // Somebody else may have deleted it: then there is nothing to do.
                    let _ = store.delete(&workload.namespace, &name);
                    self.oldest += 1;
                    Step::Create
                }
            };
        }
    }

    /// Makes `per_second` changes a second to `cluster`, until it is dropped.
    pub async fn churn_for_ever(&mut self, cluster: &Cluster, per_second: u32) {
        let began = Instant::now();
        let mut interval = tokio::time::interval(Duration::from_millis(5));
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut done = 0_u128;
        loop {
            interval.tick().await;
            let due = began.elapsed().as_millis() * u128::from(per_second) / 1_000;
            let changes = usize::try_from(due - done).unwrap_or(usize::MAX);
            cluster.with(|store| self.churn(store, changes));
            done = due;
        }
    }

    fn named(&self, number: usize) -> (&Workload, String) {
        let workload = &self.workloads[number % self.workloads.len()];
        let suffix = numbered_suffix(number / self.workloads.len());
        (workload, format!("{}{suffix}", workload.template.generate_name))
    }

    fn create(&mut self, store: &mut Store) {
        let (workload, name) = self.named(self.next);
        let uid = u128::from(number_of(&name)) << 64 | self.next as u128;
        let pod = Pod::new(&workload.namespace, name, uid, self.now, &workload.template);
        // Names are unique until fourteen million pods of a workload have been.
        let _ = store.create(pod);
        self.next += 1;
    }

    fn run_newest(&self, store: &mut Store) {
        let number = self.next - 1;
        let (workload, name) = self.named(number);
        // As above: another change may have removed the pod.
        let _ = store.patch(&workload.namespace, &name, |pod| {
            pod.node = Some(Arc::clone(&self.nodes[number % self.nodes.len()]));
            pod.phase = Phase::Running;
            for (at, (status, image_id)) in pod.statuses.iter_mut().zip(&workload.image_ids).enumerate() {
                status.image_id = Arc::clone(image_id);
                status.container = Some((number * workload.image_ids.len() + at) as u64);
                status.state = if at == 0 { State::Terminated(self.now) } else { State::Running(self.now) };
                status.is_ready = true;
            }
        });
    }
}

impl Workload {
    fn new(number: usize, images: usize, rest: &str) -> Self {
        let name = format!("storefront-api-{number:05}");
        let hash = template_hash(&name);
        let kinds = [ContainerKind::Init, ContainerKind::Sidecar, ContainerKind::App];
        let containers = kinds.iter().enumerate().map(|(at, kind)| {
            let image = (number * kinds.len() + at) % images;
            let image =
                format!("registry.example.com/team-{:02}/service-{image}:1.{}.0", image % 50, image % 7);
            Container::new(["migrate", "proxy", "server"][at], *kind, &image)
        });
        let containers: Vec<Container> = containers.collect();
        let image_ids = containers.iter().map(|container| image_id(&container.image, 0).into()).collect();
        let replica_set = format!("{name}-{hash}");
        let template = Template {
            generate_name: format!("{replica_set}-"),
            labels: vec![
                ("app.kubernetes.io/name".into(), name),
                ("pod-template-hash".into(), hash),
                ("topology.example.com/cell".into(), hex(number as u64)[..8].to_owned()),
            ],
            annotations: vec![(REST.into(), rest.into())],
            owner: Some(Owner {
                api_version: "apps/v1",
                kind: "ReplicaSet",
                uid: u128::from(number_of(&replica_set)),
                name: replica_set,
            }),
            containers,
        };
        let namespace = format!("team-{:03}", number % NAMESPACES).into();
        Self { namespace, template: Arc::new(template), image_ids }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use crate::simulation::Cluster;

    #[test]
    fn a_crowd_has_the_pods_and_images_that_were_asked_for_and_churn_keeps_their_number() {
        let (cluster, mut crowd) = Cluster::with_pods(240, 30, Timestamp::UNIX_EPOCH);
        cluster.with(|store| {
            let images: BTreeSet<&str> = store
                .pods(None)
                .flat_map(|pod| &pod.template.containers)
                .map(|container| &*container.image)
                .collect();
            assert_eq!((store.len(), images.len()), (240, 30));
            assert!(store.pods(None).all(|pod| pod.is_ready() && (36..=40).contains(&pod.name.len())));

            let before = store.version();
            crowd.churn(store, 240 * 3);
            assert_eq!((store.len(), store.version()), (240, before + 720));
            let oldest_is_gone = store.pods(None).all(|pod| pod.uid & u128::from(u64::MAX) >= 240);
            assert!(oldest_is_gone);
        });
    }

    #[tokio::test(start_paused = true)]
    async fn churn_keeps_its_rate() {
        let (cluster, mut crowd) = Cluster::with_pods(30, 3, Timestamp::UNIX_EPOCH);
        let before = cluster.with(|store| store.version());
        let second = std::time::Duration::from_secs(1);
        let _ = tokio::time::timeout(second, crowd.churn_for_ever(&cluster, 8_000)).await;
        let changes = cluster.with(|store| store.version()) - before;
        assert!((7_900..=8_000).contains(&changes), "{changes}");
    }
}
