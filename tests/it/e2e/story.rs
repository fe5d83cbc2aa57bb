//! From the installation to the uninstallation, as the README tells.

use regex::Regex;

use super::asked::plugin;
use super::cluster::{Namespace, PATIENCE, follow, get, helm, image_values, kubectl, until};
use super::images::{can_move_tags, ends_at_once, put, steady};
use crate::chart::helm::{CHART, text};
use crate::cluster::kimager::Kimager;
use crate::repository::read;

/// Where that happens what is watched.
const SHOP: &str = "kimager-e2e-shop";

#[test]
#[ignore = "hack/e2e gives it a cluster"]
fn what_happens_is_said_from_the_installation_to_an_uninstallation_without_a_trace() {
    let shop = Namespace::claim(SHOP);
    shop.make();
    let system = Namespace::claim("kimager-system");
    let install = ["install", "-n", "kimager-system", "--create-namespace", "--wait", "kimager", CHART];
    helm(&[&install[..], &["--set", &image_values()]].concat()).done();
    system.made();

    let own = text(&system.pod()["spec"]["containers"][0]["image"]).to_owned();
    let [lines, others] = commands_of_the_readme().map(|typed| follow(&typed));
    for lines in [&lines, &others] {
        // Who else runs the same image may be named.
        wait(lines, "+|image", &own, "");
    }
    drop(others);
    a_schedule_comes_and_goes(&lines, || {
        a_rollout_replaces_an_image(&lines);
        a_debug_container_counts(&lines);
        // Else hack/e2e says that this is left out.
        if can_move_tags() {
            a_tag_moves(&lines);
        }
    });
    let inside = ["exec", "-n", "kimager-system", "deploy/kimager", "--", "kimager", "history", "-n", SHOP];
    for history in [kubectl(&inside).done(), plugin(&["history", "-n", SHOP])] {
        for workload in ["CronJob/tick", "Deployment/web"] {
            assert!(history.contains(workload), "{workload} is not in\n{history}");
        }
    }

    let traces = || -> Vec<String> {
        objects().into_iter().filter(|object| object.contains("kimager-system")).collect()
    };
    assert!(traces().iter().any(|object| object.starts_with("ClusterRole ")), "nothing would be missed");
    helm(&["uninstall", "-n", "kimager-system", "kimager"]).done();
    kubectl(&["delete", "namespace", "kimager-system"]).done();
    until(|| match traces() {
        left if left.is_empty() => Ok(()),
        left => Err(format!("left: {left:?}")),
    });
    drop(shop);
}

fn a_rollout_replaces_an_image(lines: &Kimager) {
    let [first, second] = [6, 7].map(steady);
    kubectl(&["create", "deployment", "-n", SHOP, "web", &format!("--image={first}")]).done();
    wait(lines, "+|image", &first, "kimager-e2e-shop|web-");
    kubectl(&["rollout", "status", "-n", SHOP, "deployment/web"]).done();
    kubectl(&["set", "image", "-n", SHOP, "deployment/web", &format!("*={second}")]).done();
    wait(lines, "+|image", &second, "kimager-e2e-shop|web-");
    wait(lines, "-|image", &first, "kimager-e2e-shop|web-");
}

fn a_debug_container_counts(lines: &Kimager) {
    let image = steady(8);
    let pods = get(&["pods", "-n", SHOP, "--selector=app=web", "--field-selector=status.phase=Running"]);
    let pod = text(&pods["items"][0]["metadata"]["name"]);
    kubectl(&["debug", "-n", SHOP, pod, &format!("--image={image}"), "--attach=false"]).said();
    wait(lines, "+|image", &image, "kimager-e2e-shop|web-");
    kubectl(&["delete", "deployment", "-n", SHOP, "web"]).done();
    wait(lines, "-|image", &image, "kimager-e2e-shop|web-");
}

/// As where a tag was pushed again, and a further node pulled it.
fn a_tag_moves(lines: &Kimager) {
    let name = "e2e.invalid/steady:stable";
    put(name, "before");
    kubectl(&["create", "deployment", "-n", SHOP, "mover", &format!("--image={name}")]).done();
    kubectl(&["rollout", "status", "-n", SHOP, "deployment/mover"]).done();
    wait(lines, "+|image", name, "kimager-e2e-shop|mover-");
    put(name, "after");
    kubectl(&["scale", "-n", SHOP, "deployment/mover", "--replicas=2"]).done();
    let line = wait(lines, "~|image", name, "kimager-e2e-shop|mover-");
    let (before, after) = line.split_once(" -> ").expect("two digests");
    assert!(before.contains("sha256:") && after.starts_with("sha256:"), "{line}");
    kubectl(&["delete", "deployment", "-n", SHOP, "mover"]).done();
    wait(lines, "-|image", name, "kimager-e2e-shop|mover-");
}

/// A job's minute takes a minute to come, so something else is done meanwhile.
fn a_schedule_comes_and_goes(lines: &Kimager, meanwhile: impl FnOnce()) {
    let image = steady(9);
    let schedule = ["--schedule=* * * * *", &format!("--image={image}"), "--"];
    kubectl(&[&["create", "cronjob", "-n", SHOP, "tick"], &schedule[..], &ends_at_once()].concat()).done();
    meanwhile();
    wait(lines, "+|image", &image, "kimager-e2e-shop|tick-");
    kubectl(&["delete", "cronjob", "-n", SHOP, "tick"]).done();
    wait(lines, "-|image", &image, "kimager-e2e-shop|tick-");
}

/// The commands that the README tells to type to follow the log: the one of version 0.1.0, and a short one.
fn commands_of_the_readme() -> [String; 2] {
    let command = Regex::new(r"(?m)^\$ (kubectl logs .+)$").expect("an expression");
    let readme = read("README.md");
    let commands: Vec<_> = command.captures_iter(&readme).map(|hit| hit[1].to_owned()).collect();
    commands.try_into().unwrap_or_else(|commands| panic!("other commands than expected: {commands:?}"))
}

/// Waits for the line of an event, of a pod whose namespace and name begin so.
#[track_caller]
fn wait(lines: &Kimager, symbol: &str, spelling: &str, pod: &str) -> String {
    let start = format!("] [{symbol}]  {spelling}  ");
    let pod = format!("[{pod}");
    lines.wait_for_line(|line| line.contains(&start) && line.contains(&pod), PATIENCE).text
}

/// All that the cluster holds and an administrator can list: kind, namespace and name of each.
fn objects() -> Vec<String> {
    let kinds = kubectl(&["api-resources", "--verbs=list", "--output=name"]).done();
    let kinds: Vec<_> = kinds.lines().collect();
    let columns = "--output=custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name";
    // Kinds may be listable for nobody, such as those whose server is away.
    let (objects, _) = kubectl(&["get", &kinds.join(","), "-A", "--no-headers", columns]).said();
    objects.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
