//! The control plane itself: it starts, holds pods, and is gone afterwards.

use super::control_plane::shared;
use super::pods::Pod;

#[test]
fn a_control_plane_holds_a_thousand_pods() {
    let api = shared().api();
    api.create_namespace("smoke");
    let pods = (0..1_000).map(|number| Pod::new("smoke", &format!("pod-{number}")).app("app", "nginx:1"));
    api.create_pods(pods);
    assert_eq!(api.pods("smoke").len(), 1_000);
}
