//! The words between the state machine and its driver.

use std::time::Duration;

use super::notice::{Notice, Trouble};
use super::wire::{Frame, ListItem, ListMeta, Status};
use crate::inventory::PodEvent;

/// What the driver is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `LIST limit=1`, not older than `version` where there is one: may it be asked, and does the
    /// server's store reach that far? The answer's body does not matter.
    Probe {
        /// The version to resume from.
        version: Option<Box<str>>,
    },
    /// A watch that begins with all pods.
    WatchList {
        /// When the server is to end it.
        timeout: Duration,
    },
    /// A watch of what changed since a version.
    Watch {
        /// That version.
        version: Box<str>,
        /// When the server is to end it.
        timeout: Duration,
    },
    /// A list of all pods, or a page of it.
    List(Page),
    /// Nothing, for a while.
    Pause(Duration),
}

/// How much of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The first page.
    First,
    /// The first page of the pods as they were at this version.
    FirstAt(Box<str>),
    /// The one after the page that gave this token.
    After(String),
    /// All of it in one piece.
    All,
}

/// What came of a request.
#[derive(Debug)]
pub enum Input {
    /// The program has just begun, or a pause is over.
    Ready,
    /// The server answered 200 and the body follows; for a probe, that is all.
    Begun,
    /// It answered anything else.
    Refused(Status),
    /// It did not answer, or with something that is no answer to this.
    Failed(Trouble),
    /// An event of a watch.
    Frame(Frame),
    /// An item of a page.
    Item(ListItem),
    /// A page is whole.
    Page(ListMeta),
    /// A watch ended where it may.
    Ended,
    /// The connection broke, or the stream lost its structure.
    Broken(Trouble),
    /// Bytes came, but no whole event yet.
    Heard,
    /// The [`deadline`](super::machine::Machine::deadline) passed.
    Tick,
}

/// What a step yields.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// For the inventory. An audit shows what the watch kept back by events of the cause
    /// [`Relist`](crate::inventory::Cause::Relist) while all is in sight: then nothing since the
    /// last whole list was surely seen.
    Pod(PodEvent),
    /// The version to resume from after a restart; `None`: there is none any more.
    Version(Option<Box<str>>),
    /// From the last event on, changes happen unseen.
    Lost,
    /// All that happened unseen has been told.
    InSight,
    /// The list is whole, or the watch has resumed.
    Live,
    /// What comes from here on is from a server of other authorities, and maybe of another cluster. All
    /// pods follow.
    Elsewhere,
    /// A pod came that could not be read. Not each of them has its notice.
    Unreadable,
    /// For people.
    Notice(Notice),
}

/// Whether to go on with the request under way.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Read on.
    Read,
    /// Drop it and do this.
    Do(Request),
    /// Read on, and ask for this page beside it: what comes of that goes to
    /// [`Machine::beside`](super::machine::Machine::beside).
    Beside(Page),
}
