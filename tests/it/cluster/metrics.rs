//! What is scraped of a watch on a real API server.

use super::kimager::Kimager;
use super::planes::shared;
use super::pods::Pod;
use crate::http::free_address;
use crate::metrics::{check_with_promtool, scrape};

#[test]
fn what_happens_in_a_real_cluster_is_scraped() {
    let (api, address) = (shared().api(), free_address().to_string());
    api.create_namespace("scraped");
    api.create_pod(Pod::new("scraped", "first").app("app", "first:1"));
    let arguments = ["-n", "scraped", "--listen", &address, "--metrics-images", "10"];
    let kimager = Kimager::start(&shared().admin_kubeconfig(), "memory", &arguments);
    kimager.wait_ready();
    let address = address.parse().expect("an address");
    scrape(address, &["kimager_images_in_use 1", "kimager_watch_lists_total{reason=\"start\"} 1"]);
    api.create_pod(Pod::new("scraped", "second").app("app", "second:1"));
    api.delete_pod("scraped", "first");
    let text = scrape(
        address,
        &[
            "kimager_ready 1",
            "kimager_watch_in_sight{scope=\"namespace scraped\"} 1",
            "kimager_events_total{event=\"added\"} 2",
            "kimager_events_total{event=\"removed\"} 1",
            "kimager_event_lag_seconds_count 3",
            "kimager_namespace_images_in_use{namespace=\"scraped\"} 1",
            "kimager_image_pods{image=\"docker.io/library/second:1\"} 1",
            "kimager_pods 1",
        ],
    );
    check_with_promtool(&text);
}
