//! Whatever happens, in whatever order: the inventory equals a naive recount, and what it says
//! makes sense. `PROPTEST_CASES` sets how often; shrunk failures become stories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::model::{Model, pods_of};
use super::steps::{Step, What, digest, done, uid, wait};
use super::world::{World, namespace, selector};
use crate::inventory::change::{Changes, Event, Happening, ImageEvent};
use crate::inventory::{Cause, Container, ContainerKind, Pod, Reference, Scope, Time, Uid};

/// Scopes that overlap in every way: each speaks for other pods.
pub(super) fn scopes() -> [Scope; 4] {
    let but_x = Scope { excluded: vec!["x".into()], ..Scope::default() };
    [namespace("x"), selector("app=web"), but_x, Scope::default()]
}

fn name() -> impl Strategy<Value = (String, String)> {
    (prop::sample::select(vec!["x", "y"]), prop::sample::select(vec!["a", "b"]))
        .prop_map(|(namespace, name)| (namespace.to_owned(), name.to_owned()))
}

fn image() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec!["nginx", "redis:7", "library/nginx"]).prop_map(str::to_owned),
        1 => Just(format!("quay.io/app@{}", digest("pinned"))),
        1 => Just("NOT VALID".to_owned()),
    ]
}

/// Mostly one of two apps; names may be shared with volumes, as a real pod's may.
fn container() -> impl Strategy<Value = Container> {
    use ContainerKind::{App, Init, Volume};
    let kind = prop_oneof![4 => Just(App), 1 => Just(Init), 1 => Just(Volume)];
    let name = prop::sample::select(vec!["", "", "nginx@", "docker-pullable://quay.io/app@"]);
    let image_id = (name, 1..=3).prop_map(|(name, n)| format!("{name}{}", digest(&format!("d{n}"))));
    let image_id = prop_oneof![1 => Just(String::new()), 2 => image_id];
    let run = prop::sample::select(vec!["", "r1", "r2"]);
    (prop::sample::select(vec!["main", "side"]), kind, image(), image_id, run).prop_map(
        |(name, kind, image, image_id, run)| Container {
            name: name.into(),
            kind,
            image: image.into(),
            image_id: image_id.into(),
            container_id: run.into(),
        },
    )
}

/// A pod's containers have distinct names among their like, as the API server sees to.
fn containers() -> impl Strategy<Value = Vec<Container>> {
    vec(container(), 0..3).prop_map(|mut containers| {
        let mut names = Vec::new();
        containers.retain(|container| {
            let name = (container.name.clone(), container.kind == ContainerKind::Volume);
            let is_new = !names.contains(&name);
            names.push(name);
            is_new
        });
        containers
    })
}

fn pod() -> impl Strategy<Value = Pod> {
    let workload = prop::sample::select(vec!["Deployment/a", "Deployment/b"]);
    let active = prop::bool::weighted(0.8);
    (name(), 1..3_u8, active, workload, containers()).prop_map(
        |((namespace, name), life, active, workload, containers)| Pod {
            uid: uid(&namespace, &name, life),
            namespace: namespace.into(),
            name: name.into(),
            active,
            workload: workload.into(),
            containers,
        },
    )
}

/// Anything that can be told, and restarts between.
fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        8 => pod().prop_map(What::Pod),
        3 => (name(), 1..3_u8)
            .prop_map(|((namespace, name), life)| {
                let uid = uid(&namespace, &name, life);
                What::Gone { namespace, name, uid }
            }),
        1 => name().prop_map(|(namespace, name)| What::Keep { namespace, name }),
        2 => prop::sample::select(vec![Cause::Start, Cause::Relist]).prop_map(What::Init),
        3 => prop::bool::weighted(0.9).prop_map(|sweep| What::Done { sweep }),
        1 => Just(What::Broken),
        1 => Just(What::Audit),
        4 => pod().prop_map(What::Audited),
        1 => Just(What::Restart),
        1 => prop::sample::select(vec![0, 10, 30]).prop_map(What::RestartWith),
        3 => (0..20_u64).prop_map(What::Wait),
    ];
    (0..scopes().len(), what).prop_map(|(scope, what)| Step { scope, what })
}

/// Steps, and after which of them the record commits.
pub(super) fn steps(count: usize) -> impl Strategy<Value = Vec<(Step, bool)>> {
    vec((step(), prop::bool::weighted(0.3)), 0..count)
}

/// The world and its model, side by side.
pub(super) struct Pair {
    world: World,
    model: Model,
    /// Images that are used in the lines and have no user: since when they have none.
    unused: BTreeMap<String, i64>,
    /// Of these: those that were so when the program started.
    carried: BTreeSet<String>,
}

impl Pair {
    pub(super) fn of(scopes: &[Scope]) -> Self {
        let (unused, carried) = Default::default();
        Self { world: World::of(scopes.iter().cloned()), model: Model::of(scopes), unused, carried }
    }

    /// The images that are said to be used, by reference.
    pub(super) fn images(&self) -> BTreeSet<String> {
        self.world.history.periods.keys().map(ToString::to_string).collect()
    }

    /// The known pods by namespace and name, each with its life.
    pub(super) fn lives(&mut self) -> BTreeMap<String, Uid> {
        self.world.commit();
        let pods = self.world.stored.pods.values();
        pods.map(|pod| (format!("{}/{}", pod.namespace, pod.name), pod.uid)).collect()
    }

    /// Each digest that a pod is known to run, with the image's reference.
    pub(super) fn digests(&self) -> BTreeSet<(String, String)> {
        let places = self.model.places().into_keys();
        places.filter_map(|place| Some((place.reference.to_string(), place.digest?.to_string()))).collect()
    }

