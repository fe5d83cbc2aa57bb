//! Drives a machine and says what it answers in few words.

use std::time::Duration;

use crate::inventory::{Pod, PodEvent, ScopeId, Uid};
use crate::watch::machine::Machine;
use crate::watch::notice::{Notice, Trouble, TroubleKind};
use crate::watch::step::{Input, Next, Output, Page, Request};
use crate::watch::wire::{Change, Frame, Identity, ListItem, ListMeta, Status, StatusCause};

/// A machine at a moment.
pub(super) struct Bench {
    pub(super) machine: Machine,
    pub(super) now: Duration,
    /// The length of the last pause.
    pub(super) pause: Duration,
    /// Whether the last watch of a version was asked for a few seconds only.
    pub(super) is_brief: bool,
    /// The length of the last outage that ended.
    pub(super) outage: Duration,
    /// What the latest trouble was told to be.
    pub(super) trouble: String,
    /// How many pods could not be read.
    pub(super) unread: usize,
}

impl Bench {
    pub(super) fn new(version: Option<&str>) -> Self {
        let machine = Machine::new(ScopeId(0), version.map(Into::into), 42);
        let (now, pause, outage, trouble, unread) = Default::default();
        Self { machine, now, pause, is_brief: false, outage, trouble, unread }
    }

    /// A machine whose watch has listed and goes on from version 7.
    pub(super) fn live() -> Self {
        let mut bench = Self::new(None);
        bench.on(Input::Ready, "-> probe");
        bench.on(Input::Begun, "-> watchlist");
        bench.on(Input::Begun, "version none, init Start -> read");
        bench.on(end_of_list("7"), "done, version 7, in sight, live -> read");
        bench
    }

    /// A machine whose watch has resumed from version 7.
    pub(super) fn resumed() -> Self {
        let mut bench = Self::new(Some("7"));
        bench.on(Input::Ready, "-> probe 7");
        bench.on(Input::Begun, "-> watch 7");
        bench.accepted();
        bench
    }

    /// Gives it an input; `expected` is all that comes out of it, and after `->` what is next.
    #[track_caller]
    pub(super) fn on(&mut self, input: Input, expected: &str) {
        let shown = format!("{input:?}");
        assert_eq!(self.step(input), expected, "on {shown} at {:?}", self.now);
    }

    pub(super) fn step(&mut self, input: Input) -> String {
        let mut out = Vec::new();
        let next = self.machine.step(self.now, input, &mut out);
        self.told(&out, &next)
    }

    /// Gives it an input of the request beside the watch.
    #[track_caller]
    pub(super) fn beside(&mut self, input: Input, expected: &str) {
        let shown = format!("{input:?}");
        let mut out = Vec::new();
        let next = self.machine.beside(self.now, input, &mut out);
        assert_eq!(self.told(&out, &next), expected, "on {shown} at {:?}", self.now);
    }

    /// Its requests go to another server from here on.
    #[track_caller]
    pub(super) fn moved(&mut self, expected: &str) {
        let mut out = Vec::new();
        self.machine.moved(&mut out);
        assert_eq!(self.told(&out, &Next::Read), expected);
    }

    fn told(&mut self, out: &[Output], next: &Next) -> String {
        for output in out {
            match output {
                Output::Notice(Notice::Recovered { after }) => self.outage = *after,
                Output::Notice(Notice::Trouble(trouble)) => self.trouble.clone_from(&trouble.text),
                Output::Unreadable => self.unread += 1,
                _ => {}
            }
        }
        let out: Vec<_> = out.iter().filter(|output| **output != Output::Unreadable).map(said).collect();
        let space = if out.is_empty() { "" } else { " " };
        format!("{}{space}-> {}", out.join(", "), self.next(next))
    }

    /// Lets time pass up to the deadline.
    #[track_caller]
    pub(super) fn tick(&mut self, expected: &str) {
        self.now = self.machine.deadline();
        self.on(Input::Tick, expected);
    }

    /// A resumed watch is answered, and holds.
    #[track_caller]
    pub(super) fn accepted(&mut self) {
        self.on(Input::Begun, "-> read");
        self.now += Duration::from_millis(100);
        self.on(Input::Tick, "live -> read");
    }

    /// Lets `seconds` pass, in which nothing must be due.
    #[track_caller]
    pub(super) fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        assert!(self.machine.deadline() > self.now, "{:?} was due", self.machine.deadline());
    }

    /// Lets the pause pass.
    #[track_caller]
    pub(super) fn after_pause(&mut self, expected: &str) {
        self.now += self.pause;
        self.on(Input::Ready, expected);
    }

    fn next(&mut self, next: &Next) -> String {
        let timeouts = Duration::from_mins(5)..=Duration::from_mins(10);
        match next {
            Next::Read => "read".to_owned(),
            Next::Do(Request::Pause(pause)) => {
                self.pause = *pause;
                "pause".to_owned()
            }
            Next::Do(Request::Probe { version }) => {
                version.as_ref().map_or("probe".to_owned(), |version| format!("probe {version}"))
            }
            Next::Do(Request::WatchList { timeout }) => {
                assert!(timeouts.contains(timeout), "{timeout:?}");
                "watchlist".to_owned()
            }
            Next::Do(Request::Watch { version, timeout }) => {
                self.is_brief = *timeout == Duration::from_secs(8);
                assert!(self.is_brief || timeouts.contains(timeout), "{timeout:?}");
                format!("watch {version}")
            }
            Next::Do(Request::List(page)) => list(page),
            Next::Beside(page) => format!("beside {}", list(page)),
        }
    }
}

