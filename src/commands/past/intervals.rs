//! Histories, in each form.

use serde::Serialize;

use super::json::OfRecord;
use super::show::{self, bound, digest, second, yes_or_no};
use crate::answers::{End, History, Interval};
use crate::commands::form::{self, Look, Named, REFERENCE, Reach, Table, precise};
use crate::commands::text::{brief, shown};
use crate::inventory::Reference;
use crate::inventory::change::{Event, Happening, ImageEvent, Place};
use crate::lines::json_event;
use crate::record::past::Active;

/// A row for each place of use, then a row for each event.
pub(super) fn table(answers: &[History], is_wide: bool, look: Look) -> String {
    let tables = [uses(answers, is_wide, look), events(answers, is_wide, look)];
    tables.into_iter().filter(|table| !table.is_empty()).collect::<Vec<_>>().join("\n")
}

fn uses(answers: &[History], is_wide: bool, look: Look) -> String {
    let are_several = answers.len() > 1;
    let titles = ["IMAGE", "DIGEST", "SINCE", "UNTIL", "USES", "NAMESPACE", "WORKLOAD"];
    let mut titles = show::titles(are_several, &titles);
    titles.extend(["CONTAINER", "KIND", "ACTIVE"].into_iter().filter(|_| is_wide));
    let mut table = Table::new(titles);
    for (answer, place, intervals) in rows(answers) {
        let last = intervals.iter().map(|interval| interval.end).reduce(End::later);
        let (Some(first), Some(last)) = (intervals.first(), last) else { continue };
        let uses: u64 = intervals.iter().map(|interval| u64::from(interval.runs)).sum();
        let mut cells = vec![
            brief(&Reference::parse(&place.reference), is_wide),
            digest(place.digest.as_deref(), is_wide),
            bound(first.since),
            until(last),
            uses.to_string(),
            shown(&place.namespace),
            shown(&place.workload),
        ];
        let was_active = intervals.iter().any(|interval| interval.active != Active::Never);
        if is_wide {
            cells.extend([shown(&place.container), place.kind.word().to_owned(), yes_or_no(was_active)]);
        }
        table.row(show::cells(are_several, &answer.extent.cluster, cells), last != End::Used);
    }
    table.text(&["USES"], look)
}

/// `-` while it is used, `>=` before the time when it was last seen.
fn until(end: End) -> String {
    match end {
        End::Ended(ended) => bound(ended),
        End::LastSeen(last) => format!(">={}", second(last)),
        End::Used => "-".to_owned(),
    }
}

fn rows(answers: &[History]) -> impl Iterator<Item = (&History, &Place, &[Interval])> {
    answers.iter().flat_map(|answer| {
        let mut places: Vec<(&Place, &[Interval])> =
            answer.uses.iter().map(|(place, intervals)| (place, &**intervals)).collect();
        let since = |intervals: &[Interval]| intervals.first().map(|first| first.since);
        places.sort_by(|(a, a_intervals), (b, b_intervals)| {
            (&a.reference, since(a_intervals)).cmp(&(&b.reference, since(b_intervals)))
        });
        places.into_iter().map(move |(place, intervals)| (answer, place, intervals))
    })
}

fn events(answers: &[History], is_wide: bool, look: Look) -> String {
    let are_several = answers.len() > 1;
    let mut titles = show::titles(are_several, &["TIME", "EVENT", "IMAGE", "DIGEST", "POD"]);
    titles.extend(["NOT-BEFORE", "ID"].into_iter().filter(|_| is_wide));
    let mut table = Table::new(titles);
    for (answer, entry) in
        answers.iter().flat_map(|answer| answer.events.iter().map(move |one| (answer, one)))
    {
        let Event::Image(ImageEvent { happening, image, user, digest: new, .. }) = &entry.event else {
            continue;
        };
        let is_unseen = entry.not_before.is_some() || entry.not_after.is_some();
        let new = digest(new.as_deref(), is_wide);
        let digests = match happening {
            Happening::Moved { old, .. } => format!("{}->{new}", digest(Some(old), is_wide)),
            _ => new,
        };
        let mut cells = vec![
            format!(
                "{}{}",
                if is_unseen { "<=" } else { "" },
                second(entry.not_after.unwrap_or(entry.observed))
            ),
            happening.word().to_owned(),
            brief(image, is_wide),
            digests,
            format!("{}/{}", shown(&user.namespace), shown(&user.pod)),
        ];
        if is_wide {
            cells.extend([entry.not_before.map_or("-".to_owned(), second), entry.id.to_string()]);
        }
        table.row(show::cells(are_several, &answer.extent.cluster, cells), false);
    }
    table.text(&[], look)
}

