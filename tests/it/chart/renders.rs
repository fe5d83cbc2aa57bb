//! All that the templates can make is what an API server takes.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::configuration::chart_values;

use super::helm::{CHART, plane};

const NAMESPACE: &str = "rendered";

/// `helm template` knows no kinds but those of Kubernetes.
const KINDS: [&str; 2] = [
    "--api-versions=monitoring.coreos.com/v1/ServiceMonitor",
    "--api-versions=monitoring.coreos.com/v1/PrometheusRule",
];

/// Values that lead through every branch of the templates, and set each value somewhere.
fn renders() -> [(&'static str, Value); 5] {
    let digest = format!("sha256:{}", "0".repeat(64));
    [
        ("the defaults", json!({})),
        (
            "of everything something",
            json!({
                "image": {
                    "repository": "registry.example.com:5000/mirror/kimager",
                    "tag": "1.0",
                    "digest": digest,
                    "pullPolicy": "Always",
                },
                "imagePullSecrets": [{ "name": "mirror" }],
                "logLevel": "debug",
                "output": "json",
                "linger": "1h 30m",
                "keepFor": "1y",
                "maxSize": "2GiB",
                "cluster": { "name": "eu: \"west\" # 1" },
                "extraArgs": ["--exclude-namespace=kube-system", "--audit-every=1h"],
                "extraEnv": [
                    { "name": "HTTPS_PROXY", "value": "http://proxy:3128" },
                    { "name": "NODE", "valueFrom": { "fieldRef": { "fieldPath": "spec.nodeName" } } },
                ],
                "persistence": {
                    "enabled": true,
                    "storageClass": "fast",
                    "accessModes": ["ReadWriteOncePod"],
                    "size": "3Gi",
                    "annotations": { "helm.sh/resource-policy": "keep" },
                },
                "resources": { "limits": { "memory": "1Gi" } },
                "priorityClassName": "system-cluster-critical",
                "nodeSelector": { "kubernetes.io/os": "linux" },
                "tolerations": [{ "operator": "Exists" }],
                "affinity": { "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{ "matchExpressions": [{ "key": "disk", "operator": "Exists" }] }],
                }}},
                "labels": { "app.kubernetes.io/part-of": "platform", "team": "one" },
                "podLabels": { "team": "two", "number": "1" },
                "podAnnotations": {
                    "kubectl.kubernetes.io/default-container": "other",
                    "example.com/what": "yes",
                },
                "serviceAccount": { "name": "reader", "annotations": { "example.com/role": "reader" } },
                "service": { "port": 80, "annotations": { "example.com/what": "no" } },
                "networkPolicy": {
                    "enabled": true,
                    "apiServerPorts": [6443],
                    "from": [{ "namespaceSelector": { "matchLabels": { "name": "monitoring" } } }],
                },
                "serviceMonitor": {
                    "enabled": true,
                    "interval": "1m",
                    "scrapeTimeout": "20s",
                    "labels": { "release": "prometheus", "team": "three" },
                },
                "prometheusRule": { "enabled": true, "labels": { "release": "prometheus" } },
                "dashboard": { "enabled": true, "labels": { "grafana_dashboard": null, "dashboards": "yes" } },
                "nameOverride": "images",
                "fullnameOverride": "all-images",
            }),
        ),
        (
            "what is there already",
            json!({
                "persistence": { "enabled": true, "existingClaim": "records" },
                "serviceAccount": { "create": false },
                "rbac": { "create": false },
                "networkPolicy": { "enabled": true },
                "serviceMonitor": { "enabled": true },
                "prometheusRule": { "enabled": true },
                "dashboard": { "enabled": true },
                "resources": {},
                "maxSize": "",
                // A list with one name twice is refused.
                "extraEnv": [{ "name": "RUST_LOG", "value": "info,kimager::pod=debug" }],
            }),
        ),
        ("some namespaces", json!({ "namespaces": ["default", "kube-system"], "replicaCount": 0 })),
        (
            "a name as long as can be",
            json!({ "fullnameOverride": "n".repeat(63), "dashboard": { "enabled": true } }),
        ),
    ]
}

/// What Helm finds wrong, what the API server refuses or warns of, and fields that it does not know.
#[test]
fn whatever_is_made_is_taken_by_the_api_server_without_a_warning() {
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    let folder = tempfile::tempdir().expect("a folder");
    for (number, (name, values)) in renders().into_iter().enumerate() {
        let path = |what: &str| folder.path().join(format!("{what}-{number}.yaml")).display().to_string();
        let (values_file, manifest) = (path("values"), path("manifest"));
        // JSON is YAML.
        fs::write(&values_file, values.to_string()).expect("the values are written");
        let with = ["-n", NAMESPACE, "-f", &values_file];
        let helm = |command: &[&str]| plane.helm(&[command, &with].concat()).done();
        helm(&["lint", "--strict", CHART]);
        helm(&["install", "--dry-run=server", "kimager", CHART]);
        let whole = helm(&[&["template", "--skip-tests", "kimager", CHART][..], &KINDS].concat());
        // A trial makes no account, and a pod is refused without: the test's takes another.
        let account = ["--set", "serviceAccount.name=default"];
        let test = ["template", "--show-only", "templates/tests/images.yaml", "kimager", CHART];
        let test = helm(&[&test[..], &account, &KINDS].concat());
        fs::write(&manifest, format!("{whole}\n---\n{test}")).expect("the manifest is written");
        let applied = plane.kubectl(&["apply", "--dry-run=server", "-f", &manifest]).done();
        for kind in ["deployment.apps/", "service/", "pod/"] {
            assert!(applied.contains(kind), "{name}: no {kind} in {applied}");
        }
        for (value, kind) in [
            ("/serviceMonitor/enabled", "servicemonitor.monitoring.coreos.com/"),
            ("/prometheusRule/enabled", "prometheusrule.monitoring.coreos.com/"),
            ("/dashboard/enabled", "configmap/"),
        ] {
            let is_on = values.pointer(value).is_some_and(|on| on == true);
            assert_eq!(applied.contains(kind), is_on, "{name}: {kind} in {applied}");
        }
    }
}

#[test]
fn each_value_is_set_by_one_of_the_renders() {
    let mut set = BTreeSet::new();
    for (_, values) in renders() {
        let known = chart_values().into_iter().map(|value| value.path);
        let pointer = |path: &String| format!("/{}", path.replace('.', "/"));
        set.extend(known.filter(|path| values.pointer(&pointer(path)).is_some()));
    }
    let known: BTreeSet<_> = chart_values().into_iter().map(|value| value.path).collect();
    assert_eq!(set, known);
}
