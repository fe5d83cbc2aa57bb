//! deploy/kimager.yaml, for those who install without Helm.

use std::path::Path;

use crate::repository::read;

use super::helm::plane;
use super::leftovers::wait_until_nothing_is_left;

const MANIFEST: &str = "deploy/kimager.yaml";

#[test]
fn the_manifest_is_what_the_chart_makes() {
    let mut made = plane().command(Path::new("hack/manifest"), Path::new(""), &[]);
    for variable in ["PATH", "KIMAGER_HELM_ASSETS"] {
        made.env(variable, std::env::var_os(variable).expect(variable));
    }
    let made = made.output().expect("hack/manifest runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let is_current = read(MANIFEST).as_bytes() == made.stdout;
    assert!(is_current, "{MANIFEST} is not what `make manifest` would write");
}

#[test]
fn the_manifest_is_applied_as_it_is_and_deleted_without_a_trace() {
    const NAMESPACE: &str = "kimager-system";
    let plane = plane();
    plane.claim_namespace(NAMESPACE);
    let before = plane.objects(&[NAMESPACE]);
    plane.kubectl(&["apply", "-f", MANIFEST]).done();
    assert_eq!(plane.pods_of(&plane.deployment(NAMESPACE, "kimager")).len(), 1);
    plane.kubectl(&["delete", "-f", MANIFEST, "--wait=false"]).done();
    wait_until_nothing_is_left(NAMESPACE, &before);
}
