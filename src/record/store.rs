//! What a store of the record takes and gives.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use jiff::Timestamp;

use super::entry::Entry;
use super::error::RecordError;
use super::limits::Limits;
use super::past::{Healed, Seen};
use crate::inventory::Inventory;
use crate::inventory::change::{ImageChange, ImageRow, PodChange, PodRow, ShapeRow, UseChange};

/// Keeps the record. One process at a time holds it for writing.
pub trait Store: Send {
    /// Gives back what the record holds: images first, then shapes, then pods, one row at a time.
    /// Changes nothing.
    ///
    /// # Errors
    /// [`RecordError::Restore`] where the record cannot be read.
    fn restore(&mut self, into: &mut dyn Restore) -> Result<Opened, RecordError>;

    /// What was seen until now, in no order; nothing where a store keeps nothing.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    fn seen(&self) -> Result<Vec<Seen>, RecordError>;

    /// Begins a new start of the record, and gives its number. Scopes that it does not watch can no
    /// longer resume.
    ///
    /// # Errors
    /// [`RecordError::Commit`] where that cannot be stored.
    fn begin(&mut self, start: &NewStart) -> Result<u64, RecordError>;

    /// Stores a batch, all of it or nothing. A batch may be stored again after an error, whether
    /// or not the first try came through.
    ///
    /// # Errors
    /// [`RecordError::Commit`] where it could not be stored.
    fn commit(&mut self, batch: &Batch) -> Result<(), RecordError>;

    /// At most `limit` stored events after the event numbered `after`, in order: what an output
    /// whose cursor is `after` has still to say. Called again with the last number it gave, until
    /// it gives none, it never holds more than `limit` events in memory.
    ///
    /// # Errors
    /// [`RecordError::Replay`] where they cannot be read.
    fn unsaid(&mut self, after: u64, limit: usize) -> Result<Vec<Entry>, RecordError>;

    /// Does one small step towards keeping the record within its limits, of which those of age count
    /// back from `now`, in a transaction of its own; whether there may be more to do at once. An event
    /// that an output has not said is kept.
    ///
    /// # Errors
    /// [`RecordError::Tidy`]; the record is whole all the same.
    fn tidy(&mut self, now: Timestamp, limits: &Limits) -> Result<bool, RecordError>;

    /// The bytes that it takes on disk now, as far as that can be told.
    fn size(&self) -> u64 {
        0
    }

    /// Lets go of the record, tidily.
    ///
    /// # Errors
    /// [`RecordError::Close`]; what was committed is safe all the same.
    fn close(self: Box<Self>) -> Result<(), RecordError>;
}

/// Takes back what a record holds.
pub trait Restore {
    /// An image; before the shapes that refer to it.
    fn image(&mut self, row: ImageRow);
    /// A shape; before the pods that refer to it.
    fn shape(&mut self, row: &ShapeRow);
    /// A pod.
    fn pod(&mut self, row: PodRow);
}

impl Restore for Inventory {
    fn image(&mut self, row: ImageRow) {
        self.restore_image(row);
    }

    fn shape(&mut self, row: &ShapeRow) {
        self.restore_shape(row);
    }

    fn pod(&mut self, row: PodRow) {
        self.restore_pod(row);
    }
}

/// One transaction: what is stored together, or not at all.
///
/// A store keeps times in whole milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Its number in this start; from 1. A batch that was stored is not stored again.
    pub number: u64,
    /// When images, pods and uses are the whole state of this time, in place of what was stored:
    /// uses that are stored as open and are not in it closed then.
    pub is_whole_at: Option<Timestamp>,
    /// Images, in the order to be applied; before `pods`, which refer to them.
    pub images: Vec<ImageChange>,
    /// Shapes and pods, in the order to be applied.
    pub pods: Vec<PodChange>,
    /// What began and ended to be used, in order.
    pub uses: Vec<DatedUse>,
    /// The events of the batch, in order. Only those that
    /// [are stored](crate::inventory::change::Happening::is_stored) are kept; the numbers of all
    /// of them are used up.
    pub entries: Vec<Entry>,
    /// How far the watches came.
    pub checkpoints: Vec<Checkpoint>,
    /// How far the outputs came.
    pub cursors: Vec<Cursor>,
    /// What is no longer taken for seen; applied before `seen`.
    pub doubts: Vec<Doubt>,
    /// What was seen of each scope; one that began at the same time as one before goes on.
    pub seen: Vec<Seen>,
    /// How far what is kept of each scope can be trusted, where that has changed.
    pub trusts: Vec<Trust>,
}

