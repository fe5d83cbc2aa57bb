//! An event as `--output json` says it, read back.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::{RowError, Texts};
use crate::inventory::change::{Event, Happening, ImageEvent, User};
use crate::inventory::{Cause, ContainerKind, Reference, Time};
use crate::record::{Entry, EventId};

/// An event of an image that is stored: added, removed or moved. `schema/event.schema.json` tells of each
/// field; those that say a second time what others say are not read.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the schema tells of them")]
pub struct EventRow<'a> {
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    #[serde(borrow)]
    pub scope: Cow<'a, str>,
    #[serde(borrow)]
    pub image: ImageRow<'a>,
    #[serde(borrow, default)]
    pub digest: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub old_digest: Option<Cow<'a, str>>,
    #[serde(default)]
    pub seen_before: Option<bool>,
    #[serde(borrow)]
    pub pod: PodRow<'a>,
    #[serde(borrow)]
    pub workload: Cow<'a, str>,
    #[serde(borrow)]
    pub container: ContainerRow<'a>,
    #[serde(borrow)]
    pub cause: Cow<'a, str>,
    pub observed: Timestamp,
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    #[serde(default)]
    pub not_after: Option<Timestamp>,
    #[serde(default)]
    pub last_used: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub struct ImageRow<'a> {
    #[serde(borrow)]
    pub reference: Cow<'a, str>,
    #[serde(borrow)]
    pub spelling: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
pub struct PodRow<'a> {
    #[serde(borrow)]
    pub namespace: Cow<'a, str>,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
pub struct ContainerRow<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
}

impl EventRow<'_> {
    pub(in crate::remote) fn entry(self, texts: &mut Texts) -> Result<Entry, RowError> {
        let happening = match (&*self.event, &self.old_digest) {
            ("added", _) => Happening::Added,
            ("removed", _) => Happening::Removed,
            ("moved", Some(old)) => {
                Happening::Moved { old: texts.share(old), seen_before: self.seen_before.unwrap_or_default() }
            }
            _ => return Err(RowError("event")),
        };
        let causes = [Cause::Start, Cause::Watch, Cause::Relist];
        let cause = causes.into_iter().find(|cause| cause.word() == self.cause).ok_or(RowError("cause"))?;
        let user = User {
            namespace: texts.share(&self.pod.namespace),
            pod: texts.share(&self.pod.name),
            workload: texts.share(&self.workload),
            container: texts.share(&self.container.name),
            kind: ContainerKind::from_word(&self.container.kind).ok_or(RowError("kind"))?,
        };
        Ok(Entry {
            id: id(&self.id, texts).ok_or(RowError("id"))?,
            observed: self.observed,
            not_before: self.not_before,
            not_after: self.not_after,
            event: Event::Image(ImageEvent {
                happening,
                image: Reference::parse(&self.image.reference),
                spelling: texts.share(&self.image.spelling),
                user: Arc::new(user),
                digest: self.digest.as_deref().map(|digest| texts.share(digest)),
                last_used: self.last_used.map(|at| Time(at.as_millisecond())),
                scope: texts.share(&self.scope),
                cause,
            }),
        })
    }
}

fn id(text: &str, texts: &mut Texts) -> Option<EventId> {
    let mut parts = text.split('.');
    let (record, start, sequence) = (parts.next()?, parts.next()?, parts.next()?);
    let id =
        EventId { record: texts.share(record), start: start.parse().ok()?, sequence: sequence.parse().ok()? };
    parts.next().is_none().then_some(id)
}
