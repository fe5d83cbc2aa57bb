//! The rows of a record as they go over HTTP: one JSON object a line, told in docs/api.md.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::inventory::ContainerKind;
use crate::record::past::{About, Active, Healed, Seen, Start, Use};

mod event;

pub use event::EventRow;

/// One line of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row<'a> {
    /// What the record says of itself; the first line of each answer.
    #[serde(borrow)]
    About(AboutRow<'a>),
    /// A start of the program.
    #[serde(borrow)]
    Start(StartRow<'a>),
    /// A time during which a scope was seen.
    #[serde(borrow)]
    Seen(SeenRow<'a>),
    /// An interval of use.
    #[serde(borrow)]
    Use(UseRow<'a>),
    /// A stored event, as `--output json` says it, which is how it is written.
    #[serde(borrow, skip_serializing)]
    Event(Box<EventRow<'a>>),
    /// The record could not be read to the end.
    Failed(String),
    /// The last line, with the number of those between it and the first. An answer without is not whole.
    End(u64),
}

/// A row that cannot be what kimager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a row holds the word or the number {0}, which is none that is known; is that kimager newer?")]
pub(super) struct RowError(pub(super) &'static str);

/// Texts that many rows have in common.
#[derive(Debug, Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

impl Texts {
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.0.get(text) {
            return Arc::clone(shared);
        }
        let shared: Arc<str> = text.into();
        self.0.insert(Arc::clone(&shared));
        shared
    }
}

/// [`About`] as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the others are those of `About`")]
pub struct AboutRow<'a> {
    /// By which further questions are answered of the same moment.
    #[serde(borrow)]
    pub reading: Cow<'a, str>,
    #[serde(borrow)]
    pub record: Cow<'a, str>,
    #[serde(borrow)]
    pub cluster: Cow<'a, str>,
    pub pruned_until: Option<Timestamp>,
    pub coarse_until: Option<Timestamp>,
}

impl<'a> AboutRow<'a> {
    /// What the record says of itself in a reading.
    #[must_use]
    pub fn new(about: &'a About, reading: &'a str) -> Self {
        let About { record, cluster, pruned_until, coarse_until } = about;
        Self {
            reading: Cow::Borrowed(reading),
            record: Cow::Borrowed(record),
            cluster: Cow::Borrowed(cluster),
            pruned_until: *pruned_until,
            coarse_until: *coarse_until,
        }
    }
}

impl From<AboutRow<'_>> for About {
    fn from(row: AboutRow<'_>) -> Self {
        let AboutRow { reading: _, record, cluster, pruned_until, coarse_until } = row;
        Self { record: (*record).into(), cluster: cluster.into_owned(), pruned_until, coarse_until }
    }
}

/// [`Start`] as a row.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they are those of `Start`")]
pub struct StartRow<'a> {
    pub number: u64,
    pub at: Timestamp,
    pub epoch: u64,
    #[serde(borrow)]
    pub scopes: Vec<Cow<'a, str>>,
}

impl<'a> From<&'a Start> for StartRow<'a> {
    fn from(start: &'a Start) -> Self {
        let Start { number, at, epoch, scopes } = start;
        let scopes = scopes.iter().map(|scope| Cow::Borrowed(&**scope)).collect();
        Self { number: *number, at: *at, epoch: *epoch, scopes }
    }
}

impl StartRow<'_> {
    pub(super) fn start(self, texts: &mut Texts) -> Start {
        let Self { number, at, epoch, scopes } = self;
        Start { number, at, epoch, scopes: scopes.iter().map(|scope| texts.share(scope)).collect() }
    }
}

/// [`Seen`] as a row.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they are those of `Seen`")]
pub struct SeenRow<'a> {
    #[serde(borrow)]
    pub scope: Cow<'a, str>,
    pub from: Timestamp,
    pub until: Timestamp,
    #[serde(borrow)]
    pub healed: Cow<'a, str>,
}

impl<'a> From<&'a Seen> for SeenRow<'a> {
    fn from(seen: &'a Seen) -> Self {
        let Seen { scope, from, until, healed } = seen;
        Self { scope: Cow::Borrowed(scope), from: *from, until: *until, healed: Cow::Borrowed(healed.word()) }
    }
}

impl SeenRow<'_> {
    pub(super) fn seen(self, texts: &mut Texts) -> Result<Seen, RowError> {
        let Self { scope, from, until, healed } = self;
        let healed = Healed::ALL.into_iter().find(|one| one.word() == healed).ok_or(RowError("healed"))?;
        Ok(Seen { scope: texts.share(&scope), from, until, healed })
    }
}

/// [`Use`] as a row; what is not known is absent.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they are those of `Use`, but for `active`")]
pub struct UseRow<'a> {
    #[serde(borrow)]
    pub reference: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub scope: Cow<'a, str>,
    #[serde(borrow)]
    pub namespace: Cow<'a, str>,
    #[serde(borrow)]
    pub workload: Cow<'a, str>,
    #[serde(borrow)]
    pub container: Cow<'a, str>,
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    pub opened: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Timestamp>,
    /// Whether it has an active pod.
    pub active: bool,
    /// When the last active one ceased to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_until: Option<Timestamp>,
    pub runs: u32,
}

impl<'a> From<&'a Use> for UseRow<'a> {
    fn from(used: &'a Use) -> Self {
        let Use { reference, digest, reported, scope, namespace, workload, container, .. } = used;
        let text = |text: &'a Arc<str>| Cow::Borrowed(&**text);
        Self {
            reference: text(reference),
            digest: digest.as_ref().map(text),
            reported: reported.as_ref().map(text),
            scope: text(scope),
            namespace: text(namespace),
            workload: text(workload),
            container: text(container),
            kind: Cow::Borrowed(used.kind.word()),
            opened: used.opened,
            closed: used.closed,
            active: used.active == Active::Still,
            active_until: if let Active::Until(until) = used.active { Some(until) } else { None },
            runs: used.runs,
        }
    }
}

impl UseRow<'_> {
    pub(super) fn used(self, texts: &mut Texts) -> Result<Use, RowError> {
        let active = match (self.active, self.active_until) {
            (true, _) => Active::Still,
            (false, Some(until)) => Active::Until(until),
            (false, None) => Active::Never,
        };
        let mut text = |text: &str| texts.share(text);
        Ok(Use {
            reference: text(&self.reference),
            digest: self.digest.as_deref().map(&mut text),
            reported: self.reported.as_deref().map(&mut text),
            scope: text(&self.scope),
            namespace: text(&self.namespace),
            workload: text(&self.workload),
            container: text(&self.container),
            kind: ContainerKind::from_word(&self.kind).ok_or(RowError("kind"))?,
            opened: self.opened,
            closed: self.closed,
            active,
            runs: self.runs,
        })
    }
}
