//! Images at a moment, in each form.

use serde::Serialize;

use super::json::{Image, OfRecord};
use super::show::{self, bound, joined, kinds, workloads, yes_or_no};
use crate::answers::{At, ImageThen};
use crate::commands::form::{self, Look, Named, REFERENCE, Reach, Table, precise};
use crate::commands::text::{brief, digests, few};
use crate::inventory::Reference;

/// A row for each image, certain before possible; a column tells them apart where there are both.
pub(super) fn table(answers: &[At], is_wide: bool, look: Look) -> String {
    let are_several = answers.len() > 1;
    let has_possible = answers.iter().any(|answer| !answer.possible.is_empty());
    let mut titles =
        show::titles(are_several, &["IMAGE", "DIGEST", "SINCE", "ACTIVE", "NAMESPACES", "KINDS"]);
    titles.extend(is_wide.then_some("WORKLOADS"));
    titles.extend(has_possible.then_some("CERTAIN"));
    let mut table = Table::new(titles);
    for (answer, image, is_certain) in rows(answers) {
        let mut cells = show::cells(are_several, &answer.extent.cluster, cells(image, is_wide));
        cells.extend(has_possible.then(|| yes_or_no(is_certain)));
        table.row(cells, !image.is_active || !is_certain);
    }
    table.text(&[], look)
}

fn rows(answers: &[At]) -> impl Iterator<Item = (&At, &ImageThen, bool)> {
    answers.iter().flat_map(|answer| {
        let certain = answer.certain.iter().map(move |image| (answer, image, true));
        certain.chain(answer.possible.iter().map(move |image| (answer, image, false)))
    })
}

pub(super) fn cells(image: &ImageThen, is_wide: bool) -> Vec<String> {
    let mut cells = vec![
        brief(&Reference::parse(&image.reference), is_wide),
        digests(&image.digests, is_wide),
        bound(image.since),
        yes_or_no(image.is_active),
        few(image.places.keys(), is_wide),
        kinds(image).join(","),
    ];
    if is_wide {
        cells.push(workloads(image).join(","));
    }
    cells
}

pub(super) const TITLES: [&str; 7] =
    ["digests", "since", "since_exact", "active", "kinds", "namespaces", "workloads"];

pub(super) fn csv(answers: &[At]) -> anyhow::Result<String> {
    let titles = [&["cluster", "certain"], &REFERENCE[..], &TITLES].concat();
    let rows = rows(answers).map(|(answer, image, is_certain)| {
        let cluster = show::cells(true, &answer.extent.cluster, vec![yes_or_no(is_certain)]);
        [cluster, Named::new(REFERENCE, &image.reference).values(), values(image)].concat()
    });
    form::csv(&titles, rows)
}

/// The values under [`TITLES`].
pub(super) fn values(image: &ImageThen) -> Vec<String> {
    vec![
        joined(&image.digests),
        precise(image.since.at),
        yes_or_no(image.since.is_exact),
        yes_or_no(image.is_active),
        kinds(image).join(" "),
        joined(image.places.keys()),
        workloads(image).join(" "),
    ]
}

#[derive(Serialize)]
pub(super) struct AtRecord<'a> {
    #[serde(flatten)]
    reach: Reach<'a>,
    at: String,
    certain: Vec<Image<'a>>,
    possible: Vec<Image<'a>>,
}

impl OfRecord for AtRecord<'_> {
    fn is_complete(&self) -> bool {
        self.reach.complete
    }
}

pub(super) fn json(answer: &At) -> AtRecord<'_> {
    let At { asked, at: _, extent, certain, possible } = answer;
    AtRecord {
        reach: extent.into(),
        at: precise(*asked),
        certain: certain.iter().map(Image::from).collect(),
        possible: possible.iter().map(Image::from).collect(),
    }
}
