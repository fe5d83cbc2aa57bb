//! What one event changed: rows for a record, uses that began or ended, events for people.
//!
//! Names that many pods share come as `Arc<str>` out of the inventory's own tables, so that a
//! change costs no copies of them.

use std::sync::Arc;

use super::pod::{Cause, ContainerKind, Uid};
use super::reference::Reference;
use super::time::Time;

/// The number of an image in the inventory and its record; given anew once the image is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId(pub u32);

/// The number of a [`ShapeRow`]; given anew once no pod has the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId(pub u32);

/// All that one event, or a batch of them, changed. The only diff in the program: a record stores
/// `images`, `pods` and `uses`, outputs take `events`.
///
/// Within a batch numbers may be given anew. Rows replace rows of the same key, so that whoever
/// stores all `images` of the batch and then all `pods`, each in order, is right in the end; in
/// between a row may refer to an image that is gone, or to the next one of its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows of images, in the order to be applied; before `pods`, which refer to them.
    pub images: Vec<ImageChange>,
    /// Rows of shapes and pods, in the order to be applied.
    pub pods: Vec<PodChange>,
    /// Intervals of use that began or ended.
    pub uses: Vec<UseChange>,
    /// What there is to say, in order.
    pub events: Vec<Event>,
}

impl Changes {
    /// Adds what came after.
    pub fn append(&mut self, mut later: Self) {
        self.images.append(&mut later.images);
        self.pods.append(&mut later.pods);
        self.uses.append(&mut later.uses);
        self.events.append(&mut later.events);
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A change to the stored images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageChange {
    /// The image is known, as this row says; replaces a row of the same id.
    Put(ImageRow),
    /// The image is neither used nor remembered any more.
    Forget(ImageId),
}

/// What must outlive a restart about an image that is used, or was of late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRow {
    /// Its number.
    pub id: ImageId,
    /// The normalised reference, the image's identity.
    pub reference: Arc<str>,
    /// The spelling of the `added` line, while the image counts as used in the lines.
    pub spelling: Option<Arc<str>>,
    /// Digests told for it in this period of use: ended ones in the order in which they ended, then
    /// live ones. No more than sixteen, unless more are live.
    pub digests: Vec<Arc<str>>,
    /// The last digest of the period of use before this one.
    pub last_digest: Option<Arc<str>>,
    /// How it fell out of use, while its `removed` line waits.
    pub unused: Option<Unused>,
}

/// How an image fell out of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The user that went last.
    pub user: Arc<User>,
    /// What it ran; `None` where that was never told, or a list found it gone.
    pub digest: Option<Arc<str>>,
    /// When it was seen to be gone.
    pub since: Time,
    /// The text of the scope that told it.
    pub scope: Arc<str>,
    /// Whether a whole list of that scope is to decide.
    pub awaits_list: bool,
}

/// A change to the stored pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodChange {
    /// A new shape; the rows after this one may refer to it.
    Shape(Arc<ShapeRow>),
    /// The pod exists; replaces a row of the same namespace and name.
    Put {
        /// Its row.
        row: PodRow,
        /// The shape that a pod of this name had until now.
        was: Option<ShapeId>,
    },
    /// The pod is gone.
    Gone {
        /// Its namespace.
        namespace: Arc<str>,
        /// Its name.
        name: Box<str>,
        /// The life that ended.
        uid: Uid,
        /// The shape that it had.
        was: ShapeId,
    },
    /// No pod has the shape any more.
    ShapeGone(ShapeId),
}

/// What the pods of one workload share: interned once, however many they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeRow {
    /// Its number.
    pub id: ShapeId,
    /// The text of the scope that saw its pods last.
    pub scope: Arc<str>,
    /// The namespace of its pods.
    pub namespace: Arc<str>,
    /// The workload of its pods.
    pub workload: Arc<str>,
    /// Whether its pods are active.
    pub active: bool,
    /// The containers, in the order of the spec.
    pub containers: Vec<ShapeContainer>,
}

/// A container of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeContainer {
    /// Its name.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: ContainerKind,
    /// Its image.
    pub image: ImageId,
    /// The image's normalised reference.
    pub reference: Arc<str>,
    /// The reference as the pod spells it.
    pub spelling: Arc<str>,
    /// The digest that runs, once told.
    pub digest: Option<Arc<str>>,
    /// The repository under which the runtime tells it, as `registry/repository`, if it is another
    /// one than the reference's; empty if the digest is told alone.
    pub reported: Option<Arc<str>>,
}

