//! Audits on a real API server: they are seen only where there is something to heal.

use serde_json::json;

use super::crowd::{SELECTOR, shared_crowd};
use super::kimager::{Kimager, PATIENCE};
use super::planes::shared;
use super::pods::Pod;
use super::proxy::JsonProxy;
use super::recount::first_lines;
use super::said::{fence, gist, objects, untimed};

#[test]
fn a_pod_that_comes_and_goes_while_an_audit_is_under_way_is_said() {
    let api = shared().api();
    api.create_namespace("audited");
    api.create_pod(Pod::new("audited", "stays").app("app", "stays:1"));
    api.create_pod(Pod::new("audited", "goes").app("app", "goes:1"));
    let proxy = JsonProxy::start(&shared().admin_kubeconfig());
    let kubeconfig = shared().kubeconfig_at(&proxy.url(), &json!({}));
    let arguments = ["-n", "audited", "--output", "json", "--audit-every", "1s"];
    let kimager = Kimager::start(&kubeconfig, "memory", &arguments);
    kimager.wait_ready();

    proxy.hold_audits();
    let asked = proxy.audits_beyond(0);
    api.create_pod(Pod::new("audited", "brief").app("app", "brief:1"));
    kimager.wait_for_line(|line| line.contains("\"added\"") && line.contains("brief:1"), PATIENCE);
    api.delete_pod("audited", "brief");
    kimager.wait_for_line(|line| line.contains("\"removed\"") && line.contains("brief:1"), PATIENCE);
    // The audit still lists it.
    api.delete_pod("audited", "goes");
    kimager.wait_for_line(|line| line.contains("\"removed\"") && line.contains("goes:1"), PATIENCE);
    proxy.release_audits();
    // The audit after the next begins when the one that was held is over.
    proxy.audits_beyond(asked + 1);

    let said = objects(&kimager.said_before(api, &fence("audited")));
    assert_eq!(
        gist(&said[2..]),
        ["added brief:1 watch", "removed brief:1 watch", "removed goes:1 watch"],
        "and nothing by the audits"
    );
    assert_eq!(kimager.complaints(), [""; 0]);
}

#[test]
fn audits_of_a_thousand_pods_in_pages_say_nothing() {
    let crowd = shared_crowd();
    let proxy = JsonProxy::start(&shared().admin_kubeconfig());
    let kubeconfig = shared().kubeconfig_at(&proxy.url(), &json!({}));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-l", SELECTOR, "--audit-every", "1s"]);
    kimager.wait_ready();
    let asked = proxy.audits_beyond(0);
    proxy.audits_beyond(asked + 1);
    let said = kimager.said_before(shared().api(), &fence("default").label("crowd", "yes"));
    assert_eq!(untimed(&said), first_lines(crowd));
    assert_eq!(kimager.complaints(), [""; 0]);
}