    pub(super) fn take(&mut self, step: &Step, commits: bool) {
        let changes = self.world.take(step);
        self.model.take(step);
        self.check_events(&changes, matches!(step.what, What::Wait(_)));
        self.follow_unused(step);
        self.check_state();
        self.check_linger(step);
        if commits {
            self.world.commit();
            assert_eq!(pods_of(&self.world.stored.restore()), self.model.pods(), "what the record tells");
            self.world.check_snapshot();
        }
    }

    fn check_state(&self) {
        let Self { world, model, .. } = self;
        assert_eq!(pods_of(&world.inventory), model.pods());
        assert_eq!(world.history.places, model.places(), "the open places of use");
        if model.is_settled() {
            let said: BTreeSet<String> =
                model.images().into_iter().chain(self.unused.keys().cloned()).collect();
            assert_eq!(self.images(), said, "what was said");
            for (reference, digest) in self.digests() {
                let reference = Reference::parse(&reference);
                let told = &world.history.periods[&reference].digests;
                let may_be_untold = reference.tag().is_none() || reference.digest().is_some();
                assert!(
                    told.contains(&digest) || (may_be_untold && !told.is_empty()),
                    "{reference} {digest}"
                );
            }
        }
    }

    /// Counts anew which images have no user but are used in the lines.
    fn follow_unused(&mut self, step: &Step) {
        let used = self.model.images();
        let unused: BTreeSet<String> = self.images().difference(&used).cloned().collect();
        self.unused.retain(|image, _| unused.contains(image));
        self.carried.retain(|image| unused.contains(image));
        for image in unused {
            let is_live =
                matches!(step.what, What::Pod(_) | What::Gone { .. }) && self.model.listing.is_empty();
            if !self.unused.contains_key(&image) && is_live {
                self.model.settled(&image);
            }
            self.unused.entry(image).or_insert(self.world.now);
        }
        if matches!(step.what, What::Restart | What::RestartWith(_)) {
            self.carried = self.unused.keys().cloned().collect();
        }
    }

    /// No image is waited for longer than it should be.
    fn check_linger(&self, step: &Step) {
        let Self { world, model, unused, carried } = self;
        let (linger, is_tick) = (world.linger.cast_signed(), matches!(step.what, What::Wait(_)));
        for (image, since) in unused.iter().filter(|(image, _)| !model.taken.contains_key(*image)) {
            let may_linger =
                if is_tick { since + linger > world.now } else { linger > 0 || carried.contains(image) };
            assert!(may_linger || !model.is_settled(), "{image} unused since {since}");
            let due = world.inventory.due().is_some_and(|Time(due)| due <= since + linger);
            assert!(due || !model.is_settled(), "nobody will ask again for {image}");
        }
    }

    /// What is said of a pod is true of it.
    fn check_events(&mut self, changes: &Changes, is_tick: bool) {
        for event in &changes.events {
            let Event::Image(ImageEvent { happening, image, user, digest, last_used, cause, .. }) = event
            else {
                continue;
            };
            let (image, model) = (&**image.text(), &mut self.model);
            let (namespace, pod) = (&*user.namespace, &*user.pod);
            match happening {
                Happening::Added => {
                    assert!(model.uses(namespace, pod, image), "{event:?}");
                    model.settled(image);
                }
                Happening::Joined => assert!(model.uses(namespace, pod, image), "{event:?}"),
                Happening::Left => assert!(!model.uses(namespace, pod, image), "{event:?}"),
                Happening::Removed => {
                    assert!(!model.images().contains(image), "{event:?}");
                    assert!(model.listing.is_empty(), "while a list is under way: {event:?}");
                    let is_taken = model.taken.contains_key(image);
                    let is_live = *cause == Cause::Watch && !is_tick;
                    assert!(is_live || !is_taken, "before a list is whole: {event:?}");
                    let since = self.unused.get(image).copied().unwrap_or(self.world.now);
                    let linger = self.world.linger.cast_signed();
                    assert!(since + linger <= self.world.now, "unused since {since}: {event:?}");
                    let is_late = is_tick || linger > 0;
                    assert_eq!(*last_used, is_late.then_some(Time(since)), "{event:?}");
                    model.settled(image);
                }
                Happening::Resolved | Happening::Moved { .. } => {
                    let digest = digest.as_ref().expect("a digest");
                    assert!(model.runs(namespace, pod, image, digest), "{event:?}");
                }
            }
        }
    }

    /// Each scope has a whole list that finds what is known.
    fn settle(&mut self) {
        for scope in 0..self.world.scopes.len() {
            self.take(&super::steps::init().of(scope), false);
            self.take(&super::steps::done_without_sweep().of(scope), true);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_inventory_equals_a_naive_recount(steps in steps(40)) {
        let mut pair = Pair::of(&scopes());
        for (step, commits) in &steps {
            pair.take(step, *commits);
        }
        pair.settle();
        // Everything goes: nothing of it is left.
        for scope in 0..scopes().len() {
            pair.take(&super::steps::init().of(scope), false);
        }
        for scope in 0..scopes().len() {
            pair.take(&done().of(scope), true);
        }
        pair.take(&wait(30), true);
        pair.world.check_is_empty();
    }

    #[test]
    fn a_restart_outside_of_lists_makes_no_difference(before in steps(25), after in steps(15)) {
        let mut pair = Pair::of(&scopes());
        for (step, commits) in &before {
            pair.take(step, *commits);
        }
        pair.settle();
        let mut other = World::of(scopes());
        other.resume_from(&mut pair.world);
        for (step, commits) in &after {
            let changes = other.take(step);
            prop_assert_eq!(pair.world.take(step), changes, "at {:?}", step);
            if *commits {
                pair.world.commit();
                other.commit();
                prop_assert_eq!(&pair.world.stored, &other.stored);
            }
        }
    }
}
