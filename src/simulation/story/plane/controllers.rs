//! The controllers: each compares what there is with what is wanted, and takes one step.

use std::sync::Arc;
use std::time::Duration;

use super::{NewPod, Plane};
use crate::simulation::pod::{Phase, Pod};
use crate::simulation::store::Store;
use crate::simulation::story::template::{self, HASH};
use crate::simulation::story::workload::{Kind, Workload};

impl Plane {
    pub(super) fn reconcile(&mut self, store: &mut Store, now: Duration) {
        let mut workloads = std::mem::take(&mut self.workloads);
        for workload in &mut workloads {
            let pods = Self::pods_of(store, workload.namespace, workload.name);
            match workload.kind {
                Kind::Deployment { replicas } => self.roll(store, workload, replicas, &pods, now),
                Kind::StatefulSet => {
                    let template = template::of_stateful_set(workload);
                    let name = format!("{}-0", workload.name);
                    self.create(store, workload, name, NewPod { template, node: None, now });
                }
                Kind::DaemonSet => self.cover_nodes(store, workload, &pods, now),
                Kind::StaticPod => self.mirror(store, workload, now),
                Kind::CronJob { .. } => self.run_jobs(store, workload, &pods, now),
                Kind::Bare => {}
            }
        }
        self.workloads = workloads;
    }

    /// A rolling update with one pod of surge and none unavailable.
    fn roll(
        &mut self,
        store: &mut Store,
        workload: &Workload,
        replicas: usize,
        pods: &[Arc<Pod>],
        now: Duration,
    ) {
        let template = template::of_deployment(workload);
        let hash = template.label(HASH);
        let (new, old): (Vec<_>, Vec<_>) = pods.iter().partition(|pod| pod.template.label(HASH) == hash);
        let surge = usize::from(!old.is_empty() && replicas > 0);
        if new.len() < replicas && pods.len() < replicas + surge {
            self.create_generated(store, workload, NewPod { template, node: None, now });
            return;
        }
        let ready = pods.iter().filter(|pod| pod.is_ready()).count();
        let may_go = |pod: &&&Arc<Pod>| ready - usize::from(pod.is_ready()) >= replicas;
        let surplus = new.len().saturating_sub(replicas);
        let unready_first = |pods: &[&Arc<Pod>]| -> Vec<Arc<Pod>> {
            let mut pods: Vec<_> = pods.iter().filter(may_go).map(|pod| Arc::clone(pod)).collect();
            pods.sort_by_key(|pod| (pod.is_ready(), pod.created));
            pods
        };
        let leaving =
            unready_first(&old).into_iter().take(1).chain(unready_first(&new).into_iter().take(surplus));
        for pod in leaving {
            self.terminate(store, &pod, now);
        }
    }

    fn cover_nodes(&mut self, store: &mut Store, workload: &Workload, pods: &[Arc<Pod>], now: Duration) {
        let is_bare = |node: &Arc<str>| !pods.iter().any(|pod| pod.node.as_ref() == Some(node));
        let nodes = self.nodes.iter().filter(|node| !node.is_lost).map(|node| Arc::clone(&node.name));
        for node in nodes.filter(is_bare).collect::<Vec<_>>() {
            let template = template::of_daemon_set(workload);
            self.create_generated(store, workload, NewPod { template, node: Some(node), now });
        }
    }

    fn mirror(&mut self, store: &mut Store, workload: &Workload, now: Duration) {
        if let Some(node) = self.nodes.first().map(|node| Arc::clone(&node.name)) {
            let template = template::of_static_pod(workload, &node);
            let name = format!("{}-{node}", workload.name);
            self.create(store, workload, name, NewPod { template, node: Some(node), now });
        }
    }

    fn run_jobs(&mut self, store: &mut Store, workload: &mut Workload, pods: &[Arc<Pod>], now: Duration) {
        let minute = self.clock(now).as_second().div_euclid(60);
        let Kind::CronJob { is_suspended: false, last_minute } = &mut workload.kind else {
            return;
        };
        if std::mem::replace(last_minute, minute) < minute {
            let template = template::of_cron_job(workload, minute);
            self.create_generated(store, workload, NewPod { template, node: None, now });
        }
        let mut done: Vec<_> = pods.iter().filter(|pod| pod.phase == Phase::Succeeded).collect();
        done.sort_by_key(|pod| pod.created);
        done.pop();
        for pod in done {
            self.terminate(store, pod, now);
        }
    }

    fn create_generated(&mut self, store: &mut Store, workload: &Workload, new: NewPod) {
        let name = self.generate(&new.template.generate_name);
        self.create(store, workload, name, new);
    }
}
