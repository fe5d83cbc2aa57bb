//! Pods that come, go and change at random, and what is true of them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use fastrand::Rng;
use jiff::Timestamp;
use kimager::inventory::Reference;
use kimager::record::past::Span;
use serde_json::{Value, json};

use super::api::Api;
use super::deck::Deck;
use super::pods::{Pod, running};
use super::recount;
use super::truth::{self, Truth};

/// Selects them among the pods of other tests.
pub(crate) const LABEL: &str = "soak=yes";

const NAMESPACES: [&str; 3] = ["soak-a", "soak-b", "soak-c"];
/// Pods that live at a time, about.
const ALIVE: usize = 40;
const DEPLOYMENTS: [(&str, &str); 2] = [("soak-b", "web"), ("soak-c", "api")];
const REPLICAS: usize = 3;

/// By namespace and name.
type Pods = BTreeMap<(&'static str, String), There>;

/// A pod.
#[derive(Clone, Debug)]
struct There {
    /// The images of the containers, spelled as the pod does; `c0` first.
    images: Vec<String>,
    /// The name and revision of the Deployment that made it.
    revision: Option<(&'static str, String)>,
}

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Change {
    Create,
    Delete,
    Patch,
    Report,
    Debug,
    RollOut,
    EndNamespace,
}

/// What there is and was, by the count of the one who made it.
#[derive(Debug)]
pub(crate) struct Population {
    pods: Pods,
    /// Names and images are never given twice.
    numbers: usize,
    run: u64,
    deck: Deck<Change>,
    /// What has happened.
    pub(crate) truth: Truth,
    /// How often which change was made.
    pub(crate) made: BTreeMap<&'static str, usize>,
}

/// What there was, to be put back with the store.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pods: Pods,
    position: usize,
}

impl Population {
    /// Makes the namespaces, and some pods. `run` tells apart what several runs make.
    pub(crate) fn new(api: &Api, run: u64) -> Self {
        for namespace in NAMESPACES {
            api.create_namespace(namespace);
        }
        let deck = Deck::new(&[
            (35, Change::Create),
            (25, Change::Delete),
            (15, Change::Patch),
            (10, Change::Report),
            (7, Change::Debug),
            (7, Change::RollOut),
            (1, Change::EndNamespace),
        ]);
        let mut population =
            Self { pods: Pods::new(), numbers: 0, run, deck, truth: Truth::default(), made: BTreeMap::new() };
        let mut rng = Rng::with_seed(run);
        for _ in 0..10 {
            population.create(api, &mut rng);
        }
        population
    }

    pub(crate) fn picture(&self) -> Picture {
        Picture { pods: self.pods.clone(), position: self.truth.deeds().len() }
    }

    /// The store was set back, during this time, to what it held when the picture was taken. Names and
    /// images that were given since are not given again.
    pub(crate) fn set_back(&mut self, picture: &Picture, during: Span) {
        self.pods = picture.pods.clone();
        self.did(during.from);
        self.truth.set_back.push((picture.position, self.truth.deeds().len()));
    }

    /// Changes something.
    pub(crate) fn change(&mut self, api: &Api, rng: &mut Rng) {
        let is_crowded = self.pods.len() > ALIVE;
        match self.deck.deal(rng) {
            Change::Create if !is_crowded => self.create(api, rng),
            Change::Create | Change::Delete => self.delete(api, rng),
            Change::Patch => self.patch(api, rng),
            Change::Report => self.report(api, rng),
            Change::Debug => self.debug(api, rng),
            Change::RollOut => self.roll_out(api, rng),
            Change::EndNamespace => self.end_namespace(api, rng),
        }
    }

    /// Makes a pod with an image of its own, which this returns, to mark a moment.
    pub(crate) fn fence(&mut self, api: &Api) -> String {
        let name = self.name();
        let image = format!("fence-{name}:1");
        self.put(api, NAMESPACES[0], name, There { images: vec![image.clone()], revision: None });
        image
    }

    /// A pod with an image of its own comes and goes.
    pub(crate) fn flash(&mut self, api: &Api) {
        let fence = self.fence(api);
        let key = self.pods.iter().find(|(_, pod)| pod.images[0] == fence).map(|(key, _)| key.clone());
        self.remove(api, &key.expect("it was just made"));
    }

    /// Each node says anew what its containers run.
    pub(crate) fn report_all(&mut self, api: &Api, rng: &mut Rng) {
        for key in self.pods.keys().cloned().collect::<Vec<_>>() {
            self.report_of(api, &key, rng);
        }
    }

    /// That the API's own list shows what is counted here; returns its pods.
    #[track_caller]
    pub(crate) fn check(&self, api: &Api) -> Vec<Value> {
        let pods: Vec<Value> = NAMESPACES.iter().flat_map(|namespace| api.pods(namespace)).collect();
        let used: BTreeSet<String> = recount::used(&pods).iter().map(|image| normalised(image)).collect();
        assert_eq!(used, *self.truth.used(), "the driver counts what the API lists");
        pods
    }

    fn did(&mut self, before: Timestamp) {
        let images = self.pods.values().flat_map(|pod| &pod.images);
        self.truth.did(before, images.map(|image| normalised(image)).collect());
    }

    fn made(&mut self, what: &'static str) {
        *self.made.entry(what).or_default() += 1;
    }

    fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    fn name(&mut self) -> String {
        let number = self.number();
        format!("pod-{}-{number}", self.run)
    }

    /// One that several pods share, or none other.
    fn image(&mut self, rng: &mut Rng) -> String {
        match rng.u8(0..4) {
            0 => format!("own-{}:1", self.number()),
            // Two spellings of one image.
            1 => ["nginx", "docker.io/library/nginx:latest"][rng.usize(0..2)].to_owned(),
            _ => format!("registry.test:5000/shop/shared-{}:1", rng.u8(0..8)),
        }
    }

    fn put(&mut self, api: &Api, namespace: &'static str, name: String, there: There) {
        let mut pod = Pod::new(namespace, &name).label("soak", "yes");
        for (number, image) in there.images.iter().enumerate() {
            let container = format!("c{number}");
            pod = if number == 2 { pod.init(&container, image) } else { pod.app(&container, image) };
        }
        if let Some((deployment, hash)) = &there.revision {
            let replica_set = format!("{deployment}-{hash}");
            pod = pod.label("pod-template-hash", hash).controller("apps/v1", "ReplicaSet", &replica_set);
        }
        let before = truth::now();
        api.create_pod(pod);
        self.pods.insert((namespace, name), there);
        self.did(before);
    }

    fn create(&mut self, api: &Api, rng: &mut Rng) {
        let images = (0..rng.usize(1..4)).map(|_| self.image(rng)).collect();
        let name = self.name();
        self.put(api, NAMESPACES[rng.usize(0..NAMESPACES.len())], name, There { images, revision: None });
        self.made("creations");
    }

    fn any(&self, rng: &mut Rng) -> Option<(&'static str, String)> {
        rng.choice(self.pods.keys()).cloned()
    }

    fn remove(&mut self, api: &Api, key: &(&'static str, String)) {
        let before = truth::now();
        api.delete_pod(key.0, &key.1);
        self.pods.remove(key);
        self.did(before);
    }

    fn delete(&mut self, api: &Api, rng: &mut Rng) {
        if let Some(key) = self.any(rng) {
            self.remove(api, &key);
            self.made("deletions");
        }
    }

    fn patch(&mut self, api: &Api, rng: &mut Rng) {
        let Some(key) = self.any(rng) else { return };
        let image = self.image(rng);
        let Some(pod) = self.pods.get_mut(&key).filter(|pod| pod.images[0] != image) else { return };
        let before = truth::now();
        api.set_image(key.0, &key.1, "c0", &image);
        pod.images[0] = image;
        self.did(before);
        self.made("images patched");
    }

    fn report(&mut self, api: &Api, rng: &mut Rng) {
        let Some(key) = self.any(rng) else { return };
        self.report_of(api, &key, rng);
        self.made("statuses");
    }

    /// A node says what a container runs.
    fn report_of(&mut self, api: &Api, key: &(&'static str, String), rng: &mut Rng) {
        let image = self.pods[key].images[0].clone();
        // One of three of its own: after a gap another image's tells that the status has followed the spec.
        let digest = format!(
            "{:032x}",
            BuildHasherDefault::<DefaultHasher>::default().hash_one((&image, rng.u8(0..3)))
        )
        .repeat(2);
        let id = format!("containerd://{}", self.number());
        let status = running("c0", &image, &format!("{image}@sha256:{digest}"), &id);
        let before = truth::now();
        api.set_status(key.0, &key.1, &json!({ "phase": "Running", "containerStatuses": [status] }));
        self.did(before);
    }

    fn debug(&mut self, api: &Api, rng: &mut Rng) {
        let Some(key) = self.any(rng) else { return };
        let image = self.image(rng);
        let container = format!("debug-{}", self.number());
        let before = truth::now();
        api.debug_pod(key.0, &key.1, &container, &image);
        self.pods.get_mut(&key).expect("it was just chosen").images.push(image);
        self.did(before);
        self.made("debug containers");
    }

    /// A Deployment replaces its pods, one by one, by those of another `ReplicaSet`.
    fn roll_out(&mut self, api: &Api, rng: &mut Rng) {
        let (namespace, deployment) = DEPLOYMENTS[rng.usize(0..DEPLOYMENTS.len())];
        let is_of_it = |pod: &There| pod.revision.as_ref().is_some_and(|(name, _)| *name == deployment);
        let old: Vec<_> =
            self.pods.iter().filter(|(_, pod)| is_of_it(pod)).map(|(key, _)| key.clone()).collect();
        let hash = format!("{}", self.number());
        let image = format!("rollout-{hash}:1");
        let mut old = old.into_iter();
        for _ in 0..REPLICAS {
            let name = format!("{deployment}-{hash}-{}", self.number());
            let revision = Some((deployment, hash.clone()));
            self.put(api, namespace, name, There { images: vec![image.clone()], revision });
            if let Some(key) = old.next() {
                self.remove(api, &key);
            }
        }
        for key in old {
            self.remove(api, &key);
        }
        self.made("rollouts");
    }

    /// A namespace is deleted with all that is in it, and another of its name made.
    fn end_namespace(&mut self, api: &Api, rng: &mut Rng) {
        let ended = NAMESPACES[rng.usize(0..NAMESPACES.len())];
        let before = truth::now();
        api.delete_namespace(ended);
        self.pods.retain(|(namespace, _), _| *namespace != ended);
        self.did(before);
        api.create_namespace(ended);
        api.wait_for_pods_to_be_welcome(ended);
        self.made("namespaces ended");
    }
}

fn normalised(image: &str) -> String {
    Reference::parse(image).to_string()
}
