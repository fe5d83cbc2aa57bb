//! A cluster in miniature, with watches that break, list anew, resume and replay: in the end the
//! inventory holds what the cluster does, and no digest was ever taken for another image's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::collection::vec;
use proptest::prelude::*;

use super::properties::Pair;
use super::steps::{Step, broken, digest, done, gone, init, label, pod, restart, uid};
use super::world::{namespace, selector};
use crate::inventory::{Reference, Scope};

/// The ways to watch; no two scopes of one way see the same pod.
fn ways_to_watch() -> impl Strategy<Value = Vec<Scope>> {
    let but_x = Scope { excluded: vec!["x".into()], ..Scope::default() };
    prop::sample::select(vec![
        vec![Scope::default()],
        vec![namespace("x"), namespace("y")],
        vec![namespace("x"), but_x],
        vec![selector("app=web")],
    ])
}

const PODS: [&str; 4] = ["x/a", "x/b", "y/a", "y/b"];
const IMAGES: [&str; 3] = ["nginx", "library/nginx", "redis"];

/// What happens in the cluster, and on the way from it.
#[derive(Clone, Debug)]
enum Happening {
    Create {
        pod: usize,
        image: usize,
    },
    Delete {
        pod: usize,
    },
    /// The spec names another image; the status stays behind.
    Patch {
        pod: usize,
        image: usize,
    },
    /// The container starts, with what its image's tag names now.
    Start {
        pod: usize,
    },
    Complete {
        pod: usize,
    },
    /// A label by which the selector picks pods comes or goes.
    Relabel {
        pod: usize,
    },
    /// A tag begins to name other bytes.
    Push {
        image: usize,
    },
    Deliver {
        watch: usize,
        steps: usize,
    },
    List {
        watch: usize,
    },
    Break {
        watch: usize,
        is_told: bool,
    },
    /// The watch resumes at an older version: it tells again what it told.
    Replay {
        watch: usize,
        steps: usize,
    },
    Restart,
}

impl Happening {
    /// Whether changes may go unseen by it, or be told out of order.
    fn makes_a_gap(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Break { .. } | Self::Replay { .. })
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let (pod, image, watch) = (0..PODS.len(), 0..IMAGES.len(), 0..2_usize);
    prop_oneof![
        4 => (pod.clone(), image.clone()).prop_map(|(pod, image)| Happening::Create { pod, image }),
        2 => pod.clone().prop_map(|pod| Happening::Delete { pod }),
        3 => (pod.clone(), image.clone()).prop_map(|(pod, image)| Happening::Patch { pod, image }),
        4 => pod.clone().prop_map(|pod| Happening::Start { pod }),
        1 => pod.clone().prop_map(|pod| Happening::Complete { pod }),
        1 => pod.prop_map(|pod| Happening::Relabel { pod }),
        1 => image.prop_map(|image| Happening::Push { image }),
        6 => (watch.clone(), 1..5_usize).prop_map(|(watch, steps)| Happening::Deliver { watch, steps }),
        1 => watch.clone().prop_map(|watch| Happening::List { watch }),
        1 => (watch.clone(), any::<bool>()).prop_map(|(watch, is_told)| Happening::Break { watch, is_told }),
        1 => (watch, 1..5_usize).prop_map(|(watch, steps)| Happening::Replay { watch, steps }),
        1 => Just(Happening::Restart),
    ]
}

#[derive(Clone)]
struct ServerPod {
    life: u8,
    image: usize,
    active: bool,
    is_web: bool,
    /// The status: which run of the container, and what it runs.
    run: u32,
    digest: Option<String>,
}

/// A watch of one scope, and what it has still to tell.
#[derive(Default)]
struct Watch {
    is_connected: bool,
    is_listing: bool,
    queue: VecDeque<Step>,
    /// What it told since its list was whole.
    told: Vec<Step>,
}

struct Cluster {
    pair: Pair,
    scopes: Vec<Scope>,
    watches: Vec<Watch>,
    pods: BTreeMap<usize, ServerPod>,
    lives: u8,
    runs: u32,
    /// How often each tag was pushed, by reference.
    pushes: BTreeMap<Reference, u32>,
    /// Whether every change was seen as it happened.
    is_gapless: bool,
}