/// A change in the use of a place, and when it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedUse {
    /// When.
    pub at: Timestamp,
    /// What.
    pub change: UseChange,
}

/// How far the watch of a scope came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The scope, as its `Display` says it.
    pub scope: Arc<str>,
    /// The version to resume from; `None` if the watch cannot resume.
    pub resource_version: Option<Box<str>>,
}

/// What was seen of a scope after a time turned out not to be all that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The scope.
    pub scope: Arc<str>,
    /// The last moment at which it still counts as seen.
    pub after: Timestamp,
}

/// How far what is kept of a scope can be trusted.
///
/// A watch may keep something back, above all where the server's store was set back meanwhile and has
/// passed the version to resume from. Only what shows all pods, a list or an audit, bears out what was
/// seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The scope.
    pub scope: Arc<str>,
    /// The last time as of which what was known was borne out; an audit that contradicts makes all
    /// doubtful that was seen since.
    pub proven: Option<Timestamp>,
    /// When it went out of sight for the first time since. What was seen after that follows a resume
    /// that no audit has borne out; a list that contradicts makes it doubtful.
    pub on_trust: Option<Timestamp>,
    /// How the time since it was seen last will have been made up for once it is in sight; `None` while
    /// even what is known now may be wrong.
    pub heals: Option<Healed>,
}

impl Trust {
    /// Of a scope that was never seen.
    #[must_use]
    pub fn new(scope: Arc<str>) -> Self {
        Self { scope, proven: None, on_trust: None, heals: Some(Healed::Bridged) }
    }
}

/// How far an output came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The output's name.
    pub output: &'static str,
    /// The number of the last event that it said.
    pub sequence: u64,
}

/// Whose record it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of the cluster: given by the user, else the context's.
    pub cluster: String,
    /// A hash of the server's address and CA, as text.
    pub server: String,
}

/// What a record says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The record's id: random, made with it; 12 hexadecimal digits.
    pub record: Arc<str>,
    /// The highest number that any event of it ever had; 0 before the first.
    pub last_sequence: u64,
    /// Where each scope, by its text, can resume.
    pub checkpoints: BTreeMap<Box<str>, Box<str>>,
    /// The last event that each output said. An output that is not named here has said nothing.
    pub cursors: BTreeMap<Box<str>, u64>,
    /// Until when each scope, by its text, was seen.
    pub last_seen: BTreeMap<Box<str>, Timestamp>,
    /// How far what is kept of each scope, by its text, can be trusted.
    pub trusts: BTreeMap<Box<str>, Trust>,
    /// How many images are used, as far as was told.
    pub known_images: usize,
    /// How many pods are known.
    pub known_pods: usize,
    /// Whether it was written at another API server, or under another CA.
    pub is_elsewhere: bool,
}

/// A start that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStart {
    /// When.
    pub at: Timestamp,
    /// What it watches, by the texts of the scopes.
    pub scopes: Vec<Arc<str>>,
    /// Whether the cluster is another one under the name of the former.
    pub is_adopting: bool,
}

/// The random id of a new record: 12 hexadecimal digits.
pub(super) fn random_id() -> String {
    // The standard library seeds its hash maps from the system's random numbers.
    format!("{:012x}", RandomState::new().hash_one(()) >> 16)
}
