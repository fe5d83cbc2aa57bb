//! Values that are wrong are refused before anything is installed, each by its name.

use super::helm::{CHART, plane};

#[test]
fn a_wrong_value_is_refused_by_its_name() {
    const NAMESPACE: &str = "refused";
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    let before = plane.objects(&[NAMESPACE]);
    let check = |set: &str, named: &str| {
        let refused = plane.helm(&["install", "-n", NAMESPACE, "kimager", CHART, "--set", set]).refused();
        // A key that nobody knows is named in quotes, the place of another value from the root on.
        let pointer = format!("'/{}", named.replace('.', "/"));
        let is_named = refused.contains(&pointer) || refused.contains(&format!("'{named}'"));
        assert!(is_named, "{set}: {refused}");
    };
    check("replicaCount=2", "replicaCount");
    check("replicaCount=one", "replicaCount");
    check("logLevel=LOUD", "logLevel");
    check("output=yaml", "output");
    check("namespaces={good,Bad_One}", "namespaces.1");
    check("namespaces=shop", "namespaces");
    check("namespaces={a,a}", "namespaces");
    check("linger=soon", "linger");
    check("linger=5", "linger");
    check("keepFor=soon", "keepFor");
    check("keepFor=0", "keepFor");
    check("maxSize=5", "maxSize");
    check("maxSize=5TB", "maxSize");
    check("image.digest=sha256:abc", "image.digest");
    check("image.tag=a b", "image.tag");
    check("image.repository=nginx:1", "image.repository");
    check("image.pullPolicy=Sometimes", "image.pullPolicy");
    check("imagePullSecrets={secret}", "imagePullSecrets.0");
    check("extraArgs={watch}", "extraArgs.0");
    check("persistence.enabled=maybe", "persistence.enabled");
    check("persistence.size=large", "persistence.size");
    check("persistence.accessModes={ReadOnlyMany}", "persistence.accessModes.0");
    check("service.port=70000", "service.port");
    check("networkPolicy.apiServerPorts={https}", "networkPolicy.apiServerPorts.0");
    check("serviceMonitor.enabled=yes please", "serviceMonitor.enabled");
    check("serviceMonitor.interval=often", "serviceMonitor.interval");
    check("serviceMonitor.interval=0s", "serviceMonitor.interval");
    check("serviceMonitor.scrapeTimeout=10", "serviceMonitor.scrapeTimeout");
    check("serviceMonitor.labels.release=a b", "serviceMonitor.labels.release");
    check("prometheusRule.enabled=1", "prometheusRule.enabled");
    check("prometheusRule.labels.helm\\.sh/chart=other", "prometheusRule.labels");
    check("dashboard.labels.grafana_dashboard=1", "dashboard.labels.grafana_dashboard");
    check("dashboard.label=a", "label");
    check("nodeSelector.disk=1", "nodeSelector.disk");
    check("podLabels.app\\.kubernetes\\.io/name=other", "podLabels");
    check("fullnameOverride=Images", "fullnameOverride");
    check("unknown=1", "unknown");
    check("image.name=kimager", "name");
    assert_eq!(plane.objects(&[NAMESPACE]), before, "nothing was installed");
}

#[test]
fn values_are_taken_as_people_type_them() {
    let check = |set: &str, rendered: &str| {
        let manifest = plane().helm(&["template", "kimager", CHART, "--set", set]).done();
        assert!(manifest.contains(rendered), "{set}: {rendered:?} is missing in {manifest}");
    };
    check("linger=0", "- --linger=0\n");
    check("linger=1h 30m", "- --linger=1h 30m\n");
    check("logLevel=debug", "value: debug\n");
    check("logLevel=DEBUG", "value: debug\n");
    check("replicaCount=0", "replicas: 0\n");
    check("cluster.name=eu: west", "- \"--cluster-name=eu: west\"\n");
    check("image.repository=registry:5000/a/b", "image: registry:5000/a/b:");
    check("global.any=thing", "kind: Deployment\n");
}
