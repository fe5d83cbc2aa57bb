//! What the pods of a workload look like: names, labels and owners as the real controllers give them.

use std::sync::Arc;

use super::workload::Workload;
use crate::simulation::names::{hex, number_of, template_hash};
use crate::simulation::pod::{Owner, Template};

/// The label that every pod of a workload has.
pub(super) const NAME: &str = "app.kubernetes.io/name";
/// The label that ties a Deployment's pod to its `ReplicaSet`.
pub(super) const HASH: &str = "pod-template-hash";

/// The hash of a workload's template as it is now.
pub(super) fn hash_of(workload: &Workload) -> String {
    template_hash(&format!("{} {:?} {}", workload.name, workload.containers, workload.restarts))
}

/// The pods of the `ReplicaSet` that a Deployment has for its template as it is now.
pub(super) fn of_deployment(workload: &Workload) -> Arc<Template> {
    let hash = hash_of(workload);
    let replica_set = format!("{}-{hash}", workload.name);
    let generate_name = format!("{replica_set}-");
    let labels = [(HASH, hash)];
    template(workload, generate_name, labels, Some(owner("apps/v1", "ReplicaSet", replica_set)))
}

/// The pod `NAME-0` of a `StatefulSet`.
pub(super) fn of_stateful_set(workload: &Workload) -> Arc<Template> {
    let revision = format!("{}-{}", workload.name, hash_of(workload));
    let pod = format!("{}-0", workload.name);
    let labels = [("controller-revision-hash", revision), ("statefulset.kubernetes.io/pod-name", pod)];
    let owner = owner("apps/v1", "StatefulSet", workload.name.to_owned());
    template(workload, format!("{}-", workload.name), labels, Some(owner))
}

/// The pods of a `DaemonSet`.
pub(super) fn of_daemon_set(workload: &Workload) -> Arc<Template> {
    let labels = [("controller-revision-hash", hash_of(workload)), ("pod-template-generation", "1".into())];
    let owner = owner("apps/v1", "DaemonSet", workload.name.to_owned());
    template(workload, format!("{}-", workload.name), labels, Some(owner))
}

/// The mirror of a static pod.
pub(super) fn of_static_pod(workload: &Workload, node: &str) -> Arc<Template> {
    let owner = owner("v1", "Node", node.to_owned());
    let mut template =
        Template::clone(&template(workload, String::new(), [("tier", "control-plane".into())], Some(owner)));
    let file_hash = hex(number_of(workload.name))[..32].to_owned();
    template.annotations = vec![
        ("kubernetes.io/config.hash".into(), file_hash.clone()),
        ("kubernetes.io/config.mirror".into(), file_hash),
        ("kubernetes.io/config.source".into(), "file".into()),
    ];
    template.into()
}

/// The pod of the job that a `CronJob` makes for a minute since 1970.
pub(super) fn of_cron_job(workload: &Workload, minute: i64) -> Arc<Template> {
    let job = format!("{}-{minute}", workload.name);
    let labels = [("batch.kubernetes.io/job-name", job.clone()), ("job-name", job.clone())];
    template(workload, format!("{job}-"), labels, Some(owner("batch/v1", "Job", job)))
}

/// A pod of nobody.
pub(super) fn of_bare_pod(workload: &Workload) -> Arc<Template> {
    template(workload, String::new(), [], None)
}

fn template<const N: usize>(
    workload: &Workload,
    generate_name: String,
    labels: [(&str, String); N],
    owner: Option<Owner>,
) -> Arc<Template> {
    let own = (NAME.to_owned(), workload.name.to_owned());
    let others = labels.into_iter().map(|(key, value)| (key.to_owned(), value));
    let labels = std::iter::once(own).chain(others).collect();
    let containers = workload.containers.clone();
    Arc::new(Template { generate_name, labels, annotations: Vec::new(), owner, containers })
}

fn owner(api_version: &'static str, kind: &'static str, name: String) -> Owner {
    let (high, low) = (number_of(kind), number_of(&name));
    Owner { api_version, kind, uid: u128::from(high) << 64 | u128::from(low), name }
}