impl Cluster {
    /// An empty cluster whose first lists are whole.
    fn watched_by(scopes: Vec<Scope>) -> Self {
        let pair = Pair::of(&scopes);
        let is_gapless = scopes.iter().all(|scope| scope.selector.is_none());
        let watches = scopes.iter().map(|_| Watch::default()).collect();
        let (pods, lives, runs, pushes) = Default::default();
        let mut cluster = Self { pair, scopes, watches, pods, lives, runs, pushes, is_gapless };
        cluster.list_all();
        cluster
    }

    fn list_all(&mut self) {
        for watch in 0..self.watches.len() {
            self.list(watch);
        }
        for watch in 0..self.watches.len() {
            self.deliver(watch, usize::MAX);
        }
    }

    fn happen(&mut self, happening: &Happening) {
        self.is_gapless &= !happening.makes_a_gap();
        match *happening {
            Happening::Create { pod, image } if !self.pods.contains_key(&pod) => {
                self.lives += 1;
                let (life, is_web) = (self.lives, image % 2 == 0);
                let new = ServerPod { life, image, active: true, is_web, run: 0, digest: None };
                self.change(pod, |_| Some(new));
            }
            Happening::Delete { pod } => self.change(pod, |_| None),
            Happening::Patch { pod, image } => {
                self.change(pod, |old| Some(ServerPod { image, ..old? }));
            }
            Happening::Start { pod } => self.start(pod),
            Happening::Complete { pod } => self.change(pod, |old| Some(ServerPod { active: false, ..old? })),
            Happening::Relabel { pod } => self.change(pod, |old| {
                let old = old?;
                Some(ServerPod { is_web: !old.is_web, ..old })
            }),
            Happening::Push { image } => {
                *self.pushes.entry(Reference::parse(IMAGES[image])).or_default() += 1;
            }
            Happening::Restart => self.restart(),
            Happening::Deliver { watch, steps } if watch < self.watches.len() => self.deliver(watch, steps),
            Happening::List { watch } if watch < self.watches.len() => self.list(watch),
            Happening::Break { watch, is_told } if watch < self.watches.len() => self.lose(watch, is_told),
            Happening::Replay { watch, steps } if watch < self.watches.len() => {
                let watch = &mut self.watches[watch];
                for step in watch.told.split_off(watch.told.len().saturating_sub(steps)).into_iter().rev() {
                    watch.queue.push_front(step);
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, pod: usize) {
        let Some(of) = self.pods.get(&pod) else { return };
        let reference = Reference::parse(IMAGES[of.image]);
        let push = self.pushes.get(&reference).copied().unwrap_or_default();
        let digest = Some(digest(&format!("{} {push}", reference.repository().unwrap_or_default())));
        self.runs += 1;
        let run = self.runs;
        self.change(pod, |old| Some(ServerPod { run, digest, ..old? }));
    }

    /// Changes a pod and tells those who watch it.
    fn change(&mut self, at: usize, change: impl FnOnce(Option<ServerPod>) -> Option<ServerPod>) {
        let old = self.pods.remove(&at);
        let new = change(old.clone());
        for watch in 0..self.watches.len() {
            let sees = |pod: &&ServerPod| self.sees(watch, at, pod);
            let step = match (old.as_ref().filter(sees), new.as_ref().filter(sees)) {
                (_, Some(new)) => told(at, new),
                (Some(old), None) => gone(PODS[at]).life(old.life),
                (None, None) => continue,
            };
            if self.watches[watch].is_connected {
                self.watches[watch].queue.push_back(step.of(watch));
            }
        }
        self.pods.extend(new.map(|new| (at, new)));
    }

    fn sees(&self, watch: usize, at: usize, pod: &ServerPod) -> bool {
        let scope = &self.scopes[watch];
        let (of, _) = PODS[at].split_once('/').expect("a namespace");
        scope.namespace.as_deref().is_none_or(|namespace| namespace == of)
            && !scope.excluded.iter().any(|out| &**out == of)
            && (scope.selector.is_none() || pod.is_web)
    }

    /// The watch lists anew. What it tells after the list is what happens from now on.
    fn list(&mut self, watch: usize) {
        let listed = self.pods.iter().filter(|(at, pod)| self.sees(watch, **at, pod));
        let listed = listed.map(|(&at, pod)| told(at, pod).of(watch));
        let queue = std::iter::once(init().of(watch)).chain(listed).chain([done().of(watch)]).collect();
        self.watches[watch] = Watch { is_connected: true, queue, ..Watch::default() };
    }

    fn deliver(&mut self, at: usize, steps: usize) {
        use super::steps::What;
        for _ in 0..steps {
            let watch = &mut self.watches[at];
            let Some(step) = watch.queue.pop_front() else { return };
            match step.what {
                What::Init(_) => watch.is_listing = true,
                What::Done { .. } => watch.is_listing = false,
                _ if !watch.is_listing => watch.told.push(step.clone()),
                _ => {}
            }
            self.pair.take(&step, steps > 2);
        }
    }

    /// The watch breaks; what it had still to tell is lost.
    fn lose(&mut self, at: usize, is_told: bool) {
        let Watch { is_listing, .. } = std::mem::take(&mut self.watches[at]);
        if is_listing && is_told {
            self.pair.take(&broken().of(at), false);
        }
    }

    /// The program starts anew: watches resume; lists under way are void.
    fn restart(&mut self) {
        self.pair.take(&restart(), true);
        for watch in 0..self.watches.len() {
            if self.watches[watch].is_listing {
                self.lose(watch, false);
            }
        }
    }

    /// What the inventory should hold of a cluster at rest: each pod's life and image.
    fn seen(&self) -> BTreeMap<String, (u8, String, bool)> {
        let is_seen = |at: usize, pod: &ServerPod| (0..self.scopes.len()).any(|w| self.sees(w, at, pod));
        let seen = self.pods.iter().filter(|(at, pod)| is_seen(**at, pod));
        seen.map(|(&at, pod)| (PODS[at].to_owned(), (pod.life, IMAGES[pod.image].to_owned(), pod.active)))
            .collect()
    }
}

fn told(at: usize, of: &ServerPod) -> Step {
    let step = pod(PODS[at]).life(of.life).app(IMAGES[of.image]);
    let step = if of.active { step } else { step.completed() };
    match &of.digest {
        Some(digest) => step.run(&of.run.to_string()).digest(&label(digest)),
        None => step,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_the_inventory_holds_what_the_cluster_does(
        scopes in ways_to_watch(),
        has_gaps in any::<bool>(),
        mut happenings in vec(happening(), 0..60),
    ) {
        happenings.retain(|happening| has_gaps || !happening.makes_a_gap());
        let mut cluster = Cluster::watched_by(scopes);
        for happening in &happenings {
            cluster.happen(happening);
            if cluster.is_gapless {
                for (reference, digest) in cluster.pair.digests() {
                    let repository = Reference::parse(&reference);
                    let of = label(&digest);
                    let (of, _) = of.split_once(' ').expect("a repository");
                    prop_assert_eq!(repository.repository(), Some(of), "the digest of another image");
                }
            }
        }
        if cluster.is_gapless {
            for watch in 0..cluster.watches.len() {
                cluster.deliver(watch, usize::MAX);
            }
        } else {
            cluster.list_all();
        }
        let seen = cluster.seen();
        let uid_of = |pod: &str, life| {
            let (namespace, name) = pod.split_once('/').expect("a namespace and a name");
            uid(namespace, name, life)
        };
        let lives: BTreeMap<_, _> =
            seen.iter().map(|(pod, (life, ..))| (pod.clone(), uid_of(pod, *life))).collect();
        prop_assert_eq!(cluster.pair.lives(), lives);
        let images: BTreeSet<_> =
            seen.values().map(|(_, image, _)| Reference::parse(image).to_string()).collect();
        prop_assert_eq!(cluster.pair.images(), images);
    }
}
