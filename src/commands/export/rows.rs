//! Comma-separated values.

use super::images;
use super::package_url::package_url;
use crate::answers::{Export, Last};
use crate::commands::form::{Named, REFERENCE, csv};
use crate::commands::text::shown;

/// After those of the cluster and the reference.
const TITLES: [&str; 9] =
    ["digest", "purl", "first_used", "last_used", "certain", "kinds", "namespaces", "workloads", "complete"];

/// A row for each image under a row of titles. Lists within a value are parted by blanks.
pub(super) fn values(exports: &[Export]) -> anyhow::Result<String> {
    let rows = images(exports).map(|(export, image, reference)| {
        let kinds: Vec<&str> = image.kinds.iter().map(|kind| kind.word()).collect();
        let namespaces: Vec<String> = image.places.keys().map(|name| shown(name)).collect();
        let workloads = image.places.iter().flat_map(|(namespace, workloads)| {
            workloads.iter().map(move |workload| format!("{}/{}", shown(namespace), shown(workload)))
        });
        let mut row = vec![shown(&export.extent.cluster)];
        row.extend(Named::new(REFERENCE, &image.reference).values());
        row.extend([
            image.digest.as_deref().map(shown).unwrap_or_default(),
            package_url(image, &reference).unwrap_or_default(),
            image.first.to_string(),
            match image.last {
                Last::Until(at) => at.to_string(),
                Last::Still => "now".to_owned(),
            },
            image.is_certain.to_string(),
            kinds.join(" "),
            namespaces.join(" "),
            workloads.collect::<Vec<_>>().join(" "),
            export.extent.is_complete.to_string(),
        ]);
        row
    });
    csv(&[&["cluster"], &REFERENCE[..], &TITLES].concat(), rows)
}
