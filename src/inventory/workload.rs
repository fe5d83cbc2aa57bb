//! The workload of a pod: its top owner, as the pod alone tells it.

/// What a pod says about where it comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// `metadata.name`
    pub name: &'a str,
    /// `metadata.generateName`, empty where there is none.
    pub generate_name: &'a str,
    /// `spec.nodeName`, empty while unscheduled.
    pub node: &'a str,
    /// `metadata.creationTimestamp` in seconds since 1970.
    pub created: i64,
    /// The owner reference with `controller: true`.
    pub controller: Option<Controller<'a>>,
    /// The label `pod-template-hash`.
    pub template_hash: Option<&'a str>,
    /// The label `rollouts-pod-template-hash` of Argo Rollouts.
    pub rollouts_hash: Option<&'a str>,
    /// Whether the annotation `kubernetes.io/config.mirror` is there.
    pub is_mirror: bool,
    /// The value of the first of the user's workload labels that is there.
    pub chosen: Option<&'a str>,
}

/// The controlling owner of a pod.
#[derive(Clone, Copy, Debug, Default)]
pub struct Controller<'a> {
    /// `apiVersion` of the owner: `v1`, `apps/v1`, `argoproj.io/v1alpha1`.
    pub api_version: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// The characters that the API server draws generated suffixes from (`k8s.io/apimachinery`,
/// `util/rand`).
const SUFFIX_ALPHABET: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The top owner of a pod as `Kind/NAME`, with the group where it is not one of Kubernetes' own.
/// No other object is read, so an owner that the pod does not name is not climbed to.
#[must_use]
pub fn workload_of(origin: &Origin<'_>) -> String {
    if let Some(chosen) = origin.chosen {
        return chosen.to_owned();
    }
    let is_owned_by_node =
        origin.controller.is_some_and(|owner| owner.kind == "Node" && group(&owner).is_none());
    if is_owned_by_node || origin.is_mirror {
        let name = match origin.node {
            "" => origin.name,
            node => without_suffix(origin.name, node).unwrap_or(origin.name),
        };
        return format!("StaticPod/{name}");
    }
    let Some(owner) = origin.controller else {
        return match origin.generate_name {
            "" => format!("Pod/{}", origin.name),
            generate_name => format!("Pod/{generate_name}*"),
        };
    };
    match (group(&owner), owner.kind) {
        (None, "ReplicaSet") => of_replica_set(&owner, origin),
        (None, "Job") => of_job(&owner, origin.created),
        (None, kind) => format!("{kind}/{}", owner.name),
        (Some(group), kind) => format!("{kind}.{group}/{}", owner.name),
    }
}

/// The group of an owner, where it is none of core, apps and batch.
fn group<'a>(owner: &Controller<'a>) -> Option<&'a str> {
    let (group, _version) = owner.api_version.split_once('/')?;
    (!matches!(group, "apps" | "batch")).then_some(group)
}

fn of_replica_set(owner: &Controller<'_>, origin: &Origin<'_>) -> String {
    let of_deployment = origin.template_hash.and_then(|hash| without_suffix(owner.name, hash));
    let of_rollout = origin.rollouts_hash.and_then(|hash| without_suffix(owner.name, hash));
    match (of_deployment, of_rollout) {
        (Some(name), _) => format!("Deployment/{name}"),
        (None, Some(name)) => format!("Rollout.argoproj.io/{name}"),
        (None, None) => format!("ReplicaSet/{}", owner.name),
    }
}

/// A `CronJob` names its Jobs after the minute they were due (`k8s.io/kubernetes`,
/// `pkg/controller/cronjob`); a minute near the pod's creation tells such a name from a chance one.
fn of_job(owner: &Controller<'_>, created: i64) -> String {
    const DAY: i64 = 24 * 60;
    let Some((stem, suffix)) = owner.name.rsplit_once('-').filter(|(stem, _)| !stem.is_empty()) else {
        return format!("Job/{}", owner.name);
    };
    let created_minute = created.div_euclid(60);
    let due = (created_minute - 7 * DAY)..=(created_minute + 60);
    if suffix.bytes().all(|b| b.is_ascii_digit())
        && suffix.parse().is_ok_and(|minute: i64| due.contains(&minute))
    {
        return format!("CronJob/{stem}");
    }
    let is_generated = suffix.len() == 5 && suffix.chars().all(|c| SUFFIX_ALPHABET.contains(c));
    if is_generated { format!("Job/{stem}-*") } else { format!("Job/{}", owner.name) }
}

