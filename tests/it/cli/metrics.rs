//! `/metrics` of the real program.

use super::simulated::Simulated;
use crate::http::{ask_for, free_address};
use crate::metrics::{check_documented, scrape};

/// What every family has a series of once some things have happened.
const ALL: [&str; 5] = [
    "kimager_ready 1",
    "kimager_watch_last_event_timestamp_seconds{scope=\"all namespaces\"} ",
    "kimager_watch_last_bookmark_timestamp_seconds{scope=\"all namespaces\"} ",
    "kimager_events_total{event=\"removed\"} 1",
    "kimager_event_lag_seconds_count 4",
];

#[test]
fn what_happens_is_scraped_as_it_is_documented() {
    let (mut cluster, address) = (Simulated::new(), free_address());
    cluster.create("shop/web-1", "nginx:1.29", Some(1));
    cluster.create("shop/web-2", "nginx:1.29", Some(1));
    let _watching =
        cluster.watch(&["--listen", &address.to_string(), "--metrics-images", "2"]).says("nginx:1.29");
    cluster.create("shop/job", "quay.io/team/job:7", None);
    cluster.create("ops/odd", "no \"reference\"\n", None);
    cluster.delete("shop/job");
    let text = scrape(address, &ALL);
    for line in [
        "kimager_watch_in_sight{scope=\"all namespaces\"} 1",
        "kimager_watch_events_total{type=\"applied\"} 2",
        "kimager_watch_events_total{type=\"deleted\"} 1",
        "kimager_watch_lists_total{reason=\"start\"} 1",
        "kimager_watch_lists_total{reason=\"audit\"} 0",
        "kimager_watch_decode_failures_total 0",
        "kimager_watch_gaps_total{kind=\"blind\"} 0",
        "kimager_events_total{event=\"added\"} 3",
        "kimager_events_total{event=\"pod_added\"} 4",
        "kimager_events_total{event=\"joined\"} 0",
        "kimager_images_in_use 2",
        "kimager_registry_images_in_use{registry=\"docker.io\"} 1",
        "kimager_registry_images_in_use{registry=\"*\"} 1",
        "kimager_namespace_images_in_use{namespace=\"ops\"} 1",
        "kimager_namespace_images_in_use{namespace=\"shop\"} 1",
        "kimager_pods 3",
        "kimager_image_pods{image=\"docker.io/library/nginx:1.29\"} 2",
        "kimager_image_pods{image=\"no\\\\u{20}\\\"reference\\\"\\\\u{a}\"} 1",
        "kimager_record_writable 1",
        concat!("kimager_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    check_documented(&text);
    #[cfg(feature = "cluster-tests")]
    crate::metrics::check_with_promtool(&text);

    let (head, text) =
        ask_for(address, "GET /metrics", "application/openmetrics-text; version=1.0.0").expect("an answer");
    assert!(head.contains("application/openmetrics-text; version=1.0.0; charset=utf-8"), "{head}");
    assert!(text.ends_with("\n# EOF\n"), "{text}");
}

/// What is known from the record is there before anything was listed, and gone pods are not.
#[test]
fn a_restart_begins_with_what_the_record_knows_and_counts_the_gap() {
    let (mut cluster, address) = (Simulated::new(), free_address());
    cluster.create("shop/web-1", "nginx:1.29", Some(1));
    cluster.create("shop/web-2", "nginx:1.30", Some(2));
    let flags = ["--listen", &address.to_string()];
    let watching = cluster.watch(&flags).says("nginx:1.30");
    scrape(address, &["kimager_ready 1", "kimager_images_in_use 2"]);
    watching.stop();
    cluster.delete("shop/web-1");
    let watching = cluster.watch(&flags).says("nginx:1.29");
    scrape(
        address,
        &["kimager_watch_gaps_total{kind=\"bridged\"} 1", "kimager_images_in_use 1", "kimager_pods 1"],
    );
    watching.stop();
    cluster.delete("shop/web-2");
    cluster.forget();
    let _watching = cluster.watch(&flags).says("nginx:1.30");
    scrape(
        address,
        &[
            "kimager_watch_gaps_total{kind=\"blind\"} 1",
            "kimager_watch_lists_total{reason=\"expired\"} 1",
            "kimager_images_in_use 0",
            "kimager_pods 0",
        ],
    );
}
