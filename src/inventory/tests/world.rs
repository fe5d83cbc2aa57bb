//! An inventory with its record, told steps one after the other.

use super::history::History;
use super::steps::{Step, What, done, first_init, label};
use super::stored::Stored;
use crate::inventory::change::{Changes, Event, Happening, ImageEvent};
use crate::inventory::{Inventory, Scope, Time};

pub(super) struct World {
    pub(super) inventory: Inventory,
    pub(super) scopes: Vec<Scope>,
    /// What the record holds, and what is yet to be committed to it.
    pub(super) stored: Stored,
    batch: Changes,
    /// In milliseconds.
    pub(super) now: i64,
    pub(super) linger: u64,
    pub(super) history: History,
}

/// A scope of one namespace.
pub(super) fn namespace(name: &str) -> Scope {
    Scope { namespace: Some(name.into()), ..Scope::default() }
}

/// A scope of all pods that a selector picks.
pub(super) fn selector(selector: &str) -> Scope {
    Scope { selector: Some(selector.into()), ..Scope::default() }
}

impl World {
    /// Watches these scopes; steps name them by number.
    pub(super) fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let scopes = scopes.into_iter().collect();
        let (inventory, stored, batch, history, now, linger) = Default::default();
        Self { inventory, scopes, stored, batch, now, linger, history }
    }

    /// Watches all pods, and was told of none yet.
    pub(super) fn new() -> Self {
        Self::of([Scope::default()])
    }

    /// Watches all pods; the first list was empty.
    pub(super) fn live() -> Self {
        let mut world = Self::new();
        world.check([first_init(), done()], []);
        world
    }

    /// [`live`](Self::live), with a `--linger` of so many milliseconds.
    pub(super) fn lingering(linger: u64) -> Self {
        let mut world = Self::live();
        world.take(&super::steps::restart_with(linger));
        world
    }

    /// Takes one step and tells what changed.
    pub(super) fn take(&mut self, step: &Step) -> Changes {
        let Some(scope) = self.scopes.get(step.scope) else { panic!("no scope of {step:?}") };
        let scope = self.inventory.scope(scope);
        let changes = match (&step.what, step.event(scope)) {
            (_, Some(event)) => self.inventory.apply(event, Time(self.now)),
            (What::Wait(milliseconds), _) => {
                self.now += milliseconds.cast_signed();
                self.inventory.tick(Time(self.now))
            }
            (What::RestartWith(linger), _) => {
                self.linger = *linger;
                self.restart();
                return Changes::default();
            }
            _ => {
                self.restart();
                return Changes::default();
            }
        };
        self.history.take_in(&changes);
        self.batch.append(changes.clone());
        changes
    }

    /// Commits what was not committed yet.
    pub(super) fn commit(&mut self) {
        self.stored.commit(&std::mem::take(&mut self.batch));
    }

    /// The state, told anew pod by pod, is what was stored change by change.
    pub(super) fn check_snapshot(&self) {
        let mut stored = Stored::default();
        let mut history = History::default();
        for changes in self.inventory.snapshot() {
            history.take_in(&changes);
            stored.commit(&changes);
        }
        assert_eq!(stored, self.stored, "the rows of a snapshot");
        assert_eq!(history.places, self.history.places, "the open places of a snapshot");
    }

    fn restart(&mut self) {
        self.commit();
        self.inventory = self.stored.restore();
        self.inventory.set_linger(self.linger);
        for scope in &self.scopes {
            self.inventory.scope(scope);
        }
    }

    /// Begins as another start of the program would that finds this one's record.
    pub(super) fn resume_from(&mut self, former: &mut Self) {
        former.commit();
        self.stored = former.stored.clone();
        self.history = former.history.clone();
        (self.now, self.linger) = (former.now, former.linger);
        self.restart();
    }

    /// Nothing is left of what was, in memory or in the record, but last digests of images.
    pub(super) fn check_is_empty(&self) {
        let Inventory { pods, shapes, images, lagging, .. } = &self.inventory;
        assert!(pods.is_empty() && lagging.is_empty(), "{pods:?} {lagging:?}");
        assert_eq!(shapes.room(), [0, 0, 0], "room for shapes, names and places");
        assert_eq!(images.len(), images.remembered(), "images beside the remembered ones");
        assert_eq!((self.stored.shapes.len(), self.stored.pods.len()), (0, 0));
        assert_eq!(self.stored.images.len(), images.remembered());
    }

    /// Takes the steps, which say these lines about images.
    #[track_caller]
    pub(super) fn check<const N: usize, const M: usize>(&mut self, steps: [Step; N], expected: [&str; M]) {
        let says = |event: &Event| match event {
            Event::Image(event) => Some(line(event)),
            Event::Pod(_) => None,
        };
        self.compare(steps, &expected, says);
    }

    /// Takes the steps, which say these lines about pods and images, each with its cause.
    #[track_caller]
    pub(super) fn check_all<const N: usize, const M: usize>(
        &mut self,
        steps: [Step; N],
        expected: [&str; M],
    ) {
        let says = |event: &Event| match event {
            Event::Image(event) => Some(format!("{}: {}", event.cause.word(), line(event))),
            Event::Pod(pod) => {
                let sign = if pod.added { '+' } else { '-' };
                let name = path(&pod.namespace, &pod.name);
                Some(format!("{}: {sign}pod {name} of {}", pod.cause.word(), pod.workload))
            }
        };
        self.compare(steps, &expected, says);
    }

    #[track_caller]
    fn compare<const N: usize>(
        &mut self,
        steps: [Step; N],
        expected: &[&str],
        says: impl Fn(&Event) -> Option<String>,
    ) {
        let changes: Vec<Changes> = steps.into_iter().map(|step| self.take(&step)).collect();
        let said: Vec<String> = changes.iter().flat_map(|c| &c.events).filter_map(says).collect();
        assert_eq!(said, expected);
        self.commit();
    }

    /// Takes the steps, which remove images that ran with these digests.
    #[track_caller]
    pub(super) fn check_removals<const N: usize, const M: usize>(
        &mut self,
        steps: [Step; N],
        expected: [Option<&str>; M],
    ) {
        let changes: Vec<Changes> = steps.into_iter().map(|step| self.take(&step)).collect();
        let removed = changes.iter().flat_map(|changes| &changes.events).filter_map(|event| match event {
            Event::Image(event) if event.happening == Happening::Removed => Some(event.digest.as_ref()),
            _ => None,
        });
        let digests: Vec<Option<String>> = removed.map(|digest| digest.map(|digest| label(digest))).collect();
        assert_eq!(digests.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
        self.commit();
    }

    /// The turns of the places of use in these steps, with the container and the digest, if told.
    #[track_caller]
    pub(super) fn check_uses<const N: usize, const M: usize>(
        &mut self,
        steps: [Step; N],
        expected: [&str; M],
    ) {
        let changes: Vec<Changes> = steps.into_iter().map(|step| self.take(&step)).collect();
        let said: Vec<String> = changes
            .iter()
            .flat_map(|changes| &changes.uses)
            .map(|change| {
                let place = &change.place;
                let digest = place.digest.as_ref().map(|digest| format!(" {}", label(digest)));
                let (workload, container) = (&place.workload, &place.container);
                let scope = if self.scopes.len() == 1 { "" } else { &*format!(" in {}", place.scope) };
                format!("{:?} {workload} {container}{}{scope}", change.turn, digest.unwrap_or_default())
            })
            .collect();
        assert_eq!(said, expected);
        self.commit();
    }
}

fn path(namespace: &str, name: &str) -> String {
    if namespace == "default" { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn line(event: &ImageEvent) -> String {
    let (image, user) = (&event.spelling, path(&event.user.namespace, &event.user.pod));
    let digest = || label(event.digest.as_ref().expect("the digest"));
    match &event.happening {
        Happening::Added => format!("+ {image} {user}"),
        Happening::Removed => {
            let last_used = event.last_used.map(|Time(at)| format!(" used until {at}"));
            format!("- {image} {user}{}", last_used.unwrap_or_default())
        }
        Happening::Joined => format!("+= {image} {user}"),
        Happening::Left => format!("-= {image} {user}"),
        Happening::Resolved => format!("= {image} {} {user}", digest()),
        Happening::Moved { old, seen_before } => {
            let again = if *seen_before { " again" } else { "" };
            format!("~ {image} {} -> {}{again} {user}", label(old), digest())
        }
    }
}
