//! What a Prometheus operator is told to scrape and to alert of: one release, and no other.

use serde_json::{Value, json};

use crate::cluster::planes;
use crate::repository::assets;

use super::helm::{CHART, items, plane, text};

const OPERATOR: &str = "/apis/monitoring.coreos.com/v1/namespaces";

/// The names of the services that a `ServiceMonitor` of this name selects. It looks into its own
/// namespace alone.
fn selected_by(namespace: &str, monitor: &Value) -> Vec<String> {
    assert_eq!(monitor["spec"]["namespaceSelector"], Value::Null, "it looks into other namespaces");
    let labels = monitor["spec"]["selector"]["matchLabels"].as_object().expect("labels");
    let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={}", text(value))).collect();
    let list = ["get", "services", "-n", namespace, "-o", "name", "-l", &labels.join(",")];
    plane().kubectl(&list).done().lines().map(|name| name.replace("service/", "")).collect()
}

#[test]
fn of_two_releases_in_a_namespace_each_is_scraped_and_alerted_of_by_itself() {
    const NAMESPACE: &str = "scraped";
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    let values = "serviceMonitor.enabled=true,prometheusRule.enabled=true,networkPolicy.enabled=true,\
                  persistence.size=2G";
    for release in ["kimager", "other"] {
        plane.helm(&["install", "-n", NAMESPACE, release, CHART, "--set", values]).done();
    }
    for (name, other) in [("kimager", "other-kimager"), ("other-kimager", "kimager")] {
        let monitor = plane.object(&format!("{OPERATOR}/{NAMESPACE}/servicemonitors/{name}"));
        assert_eq!(selected_by(NAMESPACE, &monitor), [name]);
        // The operator makes the job of the service's name where nothing else is asked for.
        assert_eq!(monitor["spec"]["jobLabel"], Value::Null);
        let endpoint = &monitor["spec"]["endpoints"][0];
        assert_eq!(endpoint["path"], "/metrics");
        let service = plane.object(&format!("/api/v1/namespaces/{NAMESPACE}/services/{name}"));
        assert_eq!(service["spec"]["ports"][0]["name"], endpoint["port"]);
        let path = format!("/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies/{name}");
        let lets_in =
            json!([{ "ports": [{ "port": service["spec"]["ports"][0]["targetPort"], "protocol": "TCP" }] }]);
        assert_eq!(plane.object(&path)["spec"]["ingress"], lets_in, "a scraper is let in");

        let rule = plane.object(&format!("{OPERATOR}/{NAMESPACE}/prometheusrules/{name}"));
        let rules = rule["spec"]["groups"][0]["rules"].as_array().expect("rules");
        assert!(rules.len() >= 9, "only {} rules", rules.len());
        let own = format!("job=\"{name}\",namespace=\"{NAMESPACE}\"");
        for rule in rules {
            let expression = text(&rule["expr"]);
            assert_eq!(expression.matches('{').count(), expression.matches(&own).count(), "{expression}");
            assert!(!expression.contains(&format!("\"{other}\"")), "{expression}");
        }
        let said = rules.iter().map(|rule| text(&rule["annotations"]["description"])).collect::<String>();
        assert!(said.contains("{{ $labels.job }} in {{ $labels.namespace }}"), "{said}");
        let large = rules.iter().find(|rule| rule["alert"] == "KimagerRecordLarge").expect("an alert");
        assert!(text(&large["expr"]).ends_with("> 0.9 * 2000000000"), "{large}");
    }
}

#[test]
fn the_sidecar_of_grafana_finds_the_dashboard_as_it_is() {
    const NAMESPACE: &str = "shown";
    let plane = plane();
    plane.make_namespace(NAMESPACE);
    plane.helm(&["install", "-n", NAMESPACE, "kimager", CHART, "--set", "dashboard.enabled=true"]).done();
    let path = format!("/api/v1/namespaces/{NAMESPACE}/configmaps?labelSelector=grafana_dashboard%3D1");
    let found = items(plane.object(&path));
    assert_eq!(found.len(), 1, "{found:?}");
    let shown: Value = serde_json::from_str(text(&found[0]["data"]["kimager.json"])).expect("JSON");
    let file = crate::repository::read("chart/dashboards/kimager.json");
    assert_eq!(shown, serde_json::from_str::<Value>(&file).expect("JSON"));
}

/// Helm alone would say that there are no matches for a kind, and no value by name.
#[test]
fn a_cluster_without_the_operator_is_told_by_the_value_that_asks_for_it() {
    const NAMESPACE: &str = "default";
    let without = planes::shared();
    let helm = assets("KIMAGER_HELM_ASSETS", "hack/helm/build").join("helm");
    let check = |value: &str, kind: &str| {
        let set = format!("{value}=true");
        let expected = format!(
            "{value}: this cluster has no {kind}; install the Prometheus operator first, or leave {value} \
             false (for helm template: --api-versions monitoring.coreos.com/v1/{kind})"
        );
        let install = ["install", "-n", NAMESPACE, "kimager", CHART, "--set", &set];
        let command = &mut plane().command(&helm, &without.admin_kubeconfig(), &install);
        let refused = crate::ran::Ran::of(command).refused();
        assert!(refused.contains(&expected), "{refused}");
        let template = ["template", "kimager", CHART, "--set", &set];
        let refused = plane().helm(&template).refused();
        assert!(refused.contains(&expected), "{refused}");
        let known = format!("--api-versions=monitoring.coreos.com/v1/{kind}");
        let made = plane().helm(&[&template[..], &[&known]].concat()).done();
        assert!(made.contains(&format!("kind: {kind}\n")), "{made}");
    };
    check("serviceMonitor.enabled", "ServiceMonitor");
    check("prometheusRule.enabled", "PrometheusRule");
}

#[test]
fn a_scrape_may_not_take_longer_than_until_the_next_one() {
    let check = |interval: &str, timeout: &str, is_taken: bool| {
        let set = format!(
            "serviceMonitor.enabled=true,serviceMonitor.interval={interval},serviceMonitor.scrapeTimeout={timeout}"
        );
        let template = ["template", "kimager", CHART, "--set", &set];
        let ran = plane().helm(&[&template[..], &["-a", "monitoring.coreos.com/v1/ServiceMonitor"]].concat());
        if is_taken {
            assert!(ran.done().contains(&format!("interval: {interval}\n")), "{set}");
        } else {
            let refused = ran.refused();
            assert!(refused.contains("serviceMonitor.scrapeTimeout"), "{refused}");
        }
    };
    check("30s", "30s", true);
    check("1m", "60s", true);
    check("2m", "90s", true);
    check("30s", "31s", false);
    check("90s", "2m", false);
}
