//! A table for people.

use super::uses::ImageUses;
use crate::commands::form::{Look, Table};
use crate::commands::text::{brief, digests, few, shown};

/// The images, a row each; nothing where there are none.
pub(super) fn table(images: &[ImageUses], is_wide: bool, look: Look) -> String {
    let mut titles = vec!["IMAGE", "DIGEST", "PODS", "ACTIVE", "NAMESPACES", "KINDS"];
    if is_wide {
        titles.push("WORKLOADS");
    }
    let mut table = Table::new(titles);
    for image in images {
        table.row(cells(image, is_wide), image.active == 0);
    }
    table.text(&["PODS", "ACTIVE"], look)
}

fn cells(image: &ImageUses, is_wide: bool) -> Vec<String> {
    let kinds: Vec<&str> = image.kinds.iter().map(|kind| kind.word()).collect();
    let mut cells = vec![
        brief(&image.reference, is_wide),
        digests(&image.digests, is_wide),
        image.pods.to_string(),
        image.active.to_string(),
        few(image.namespaces.keys(), is_wide),
        kinds.join(","),
    ];
    if is_wide {
        cells.push(workloads(image).join(","));
    }
    cells
}

/// `NAMESPACE/WORKLOAD` for each.
pub(super) fn workloads(image: &ImageUses) -> Vec<String> {
    let named = image.namespaces.iter().flat_map(|(namespace, uses)| {
        uses.named().into_iter().map(move |workload| format!("{}/{}", shown(namespace), shown(workload)))
    });
    named.collect()
}

#[cfg(test)]
mod tests;
