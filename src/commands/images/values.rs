//! Plain values for other programs: a reference a line, or comma-separated.

use super::table::workloads;
use super::uses::ImageUses;
use crate::commands::form::{self, Named, REFERENCE};
use crate::commands::text::shown;

/// After those of the reference.
const TITLES: [&str; 6] = ["digests", "pods", "active", "kinds", "namespaces", "workloads"];

/// Each normalised reference on a line, sorted; nothing else.
pub(super) fn names(images: &[ImageUses]) -> String {
    form::names(images.iter().map(|image| &**image.reference.text()))
}

/// A row for each image under a row of titles. Lists within a value are parted by blanks.
pub(super) fn csv(images: &[ImageUses]) -> anyhow::Result<String> {
    form::csv(&[&REFERENCE[..], &TITLES].concat(), images.iter().map(row))
}

fn row(image: &ImageUses) -> Vec<String> {
    let kinds: Vec<&str> = image.kinds.iter().map(|kind| kind.word()).collect();
    let mut row = Named::new(REFERENCE, image.reference.text()).values();
    row.extend([
        image.digests.iter().map(|digest| shown(digest)).collect::<Vec<_>>().join(" "),
        image.pods.to_string(),
        image.active.to_string(),
        kinds.join(" "),
        image.namespaces.keys().map(|name| shown(name)).collect::<Vec<_>>().join(" "),
        workloads(image).join(" "),
    ]);
    row
}

#[cfg(test)]
mod tests {
    use super::super::uses::tests::{container, pods};
    use super::super::uses::uses;
    use super::{csv, names};
    use crate::answers::Filter;

    #[test]
    fn names_are_normalised_references_and_nothing_else() {
        let shapes =
            [pods(2, "a", vec![container("nginx"), container("evil\nimage"), container("quay.io/a/b:1")])];
        let images = uses(shapes.into_iter(), &Filter::default());
        assert_eq!(names(&images), "docker.io/library/nginx:latest\nevil\\u{a}image\nquay.io/a/b:1\n");
        assert_eq!(names(&[]), "");
    }

    #[test]
    fn a_row_tells_an_image_in_parts() {
        let shapes = [pods(2, "a", vec![container("nginx:1,x"), container("nginx:1")])];
        let text = csv(&uses(shapes.into_iter(), &Filter::default())).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(
            rows[1],
            "docker.io/library/nginx:1,docker.io,library/nginx,1,,,2,2,app,a,a/Deployment/web"
        );
        assert_eq!(rows[2], "\"nginx:1,x\",,,,,,2,2,app,a,a/Deployment/web");
    }
}
