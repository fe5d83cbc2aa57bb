//! What stays in rows: a table for people, values for programs.

use crate::answers::keep::{Kept, Last};
use crate::commands::form::{Look, NAME, Named, Table, csv};
use crate::commands::text::{brief, shown};
use crate::inventory::Reference;

/// The table; a wide one has digests in full and the clusters.
pub(super) fn table(kept: &[Kept], clusters: &[&str], is_wide: bool, look: Look) -> String {
    let mut titles = vec!["IMAGE", "WHY", "LAST-USED"];
    if is_wide {
        titles.push("CLUSTERS");
    }
    let mut table = Table::new(titles);
    for kept in kept {
        let mut cells = vec![brief(&Reference::parse(&kept.name), is_wide), words(kept).join(",")];
        cells.push(last_used(kept).unwrap_or_else(|| "-".to_owned()));
        if is_wide {
            let clusters = clusters_of(kept, clusters);
            cells.push(if clusters.is_empty() { "-".to_owned() } else { clusters.join(",") });
        }
        table.row(cells, kept.last != Some(Last::Still));
    }
    table.text(&[], look)
}

/// The values.
pub(super) fn values(kept: &[Kept], clusters: &[&str]) -> anyhow::Result<String> {
    let rows = kept.iter().map(|kept| {
        let mut row = Named::new(NAME, &kept.name).values();
        row.extend([
            words(kept).join(" "),
            last_used(kept).unwrap_or_default(),
            clusters_of(kept, clusters).join(" "),
        ]);
        row
    });
    csv(&[&NAME[..], &["why", "last_used", "clusters"]].concat(), rows)
}

fn words(kept: &Kept) -> Vec<&'static str> {
    kept.reasons.words().collect()
}

/// `None` where no record tells.
fn last_used(kept: &Kept) -> Option<String> {
    kept.last.map(|last| match last {
        Last::Still => "now".to_owned(),
        Last::Until(at) => format!("{at:.0}"),
    })
}

fn clusters_of(kept: &Kept, clusters: &[&str]) -> Vec<String> {
    kept.clusters.iter().filter_map(|number| clusters.get(*number)).map(|name| shown(name)).collect()
}
