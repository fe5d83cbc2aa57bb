//! Differences, in each form.

use serde::Serialize;

use super::images;
use super::json::{Image, OfRecord};
use super::show::{self, joined, moved, yes_or_no};
use crate::answers::{Change, Diff, Difference};
use crate::commands::form::{self, Look, Named, REFERENCE, Reach, Table, precise};

/// A row for each difference; a column tells which are certain where not all are.
pub(super) fn table(answers: &[Diff], is_wide: bool, look: Look) -> String {
    let are_several = answers.len() > 1;
    let has_possible = rows(answers).any(|(_, change)| !change.is_certain);
    let mut titles =
        show::titles(are_several, &["CHANGE", "IMAGE", "DIGEST", "SINCE", "ACTIVE", "NAMESPACES", "KINDS"]);
    titles.extend(is_wide.then_some("WORKLOADS"));
    titles.extend(has_possible.then_some("CERTAIN"));
    let mut table = Table::new(titles);
    for (answer, change) in rows(answers) {
        let mut of_image = images::cells(&change.image, is_wide);
        if change.change == Change::Moved {
            of_image[1] = moved(&change.old_digests, &change.image.digests, is_wide);
        }
        of_image.insert(0, change.change.word().to_owned());
        let mut cells = show::cells(are_several, &answer.extent.cluster, of_image);
        cells.extend(has_possible.then(|| yes_or_no(change.is_certain)));
        table.row(cells, !change.is_certain);
    }
    table.text(&[], look)
}

fn rows(answers: &[Diff]) -> impl Iterator<Item = (&Diff, &Difference)> {
    answers.iter().flat_map(|answer| answer.changes.iter().map(move |change| (answer, change)))
}

pub(super) fn csv(answers: &[Diff]) -> anyhow::Result<String> {
    let titles =
        [&["cluster", "change", "certain"], &REFERENCE[..], &["old_digests"], &images::TITLES].concat();
    let rows = rows(answers).map(|(answer, change)| {
        let said = vec![change.change.word().to_owned(), yes_or_no(change.is_certain)];
        let said = show::cells(true, &answer.extent.cluster, said);
        let old = vec![joined(&change.old_digests)];
        [said, Named::new(REFERENCE, &change.image.reference).values(), old, images::values(&change.image)]
            .concat()
    });
    form::csv(&titles, rows)
}

#[derive(Serialize)]
pub(super) struct DiffRecord<'a> {
    #[serde(flatten)]
    reach: Reach<'a>,
    from: String,
    until: String,
    changes: Vec<ChangeThen<'a>>,
}

#[derive(Serialize)]
struct ChangeThen<'a> {
    change: &'static str,
    certain: bool,
    #[serde(flatten)]
    image: Image<'a>,
    old_digests: Vec<&'a str>,
}

impl OfRecord for DiffRecord<'_> {
    fn is_complete(&self) -> bool {
        self.reach.complete
    }
}

pub(super) fn json(answer: &Diff) -> DiffRecord<'_> {
    let Diff { from, until, extent, changes } = answer;
    let changes = changes.iter().map(|change| ChangeThen {
        change: change.change.word(),
        certain: change.is_certain,
        image: (&change.image).into(),
        old_digests: change.old_digests.iter().map(|digest| &**digest).collect(),
    });
    DiffRecord {
        reach: extent.into(),
        from: precise(*from),
        until: precise(*until),
        changes: changes.collect(),
    }
}
