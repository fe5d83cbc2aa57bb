//! What keeps it from its work is told where one looks: in the log, and by the pod.

use serde_json::Value;

use super::cluster::{Namespace, kubectl, until};
use crate::chart::helm::text;

/// A program that cannot begin says why once, by its log and as the last words of the container.
#[track_caller]
fn check_ends(namespace: &'static str, value: &str, expected: &str) {
    let namespace = Namespace::restricted(namespace);
    namespace.install(&["--set-json", value]).done();
    let words = until(|| {
        let status = container(&namespace.pod());
        let ended = [&status["state"]["terminated"], &status["lastState"]["terminated"]];
        let words = ended.iter().find_map(|ended| ended["message"].as_str());
        words.map(str::to_owned).ok_or_else(|| status.to_string())
    });
    let told: Vec<_> = words.lines().filter(|line| line.contains(expected)).collect();
    assert_eq!(told.len(), 1, "{words}");
    until(|| {
        // The log is that of the container of now, which may only begin.
        let (log, error) = kubectl(&["logs", "-n", namespace.0, "deployment/kimager"]).said();
        if log.contains(told[0]) { Ok(()) } else { Err(format!("{log}{error}")) }
    });
    assert_eq!(container(&namespace.pod())["ready"], false);
}

#[test]
#[ignore = "hack/e2e gives it a cluster"]
fn a_record_that_cannot_be_written_is_told() {
    let value = r#"extraArgs=["--record=/var/lib/elsewhere/images.db"]"#;
    check_ends("kimager-e2e-unwritable", value, "/var/lib/elsewhere");
}

#[test]
#[ignore = "hack/e2e gives it a cluster"]
fn an_unknown_level_is_told() {
    let value = r#"extraEnv=[{"name":"RUST_LOG","value":"loud"}]"#;
    check_ends("kimager-e2e-loud", value, "loud");
}

#[test]
#[ignore = "hack/e2e gives it a cluster"]
fn a_missing_right_is_told_and_waited_for() {
    let namespace = Namespace::restricted("kimager-e2e-forbidden");
    namespace.install(&["--set", "rbac.create=false"]).done();
    let told = until(|| {
        let pod = namespace.pod();
        let is_started = container(&pod)["started"] == true;
        let log = if is_started { namespace.log() } else { return Err(pod["status"].to_string()) };
        if log.contains("forbidden") { Ok(log) } else { Err(log) }
    });
    let told: Vec<_> = told.lines().filter(|line| line.contains("forbidden")).collect();
    assert_eq!(told.len(), 1, "it is said more than once: {told:?}");
    assert!(told[0].contains("pods") && told[0].contains("kimager-e2e-forbidden"), "{}", told[0]);
    let status = container(&namespace.pod());
    assert_eq!((&status["ready"], &status["restartCount"]), (&false.into(), &0.into()), "{status}");
}

/// The state of kimager's container.
#[track_caller]
fn container(pod: &Value) -> Value {
    let status = &pod["status"]["containerStatuses"][0];
    assert!(status.is_null() || text(&status["name"]) == "kimager", "{status}");
    status.clone()
}
