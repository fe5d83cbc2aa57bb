use std::sync::Arc;

use super::{ImageUses, uses};
use crate::answers::{Filter, Pattern};
use crate::inventory::change::{ImageId, ShapeContainer, ShapeId, ShapeRow};
use crate::inventory::{ContainerKind, Reference};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// An app container on `image`.
pub(in crate::commands::images) fn container(image: &str) -> ShapeContainer {
    ShapeContainer {
        name: "main".into(),
        kind: ContainerKind::App,
        image: ImageId(0),
        reference: Arc::clone(Reference::parse(image).text()),
        spelling: image.into(),
        digest: None,
        reported: None,
    }
}

/// Active pods of the Deployment `web`.
pub(in crate::commands::images) fn pods(
    count: u32,
    namespace: &str,
    containers: Vec<ShapeContainer>,
) -> (ShapeRow, u32) {
    let workload = "Deployment/web".into();
    let (id, scope, namespace) = (ShapeId(0), "all namespaces".into(), namespace.into());
    (ShapeRow { id, scope, namespace, workload, active: true, containers }, count)
}

fn finished((shape, count): (ShapeRow, u32)) -> (ShapeRow, u32) {
    (ShapeRow { active: false, ..shape }, count)
}

fn counted(shapes: impl IntoIterator<Item = (ShapeRow, u32)>, filter: &Filter) -> Vec<(String, u64, u64)> {
    let summary = |image: ImageUses| (image.reference.to_string(), image.pods, image.active);
    uses(shapes.into_iter(), filter).into_iter().map(summary).collect()
}

fn expected(rows: &[(&str, u64, u64)]) -> Vec<(String, u64, u64)> {
    rows.iter().map(|(name, pods, active)| ((*name).to_owned(), *pods, *active)).collect()
}

#[test]
fn two_containers_of_a_pod_on_one_image_are_one_user() {
    let shapes = [pods(3, "a", vec![container("nginx"), container("docker.io/library/nginx:latest")])];
    let images = uses(shapes.into_iter(), &Filter::default());
    assert_eq!(images.len(), 1);
    assert_eq!(images[0].pods, 3);
    assert_eq!(images[0].spellings.len(), 2);
}

#[test]
fn pods_add_up_over_shapes_and_namespaces() {
    let shapes = [
        pods(3, "a", vec![container("nginx")]),
        finished(pods(2, "b", vec![container("nginx")])),
        pods(1, "a", vec![container("redis")]),
    ];
    let rows =
        expected(&[("docker.io/library/nginx:latest", 5, 3), ("docker.io/library/redis:latest", 1, 1)]);
    assert_eq!(counted(shapes.clone(), &Filter::default()), rows);
    let images = uses(shapes.into_iter(), &Filter::default());
    let namespaces: Vec<(&str, u64)> =
        images[0].namespaces.iter().map(|(name, uses)| (&**name, uses.pods)).collect();
    assert_eq!(namespaces, [("a", 3), ("b", 2)]);
}

#[test]
fn a_filter_leaves_only_the_uses_that_it_means() {
    let init = ShapeContainer { kind: ContainerKind::Init, ..container("busybox") };
    let running = ShapeContainer { digest: Some(DIGEST.into()), ..container("nginx") };
    let shapes = || {
        [pods(2, "a", vec![container("nginx"), init.clone()]), finished(pods(1, "a", vec![running.clone()]))]
    };
    let check = |filter: Filter, rows: &[(&str, u64, u64)]| {
        assert_eq!(counted(shapes(), &filter), expected(rows), "{filter:?}");
    };
    let image = |text: &str| Some(Pattern::parse(text).unwrap());
    let (nginx, busybox) = ("docker.io/library/nginx:latest", "docker.io/library/busybox:latest");
    check(Filter::default(), &[(busybox, 2, 2), (nginx, 3, 2)]);
    check(Filter { active: true, ..Filter::default() }, &[(busybox, 2, 2), (nginx, 2, 2)]);
    check(Filter { kinds: vec![ContainerKind::Init], ..Filter::default() }, &[(busybox, 2, 2)]);
    check(Filter { image: image("nginx"), ..Filter::default() }, &[(nginx, 3, 2)]);
    check(Filter { image: image("0123456789ab"), ..Filter::default() }, &[(nginx, 1, 0)]);
    check(Filter { image: image("0123456789ab"), active: true, ..Filter::default() }, &[]);
}

#[test]
fn workloads_beyond_sixty_four_are_only_counted() {
    let workload = |number: u32| {
        let (shape, count) = pods(1, "ci", vec![container("nginx")]);
        (ShapeRow { workload: format!("Pod/{number}").into(), ..shape }, count)
    };
    let named = |most: u32| {
        let images = uses((0..most).map(workload), &Filter::default());
        images[0].namespaces["ci"].named().len()
    };
    assert_eq!(named(64), 64);
    assert_eq!(named(65), 1);
}
