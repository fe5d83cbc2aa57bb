use std::sync::Arc;

use super::table;
use crate::answers::Filter;
use crate::commands::form::Look;
use crate::commands::images::uses::tests::{container, pods};
use crate::commands::images::uses::{ImageUses, uses};
use crate::inventory::ContainerKind;
use crate::inventory::change::{ShapeContainer, ShapeRow};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn some_images() -> Vec<ImageUses> {
    let init = ShapeContainer { kind: ContainerKind::Init, ..container("busybox:1") };
    let running = ShapeContainer { digest: Some(DIGEST.into()), ..container("quay.io/team/app:1") };
    let pinned = container(&format!("nginx@{DIGEST}"));
    let done = {
        let (shape, count) = pods(1, "jobs", vec![container("evil\u{1b}[2J")]);
        (ShapeRow { active: false, ..shape }, count)
    };
    let many = ["b", "c", "d", "e"].map(|namespace| pods(1, namespace, vec![pinned.clone()]));
    let shapes = [pods(20, "shop", vec![init, running]), done].into_iter().chain(many);
    uses(shapes, &Filter::default())
}

#[test]
fn a_row_fits_a_line_and_hostile_text_is_visible() {
    let expected = "\
IMAGE                      DIGEST               PODS  ACTIVE  NAMESPACES  KINDS
busybox:1                  -                      20      20  shop        init
nginx@sha256:0123456789ab  -                       4       4  b,c,d,+1    app
evil\\u{1b}[2J              -                       1       0  jobs        app
quay.io/team/app:1         sha256:0123456789ab    20      20  shop        app
";
    assert_eq!(table(&some_images(), false, Look::default()), expected);
}

#[test]
fn a_wide_row_tells_all() {
    let text = table(&some_images(), true, Look::default());
    let row = text.lines().find(|line| line.starts_with("nginx")).unwrap();
    assert!(row.contains(&format!("nginx@{DIGEST}")), "{row}");
    assert!(row.ends_with("b/Deployment/web,c/Deployment/web,d/Deployment/web,e/Deployment/web"), "{row}");
    assert!(text.contains(&format!("quay.io/team/app:1  {DIGEST}")) || text.contains(DIGEST), "{text}");
}

#[test]
fn a_table_keeps_within_its_terminal() {
    for width in [20, 60, 80] {
        let text = table(&some_images(), true, Look { width: Some(width), is_coloured: false });
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(usize::from(width)), "{width}: {longest:?}\n{text}");
    }
}

#[test]
fn there_is_colour_only_where_it_is_wanted() {
    let plain = table(&some_images(), false, Look { width: Some(80), is_coloured: false });
    let coloured = table(&some_images(), false, Look { width: Some(80), is_coloured: true });
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}["));
}

#[test]
fn several_digests_are_counted() {
    let with = |digest: &str| ShapeContainer { digest: Some(Arc::from(digest)), ..container("a:1") };
    let shapes = [pods(1, "a", vec![with("sha256:a")]), pods(1, "a", vec![with("sha256:b")])];
    let images = uses(shapes.into_iter(), &Filter::default());
    assert!(table(&images, false, Look::default()).contains("  2-digests  "));
    assert!(table(&images, true, Look::default()).contains("  sha256:a,sha256:b  "));
    assert_eq!(table(&[], false, Look::default()), "");
}
