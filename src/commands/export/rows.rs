//! Comma-separated values.

use super::images;
use super::package_url::package_url;
use crate::answers::Export;
use crate::commands::form::{Named, REFERENCE, csv, precise};
use crate::commands::text::shown;
use crate::lines::escape_prose;

/// After those of the cluster and the reference.
const TITLES: [&str; 19] = [
    "digest",
    "purl",
    "pulled",
    "first_used",
    "first_used_exact",
    "last_used",
    "last_used_exact",
    "state",
    "active",
    "certain",
    "kinds",
    "namespaces",
    "workloads",
    "from",
    "until",
    "scopes",
    "complete",
    "coarse",
    "record",
];

/// A row for each image under a row of titles. Lists within a value are parted by blanks, scopes,
/// which hold some, by semicolons.
pub(super) fn values(exports: &[Export]) -> anyhow::Result<String> {
    let rows = images(exports).map(|(export, image, reference)| {
        let kinds: Vec<&str> = image.kinds.iter().map(|kind| kind.word()).collect();
        let namespaces: Vec<String> = image.places.keys().map(|name| shown(name)).collect();
        let workloads = image.places.iter().flat_map(|(namespace, workloads)| {
            workloads.iter().map(move |workload| format!("{}/{}", shown(namespace), shown(workload)))
        });
        let scopes: Vec<String> =
            export.extent.scopes.iter().map(|scope| escape_prose(scope).to_string()).collect();
        let mut row = vec![shown(&export.extent.cluster)];
        row.extend(Named::new(REFERENCE, &image.reference).values());
        row.extend([
            image.digest.as_deref().map(shown).unwrap_or_default(),
            package_url(image, &reference).unwrap_or_default(),
            image.is_pulled().to_string(),
            precise(image.first.at),
            image.first.is_exact.to_string(),
            precise(image.last.at().unwrap_or(export.span.until)),
            image.last.is_exact().to_string(),
            image.last.word().to_owned(),
            image.is_active.to_string(),
            image.is_certain.to_string(),
            kinds.join(" "),
            namespaces.join(" "),
            workloads.collect::<Vec<_>>().join(" "),
            precise(export.span.from),
            precise(export.span.until),
            scopes.join("; "),
            export.extent.is_complete.to_string(),
            export.extent.is_coarse.to_string(),
            export.extent.record.to_string(),
        ]);
        row
    });
    csv(&[&["cluster"], &REFERENCE[..], &TITLES].concat(), rows)
}