fn list(page: &Page) -> String {
    match page {
        Page::First => "list".to_owned(),
        Page::FirstAt(version) => format!("list at {version}"),
        Page::After(token) => format!("list after {token}"),
        Page::All => "list all".to_owned(),
    }
}

fn said(output: &Output) -> String {
    match output {
        Output::Pod(PodEvent::Init(_, cause)) => format!("init {cause:?}"),
        Output::Pod(PodEvent::Audit(_)) => "audit".to_owned(),
        Output::Pod(PodEvent::Audited(_, pod)) => format!("audited {}", pod.name),
        Output::Pod(PodEvent::Apply(_, pod)) => format!("apply {}", pod.name),
        Output::Pod(PodEvent::Keep { name, .. }) => format!("keep {name}"),
        Output::Pod(PodEvent::Delete { name, .. }) => format!("delete {name}"),
        Output::Pod(PodEvent::InitDone { sweep: true, .. }) => "done".to_owned(),
        Output::Pod(PodEvent::InitDone { sweep: false, .. }) => "done without sweep".to_owned(),
        Output::Pod(PodEvent::InitBroken(_)) => "broken".to_owned(),
        Output::Version(None) => "version none".to_owned(),
        Output::Version(Some(version)) => format!("version {version}"),
        Output::Lost => "lost".to_owned(),
        Output::InSight => "in sight".to_owned(),
        Output::Live => "live".to_owned(),
        Output::Elsewhere => "elsewhere".to_owned(),
        Output::Unreadable => "unread".to_owned(),
        Output::Notice(Notice::Trouble(trouble)) => format!("trouble {:?}", trouble.kind),
        Output::Notice(Notice::Recovered { .. }) => "recovered".to_owned(),
        Output::Notice(Notice::Relist(why)) => format!("relist {why:?}"),
        Output::Notice(Notice::NoWatchList { .. }) => "no watchlist".to_owned(),
        Output::Notice(Notice::NoListRight) => "no list right".to_owned(),
        Output::Notice(Notice::NoAudit { .. }) => "no audit".to_owned(),
        Output::Notice(Notice::Unreadable { identity: Some(identity), .. }) => {
            format!("unreadable {}", identity.name)
        }
        Output::Notice(Notice::Unreadable { identity: None, .. }) => "unreadable".to_owned(),
        Output::Notice(Notice::ManyUnreadable) => "many unreadable".to_owned(),
    }
}

fn pod(name: &str) -> Pod {
    Pod {
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::parse(name),
        active: true,
        workload: "Deployment/web".into(),
        containers: Vec::new(),
    }
}

pub(super) fn added(name: &str, version: &str) -> Input {
    event(Change::Added, name, version)
}

pub(super) fn event(change: Change, name: &str, version: &str) -> Input {
    Input::Frame(Frame::Pod { change, pod: pod(name), resource_version: version.into() })
}

pub(super) fn bookmark(version: &str) -> Input {
    Input::Frame(Frame::Bookmark { resource_version: version.into(), ends_initial_list: false })
}

pub(super) fn end_of_list(version: &str) -> Input {
    Input::Frame(Frame::Bookmark { resource_version: version.into(), ends_initial_list: true })
}

pub(super) fn error(status: Status) -> Input {
    Input::Frame(Frame::Error(status))
}

fn identity(name: &str) -> Identity {
    Identity { namespace: "shop".into(), name: name.into(), uid: Uid::parse(name) }
}

/// A pod that does not decode, and of which no more than the name is known, if that.
pub(super) fn unreadable(change: Change, name: Option<&str>) -> Input {
    let identity = name.map(identity);
    Input::Frame(Frame::Unreadable { change: Some(change), identity, reason: "no UTF-8".to_owned() })
}

pub(super) fn item(name: &str) -> Input {
    Input::Item(ListItem::Pod(pod(name)))
}

pub(super) fn unreadable_item(name: Option<&str>) -> Input {
    let identity = name.map(identity);
    Input::Item(ListItem::Unreadable { identity, reason: "no UTF-8".to_owned() })
}

pub(super) fn page(version: &str, continue_token: Option<&str>) -> Input {
    let continue_token = continue_token.map(ToOwned::to_owned);
    Input::Page(ListMeta { resource_version: version.into(), continue_token })
}

pub(super) fn refused(code: u16, reason: &str) -> Input {
    Input::Refused(status(code, reason))
}

pub(super) fn status(code: u16, reason: &str) -> Status {
    Status { code, reason: reason.to_owned(), ..Status::default() }
}

pub(super) fn expired() -> Status {
    status(410, "Expired")
}

pub(super) fn too_large() -> Status {
    let cause = StatusCause { reason: "ResourceVersionTooLarge".to_owned(), ..StatusCause::default() };
    Status { causes: vec![cause], ..status(504, "Timeout") }
}

/// What a server without watch lists says.
pub(super) fn no_watch_list(code: u16) -> Status {
    let cause = StatusCause { field: "sendInitialEvents".to_owned(), ..StatusCause::default() };
    Status { causes: vec![cause], ..status(code, "Invalid") }
}

pub(super) fn failed(kind: TroubleKind) -> Input {
    Input::Failed(Trouble { kind, text: String::new() })
}

pub(super) fn broken() -> Input {
    Input::Broken(Trouble { kind: TroubleKind::Lost, text: String::new() })
}
