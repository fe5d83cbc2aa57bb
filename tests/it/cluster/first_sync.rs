//! A first start says each image that is in use, once and in order, whatever way the server takes
//! to tell the pods.

use serde_json::{Value, json};

use super::api::Api;
use super::crowd::{SELECTOR, gather, shared_crowd};
use super::kimager::Kimager;
use super::planes::{shared, without_watch_lists};
use super::proxy::JsonProxy;
use super::recount::first_lines;
use super::said::{fence, untimed};

/// The lines of a first start among the crowd are those of a plain count; nothing else is said.
#[track_caller]
fn check(kimager: &Kimager, api: &Api, crowd: &[Value]) {
    let expected = first_lines(crowd);
    let said = kimager.said_before(api, &fence("default").label("crowd", "yes"));
    assert_eq!(untimed(&said), expected);
    assert!(expected.len() > 100, "many images: {}", expected.len());
}

#[test]
fn a_thousand_pods_are_a_line_an_image_sorted_and_nothing_else() {
    let crowd = shared_crowd();
    let kimager = Kimager::start(&shared().admin_kubeconfig(), "memory", &["-l", SELECTOR]);
    check(&kimager, shared().api(), crowd);
    assert_eq!(kimager.stderr().len(), 2, "where it watches, and that it is ready: {:?}", kimager.stderr());
}

#[test]
fn json_where_protobuf_does_not_come_through_makes_the_same_lines() {
    let crowd = shared_crowd();
    let proxy = JsonProxy::start(&shared().admin_kubeconfig());
    let kubeconfig = shared().kubeconfig_at(&proxy.url(), &json!({}));
    let kimager = Kimager::start(&kubeconfig, "memory", &["-l", SELECTOR]);
    check(&kimager, shared().api(), crowd);
    assert!(proxy.turned_to_json());
}

#[test]
fn a_server_that_streams_no_lists_is_read_in_pages_and_makes_the_same_lines() {
    let plane = without_watch_lists();
    let crowd = gather(plane.api());
    let kimager = Kimager::start(&plane.admin_kubeconfig(), "memory", &["-l", SELECTOR]);
    let ready = kimager.wait_ready().text;
    assert!(ready.ends_with(&format!(" images in use by {} pods", crowd.len())), "{ready}");
    check(&kimager, plane.api(), &crowd);

    let told = kimager.complaints();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(" WARN ] ") && told[0].contains("sendInitialEvents"), "{told:?}");
}