/// `name` less `-suffix`, where that leaves something.
fn without_suffix<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    let stem = name.strip_suffix(suffix)?.strip_suffix('-')?;
    (!suffix.is_empty() && !stem.is_empty()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::{Controller, Origin, workload_of};

    /// 2026-11-22T20:00:00Z
    const CREATED: i64 = 1_795_377_600;

    fn owned<'a>(api_version: &'a str, kind: &'a str, name: &'a str) -> Origin<'a> {
        let controller = Some(Controller { api_version, kind, name });
        Origin {
            name: "web-7d4b9c-x2x2x",
            generate_name: "web-",
            created: CREATED,
            controller,
            ..Origin::default()
        }
    }

    #[test]
    fn a_replica_set_leads_to_its_deployment_or_rollout_by_the_hash_in_its_name() {
        let check = |hash: Option<&str>, rollouts: Option<&str>, expected: &str| {
            let origin = Origin {
                template_hash: hash,
                rollouts_hash: rollouts,
                ..owned("apps/v1", "ReplicaSet", "web-7d4b9c")
            };
            assert_eq!(workload_of(&origin), expected);
        };
        check(Some("7d4b9c"), None, "Deployment/web");
        check(None, Some("7d4b9c"), "Rollout.argoproj.io/web");
        check(None, None, "ReplicaSet/web-7d4b9c");
        check(Some("other"), None, "ReplicaSet/web-7d4b9c");
        check(Some(""), None, "ReplicaSet/web-7d4b9c");
        check(Some("web-7d4b9c"), None, "ReplicaSet/web-7d4b9c");
    }

    #[test]
    fn a_job_leads_to_its_cronjob_when_its_suffix_is_a_minute_near_the_creation() {
        let minute = CREATED / 60;
        let check = |name: &str, expected: &str| {
            assert_eq!(workload_of(&owned("batch/v1", "Job", name)), expected);
        };
        check(&format!("backup-{minute}"), "CronJob/backup");
        check(&format!("backup-{}", minute - 7 * 24 * 60), "CronJob/backup");
        check(&format!("backup-{}", minute + 60), "CronJob/backup");
        check(
            &format!("backup-{}", minute - 7 * 24 * 60 - 1),
            &format!("Job/backup-{}", minute - 7 * 24 * 60 - 1),
        );
        check(&format!("backup-{}", minute + 61), &format!("Job/backup-{}", minute + 61));
        check("backup-+29922960", "Job/backup-+29922960");
        check("migrate-x7k2d", "Job/migrate-*");
        check("migrate-x7k2a", "Job/migrate-x7k2a");
        check("migrate", "Job/migrate");
        check("-12345", "Job/-12345");
    }

    #[test]
    fn a_static_pod_loses_its_node_name() {
        let node = Origin { name: "etcd-node-1", node: "node-1", ..owned("v1", "Node", "node-1") };
        assert_eq!(workload_of(&node), "StaticPod/etcd");
        let mirror = Origin { name: "etcd-node-1", node: "node-1", is_mirror: true, ..Origin::default() };
        assert_eq!(workload_of(&mirror), "StaticPod/etcd");
        assert_eq!(workload_of(&Origin { node: "other", ..mirror }), "StaticPod/etcd-node-1");
        let nameless = Origin { name: "-node-1", ..mirror };
        assert_eq!(workload_of(&nameless), "StaticPod/-node-1", "nothing would be left");
    }

    #[test]
    fn any_other_controller_is_named_with_its_group_and_not_climbed() {
        let check = |api_version, kind, expected: &str| {
            assert_eq!(workload_of(&owned(api_version, kind, "x")), expected);
        };
        check("apps/v1", "StatefulSet", "StatefulSet/x");
        check("apps/v1", "DaemonSet", "DaemonSet/x");
        check("v1", "ReplicationController", "ReplicationController/x");
        check("tekton.dev/v1", "TaskRun", "TaskRun.tekton.dev/x");
        check("example.com/v1", "Job", "Job.example.com/x");
    }

    #[test]
    fn a_pod_of_nobody_is_itself_or_the_class_its_name_was_generated_from() {
        let bare = Origin { name: "runner-x2x2x", ..Origin::default() };
        assert_eq!(workload_of(&bare), "Pod/runner-x2x2x");
        assert_eq!(workload_of(&Origin { generate_name: "runner-", ..bare }), "Pod/runner-*");
    }

    #[test]
    fn a_label_of_the_users_choice_overrides_it_all() {
        let origin = Origin { chosen: Some("Service/hello"), ..owned("apps/v1", "ReplicaSet", "web-7d4b9c") };
        assert_eq!(workload_of(&origin), "Service/hello");
    }
}