const TITLES: [&str; 12] = [
    "digest",
    "namespace",
    "workload",
    "container",
    "kind",
    "since",
    "since_exact",
    "until",
    "until_exact",
    "state",
    "active_until",
    "uses",
];

/// A row for each interval of use.
pub(super) fn csv(answers: &[History]) -> anyhow::Result<String> {
    let titles = [&["cluster"], &REFERENCE[..], &TITLES].concat();
    let rows = rows(answers).flat_map(|(answer, place, intervals)| {
        let cluster = show::cells(true, &answer.extent.cluster, Vec::new());
        let start = [cluster, Named::new(REFERENCE, &place.reference).values(), of_place(place)].concat();
        intervals.iter().map(move |interval| [start.clone(), of_interval(*interval)].concat())
    });
    form::csv(&titles, rows)
}

fn of_place(place: &Place) -> Vec<String> {
    let digest = place.digest.as_deref().map(shown).unwrap_or_default();
    let Place { namespace, workload, container, kind, .. } = place;
    vec![digest, shown(namespace), shown(workload), shown(container), kind.word().to_owned()]
}

fn of_interval(interval: Interval) -> Vec<String> {
    let Interval { since, end, active, runs } = interval;
    let active_until = match active {
        Active::Until(until) => precise(until),
        Active::Never | Active::Still => String::new(),
    };
    vec![
        precise(since.at),
        yes_or_no(since.is_exact),
        end.at().map(precise).unwrap_or_default(),
        yes_or_no(end.is_exact()),
        end.word().to_owned(),
        active_until,
        runs.to_string(),
    ]
}

#[derive(Serialize)]
pub(super) struct HistoryRecord<'a, E> {
    #[serde(flatten)]
    reach: Reach<'a>,
    since: String,
    until: String,
    uses: Vec<UseThen<'a>>,
    /// As the JSON lines have them.
    events: Vec<E>,
}

#[derive(Serialize)]
struct UseThen<'a> {
    #[serde(flatten)]
    named: Named<'a>,
    /// `null` where none was told: it was never pulled there.
    digest: Option<&'a str>,
    namespace: &'a str,
    workload: &'a str,
    container: &'a str,
    kind: &'static str,
    intervals: Vec<IntervalThen>,
}

#[derive(Serialize)]
struct IntervalThen {
    since: String,
    since_exact: bool,
    /// `null` while it is used; when it was last seen where its end is not known.
    until: Option<String>,
    until_exact: bool,
    state: &'static str,
    /// Whether it ever had an active pod.
    active: bool,
    /// `null` while it has one.
    active_until: Option<String>,
    uses: u32,
}

impl<E: Serialize> OfRecord for HistoryRecord<'_, E> {
    fn is_complete(&self) -> bool {
        self.reach.complete
    }
}

pub(super) fn json(answer: &History) -> HistoryRecord<'_, impl Serialize> {
    let uses = rows(std::slice::from_ref(answer)).map(|(_, place, intervals)| UseThen {
        named: Named::new(REFERENCE, &place.reference),
        digest: place.digest.as_deref(),
        namespace: &place.namespace,
        workload: &place.workload,
        container: &place.container,
        kind: place.kind.word(),
        intervals: intervals.iter().copied().map(IntervalThen::from).collect(),
    });
    HistoryRecord {
        reach: (&answer.extent).into(),
        since: precise(answer.span.from),
        until: precise(answer.span.until),
        uses: uses.collect(),
        events: answer.events.iter().map(|entry| json_event(entry, &answer.extent.cluster)).collect(),
    }
}

impl From<Interval> for IntervalThen {
    fn from(interval: Interval) -> Self {
        let Interval { since, end, active, runs } = interval;
        let active_until = match active {
            Active::Until(until) => Some(precise(until)),
            Active::Never | Active::Still => None,
        };
        Self {
            since: precise(since.at),
            since_exact: since.is_exact,
            until: end.at().map(precise),
            until_exact: end.is_exact(),
            state: end.word(),
            active: active != Active::Never,
            active_until,
            uses: runs,
        }
    }
}
