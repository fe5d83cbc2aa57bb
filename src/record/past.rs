//! What a record can be asked: rows as they were kept. What they mean together, and how much of it
//! is known, is for `answers`.

use std::sync::Arc;

use jiff::Timestamp;

use super::entry::Entry;
use super::error::RecordError;
use crate::inventory::ContainerKind;

/// Reads a record. Readers work beside the writer, and see whole batches.
pub trait Past {
    /// What the record says of itself.
    ///
    /// # Errors
    /// [`RecordError::Ask`] where it cannot be read; so for all that follow.
    fn about(&self) -> Result<About, RecordError>;

    /// When the cluster was watched, and how much of it.
    ///
    /// # Errors
    /// As [`about`](Self::about).
    fn sight(&self) -> Result<Sight, RecordError>;

    /// Hands over every interval of use that touches the span, in no order: those that satisfy one
    /// of the hints, and maybe others. No hint asks for all.
    ///
    /// # Errors
    /// As [`about`](Self::about).
    fn uses(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Use)) -> Result<(), RecordError>;

    /// Hands over the stored events (added, removed, moved) observed in the span, in order; hints
    /// as for [`uses`](Self::uses), but that a digest means all events of the references that were ever
    /// used with it.
    ///
    /// # Errors
    /// As [`about`](Self::about).
    fn events(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Entry)) -> Result<(), RecordError>;

    /// Hands over, for each container of each workload, the intervals of the last `versions`
    /// different pairs of reference and digest that it used, those in use first, then by their end.
    /// An interval whose digest was never told counts as a version of its reference only.
    ///
    /// # Errors
    /// As [`about`](Self::about).
    fn latest(&self, versions: usize, take: &mut dyn FnMut(Use)) -> Result<(), RecordError>;
}

/// What a record says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its random id: 12 hexadecimal digits.
    pub record: Arc<str>,
    /// The name of the cluster.
    pub cluster: String,
    /// What happened before this time was pruned: it counts as not seen.
    pub pruned_until: Option<Timestamp>,
    /// Uses that ended before this time may have been coalesced: pauses of up to ten minutes between
    /// uses of one place are not told there, nor are the events of them, nor gaps shorter than that in
    /// which nothing was missed.
    pub coarse_until: Option<Timestamp>,
}

/// When a cluster was watched, and how much of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Each start of the program, oldest first.
    pub starts: Vec<Start>,
    /// What was seen as it happened, by scope, oldest first. Between two of one scope it was out of
    /// sight.
    pub seen: Vec<Seen>,
}

/// One start of the program on the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its number; from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Which cluster it watched: from 1, and one more since each time another was adopted.
    pub epoch: u64,
    /// What it watched, as `Display` of [`Scope`](crate::inventory::Scope) says it.
    pub scopes: Vec<Arc<str>>,
}

/// A time during which every change in a scope was seen as it happened.
///
/// A use that began or ended at exactly `from` was found then, and happened at some time since the
/// end of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The scope.
    pub scope: Arc<str>,
    /// Since when.
    pub from: Timestamp,
    /// Until when, as far as it is known: a crash leaves the last that was stored.
    pub until: Timestamp,
    /// How the time before it, since the last that was seen, was made up for.
    pub healed: Healed,
}

/// How the time between what was seen was made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healed {
    /// The watch was resumed: nothing was missed, only times are bounded.
    Bridged,
    /// All pods were listed anew, or for the first time: what lived and died unseen is missed.
    Blind,
    /// The record could not be written, and what happened did not fit into memory: as blind.
    Unwritable,
}

impl Healed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bridged, Self::Blind, Self::Unwritable];

    /// The word for it in rows and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bridged => "bridged",
            Self::Blind => "blind",
            Self::Unwritable => "unwritable",
        }
    }
}

/// A span of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: Timestamp,
    /// Its last moment.
    pub until: Timestamp,
}

impl Span {
    /// A single moment.
    #[must_use]
    pub fn moment(at: Timestamp) -> Self {
        Self { from: at, until: at }
    }

    /// All time.
    pub const ALWAYS: Self = Self { from: Timestamp::MIN, until: Timestamp::MAX };
}

/// What narrows a search through many images: rows that satisfy none of the hints need not be
/// handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Normalised references that begin with this text.
    Reference(Box<str>),
    /// Digests that begin with this text in any letter case, `algorithm:` included; those that a
    /// reference names too.
    Digest(Box<str>),
}

/// An interval of use: for some time at least one pod used an image, with a digest, at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The normalised reference.
    pub reference: Arc<str>,
    /// The digest that ran; `None` if it was never told.
    pub digest: Option<Arc<str>>,
    /// The repository, normalised, under which the runtime reported the digest, where that is not
    /// the reference's; empty where it reported the digest alone.
    pub reported: Option<Arc<str>>,
    /// The scope that saw it. What is said of a time at which this scope was not watched is void.
    pub scope: Arc<str>,
    /// The namespace.
    pub namespace: Arc<str>,
    /// The workload.
    pub workload: Arc<str>,
    /// The container's name.
    pub container: Arc<str>,
    /// The container's kind.
    pub kind: ContainerKind,
    /// When it began to be used, or was found to be.
    pub opened: Timestamp,
    /// When it ceased to be used, or was found to have; `None` while it is used.
    pub closed: Option<Timestamp>,
    /// Whether a pod that used it was active.
    pub active: Active,
    /// Of how many uses with pauses of up to ten minutes it was coalesced; 1 if of none.
    pub runs: u32,
}

/// Until when a use had an active pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Active {
    /// It never had one.
    Never,
    /// Its last one ceased to be at this time.
    Until(Timestamp),
    /// It has one.
    Still,
}
