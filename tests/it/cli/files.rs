//! `images` and `graph` on files.

use serde_json::Value;

use super::{kimager, kimager_on, program, ran};

const PODS: &str = include_str!("../../fixtures/objects/pods.json");

#[test]
fn a_table_tells_each_image_on_a_line() {
    let expected = "\
IMAGE                 DIGEST               PODS  ACTIVE  NAMESPACES  KINDS
busybox:latest        -                       2       1  jobs,shop   app,init,ephemeral
nginx:1.27            sha256:0123456789ab     1       1  shop        app
quay.io/team/model:3  -                       1       1  shop        volume
quay.io/team/proxy:1  -                       1       1  shop        sidecar
";
    assert_eq!(kimager("images -f pods.json").done(), expected);
    assert_eq!(kimager_on(PODS, "images -f -").done(), expected);
}

#[test]
fn flags_narrow_what_counts() {
    let check = |flags: &str, expected: &[&str]| {
        let out = kimager(&format!("images -f pods.json -o name {flags}")).done();
        assert_eq!(out.lines().collect::<Vec<_>>(), expected, "{flags}");
    };
    let (busybox, nginx) = ("docker.io/library/busybox:latest", "docker.io/library/nginx:1.27");
    let (model, proxy) = ("quay.io/team/model:3", "quay.io/team/proxy:1");
    check("", &[busybox, nginx, model, proxy]);
    check("-A", &[busybox, nginx, model, proxy]);
    check("-n jobs", &[busybox]);
    check("-n jobs --active", &[]);
    check("--exclude-namespace shop", &[busybox]);
    check("--kind sidecar --kind volume", &[model, proxy]);
    check("nginx", &[nginx]);
    check("quay.io/*", &[model, proxy]);
    check("0123456789ab", &[nginx]);
    check("nginx@sha256:0123456789ab", &[nginx]);
    check("nginx:1.28", &[]);
}

#[test]
fn whatever_holds_a_pod_template_is_a_user() {
    let out = kimager("images -f templates.json -o csv").done();
    let users: Vec<(&str, &str)> = out
        .lines()
        .skip(1)
        .map(|row| {
            let values: Vec<&str> = row.split(',').collect();
            (values[0], values[10])
        })
        .collect();
    let expected = [
        ("docker.io/library/busybox:1", "pay/CronJob/backup"),
        ("docker.io/library/nginx:1.27", "shop/Rollout.argoproj.io/web"),
        (
            "docker.io/library/redis:7",
            "data/Spark.example.com/pi default/PodTemplate/plain shop/Pod/manifest",
        ),
        ("docker.io/library/spark:4", "data/Spark.example.com/pi"),
        ("quay.io/team/agent:5", "kube-system/DaemonSet/agent"),
        ("quay.io/team/api:2", "pay/Deployment/api"),
        ("quay.io/team/backup:1", "pay/CronJob/backup"),
    ];
    assert_eq!(users, expected);
    let spark = kimager("images -f templates.json -o json spark:4").done();
    let spark: Value = serde_json::from_str(&spark).expect("it is JSON");
    assert_eq!(spark["images"][0]["pods"], 1, "all templates of an object are one user");
}

#[test]
fn json_tells_the_parts_of_a_reference_and_how_far_the_answer_goes() {
    let answer: Value = serde_json::from_str(&kimager("images -f pods.json -o json -n shop nginx").done())
        .expect("it is JSON");
    assert_eq!(answer["complete"], true);
    assert_eq!(answer["scopes"][0], "namespace shop");
    let image = &answer["images"][0];
    assert_eq!(image["registry"], "docker.io");
    assert_eq!(image["repository"], "library/nginx");
    assert_eq!(image["tag"], "1.27");
    assert_eq!(image["spellings"][0], "nginx:1.27");
    assert_eq!(image["namespaces"][0]["workloads"][0], "Deployment/web");
}

#[test]
fn a_pod_that_cannot_be_read_makes_the_answer_incomplete() {
    let ran = kimager("images -f hostile.json nginx -o name");
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.out, "docker.io/library/nginx:1.27\n");
    assert!(ran.err.contains("evil/Pod/broken"), "{}", ran.err);
}

#[test]
fn hostile_text_neither_breaks_a_line_nor_reaches_the_terminal() {
    for line in [
        "images -f hostile.json",
        "images -f hostile.json -o wide",
        "images -f hostile.json -o csv",
        "images -f hostile.json -o name",
        "graph -f hostile.json",
    ] {
        let ran = kimager(line);
        let is_raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ran.out.contains(is_raw), "{line}: {}", ran.out);
        assert!(!ran.out.lines().any(|line| line.starts_with("[2021")), "{line}: {}", ran.out);
    }
    assert_eq!(kimager("images -f hostile.json -o name").out.lines().count(), 5);
    assert!(kimager("images -f hostile.json -o csv").out.contains("\n\"'=HYPERLINK"));
}

#[test]
fn an_error_shows_what_a_name_hides() {
    let ran = ran(&mut program(["images", "-f", "\u{1b}]0;x\u{7}.json"]));
    ran.refused(1, &[r"\u{1b}]0;x\u{7}.json"]);
    assert!(!ran.err.contains(|c: char| c.is_control() && c != '\n'), "{:?}", ran.err);
}

#[test]
fn a_graph_ties_pods_to_images() {
    let graph: Value =
        serde_json::from_str(&kimager("graph -f pods.json -o json").done()).expect("it is JSON");
    assert_eq!(graph["pods"].as_array().map(Vec::len), Some(2));
    let busybox = &graph["images"][0];
    assert_eq!(
        (&busybox["reference"], &busybox["weight"]),
        (&"docker.io/library/busybox:latest".into(), &2.into())
    );
    let edges = graph["edges"].as_array().expect("edges are a list");
    let heavy: Vec<&Value> = edges.iter().filter(|edge| edge["weight"] == 2).collect();
    assert_eq!(heavy.len(), 1, "init and ephemeral container tie one pod to busybox");
    assert_eq!(heavy[0]["pod"], "web-7d4b9c-x2x2x");
    assert!(kimager("graph -f pods.json").done().starts_with("graph kimager {\n"));
}

#[test]
fn a_namespace_without_pods_may_be_a_slip() {
    let ran = kimager("images -f pods.json -n shop -n shpo -o name");
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("shpo") && !ran.err.contains("shop,"), "{}", ran.err);
}

/// 15 MB of pods in 6 MB of data.
#[test]
#[cfg(target_os = "linux")]
fn a_long_list_needs_the_memory_of_one_pod() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pods.json");
    let padding = "x".repeat(10_000);
    let pods: Vec<String> = (0..1_500)
        .map(|number| {
            format!(
                r#"{{"kind":"Pod","metadata":{{"name":"p{number}","namespace":"a","annotations":{{"x":"{padding}"}}}},"spec":{{"containers":[{{"name":"a","image":"nginx"}}]}}}}"#
            )
        })
        .collect();
    let list = format!(r#"{{"kind":"List","items":[{}]}}"#, pods.join(","));
    std::fs::write(&path, list).expect("the list is written");
    let limit = "ulimit -d 6000; exec \"$@\"";
    let args = program::<&str>([]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", limit, "sh"]).arg(args.get_program()).args(["images", "-o", "csv", "-f"]).arg(&path);
    let out = ran(&mut command).done();
    assert!(out.contains(",1500,1500,"), "{out}");
}