/// A pod as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRow {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its life.
    pub uid: Uid,
    /// All the rest of it.
    pub shape: ShapeId,
    /// Containers whose image changed while the status still told of the old one.
    pub lagging: Vec<Lagging>,
}

/// A container whose `imageID` belongs to an image that its spec no longer names: ignored until
/// its `containerID` is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lagging {
    /// The container's name.
    pub container: Box<str>,
    /// The `containerID` in the event that changed the image.
    pub container_id: Box<str>,
}

/// One place of use: the key of an interval. Its scope is a part of it, as nothing is claimed of the
/// times when that scope was not watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The text of the scope that saw it.
    pub scope: Arc<str>,
    /// The normalised reference.
    pub reference: Arc<str>,
    /// The digest that runs; `None` until it is told.
    pub digest: Option<Arc<str>>,
    /// The repository under which the runtime tells it, as `registry/repository`, if it is another
    /// one than the reference's; empty if the digest is told alone.
    pub reported: Option<Arc<str>>,
    /// The namespace.
    pub namespace: Arc<str>,
    /// The workload.
    pub workload: Arc<str>,
    /// The container's name.
    pub container: Arc<str>,
    /// The container's kind.
    pub kind: ContainerKind,
}

/// A place of use and what happened there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UseChange {
    /// Where.
    pub place: Place,
    /// What.
    pub turn: Turn,
}

/// What happened at a place of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// The first pod of the place came.
    Opened {
        /// Whether it is active.
        active: bool,
    },
    /// Where only pods were that are not active the first active one came.
    Activated,
    /// The last active pod of the place went, and others are left.
    Deactivated,
    /// The last pod of the place went, active or not.
    Closed,
}

/// The pod, and its container, by which an image came into use or went out of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct User {
    /// The pod's namespace.
    pub namespace: Arc<str>,
    /// The pod's name.
    pub pod: Arc<str>,
    /// The pod's workload.
    pub workload: Arc<str>,
    /// The first container of the pod that names the image.
    pub container: Arc<str>,
    /// That container's kind.
    pub kind: ContainerKind,
}

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Of an image.
    Image(ImageEvent),
    /// Of a pod.
    Pod(PodLine),
}

impl Event {
    /// Whether a record stores it and replays it to outputs that missed it.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        matches!(self, Self::Image(event) if event.happening.is_stored())
    }

    /// The word for it in JSON lines.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Image(event) => event.happening.word(),
            Self::Pod(PodLine { added: true, .. }) => "pod_added",
            Self::Pod(PodLine { added: false, .. }) => "pod_removed",
        }
    }

    /// The text of the scope whose watch told it.
    #[must_use]
    pub fn scope(&self) -> &Arc<str> {
        match self {
            Self::Image(event) => &event.scope,
            Self::Pod(line) => &line.scope,
        }
    }
}

/// Something happened to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageEvent {
    /// What.
    pub happening: Happening,
    /// The image.
    pub image: Reference,
    /// The spelling of its `added` line.
    pub spelling: Arc<str>,
    /// By which pod.
    pub user: Arc<User>,
    /// The digest that the pod runs it with, once told.
    pub digest: Option<Arc<str>>,
    /// Of a removal that is said later: when the last user was seen to be gone.
    pub last_used: Option<Time>,
    /// The text of the scope whose watch told it.
    pub scope: Arc<str>,
    /// How it was learned.
    pub cause: Cause,
}

/// What can happen to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The first user came.
    Added,
    /// The last user went, and no other came while the image lingered.
    Removed,
    /// A further pod uses it.
    Joined,
    /// One of several pods ceased to use it.
    Left,
    /// The first digest of this period of use was told.
    Resolved,
    /// Another digest began to be used under the tag. The event's own digest is the new one.
    Moved {
        /// The digest that was live, or the last.
        old: Arc<str>,
        /// Whether the new digest was live before: a return.
        seen_before: bool,
    },
}

impl Happening {
    /// The word for it in JSON lines and records.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Resolved => "resolved",
            Self::Moved { .. } => "moved",
        }
    }

    /// Whether a record stores it and replays it to outputs that missed it.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        matches!(self, Self::Added | Self::Removed | Self::Moved { .. })
    }
}

/// A pod came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodLine {
    /// Whether it came.
    pub added: bool,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its workload.
    pub workload: Arc<str>,
    /// The text of the scope whose watch told it.
    pub scope: Arc<str>,
    /// How it was learned.
    pub cause: Cause,
}
