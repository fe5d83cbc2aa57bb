//! Pods that come, go and change at random, and what is true of them.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use kimager::inventory::Reference;
use serde_json::json;

use super::api::Api;
use super::pods::{Pod, running};

/// Selects them among the pods of other tests.
pub(crate) const LABEL: &str = "soak=yes";

const NAMESPACES: [&str; 3] = ["soak-a", "soak-b", "soak-c"];
/// Pods that live at a time, about.
const ALIVE: usize = 40;

/// What there is, by the count of the one who made it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Population {
    /// By namespace and name: the images of the containers, spelled as the pod does, apps first.
    pods: BTreeMap<(&'static str, String), Vec<String>>,
    /// Names and images are never given twice.
    numbers: usize,
    changes: usize,
    run: u64,
}

impl Population {
    /// Makes the namespaces, and some pods. `run` tells apart what several runs make.
    pub(crate) fn new(api: &Api, run: u64) -> Self {
        for namespace in NAMESPACES {
            api.create_namespace(namespace);
        }
        let mut population = Self { run, ..Self::default() };
        let mut rng = Rng::with_seed(run);
        for _ in 0..10 {
            population.create(api, &mut rng);
        }
        population
    }

    /// What there was, after a store was set back; what came since `later` was made is gone, and
    /// its names are not given again.
    pub(crate) fn clone_of_the_past(&self, later: &Self) -> Self {
        Self { numbers: later.numbers, changes: later.changes, ..self.clone() }
    }

    /// How often something changed.
    pub(crate) fn changes(&self) -> usize {
        self.changes
    }

    /// The images in use, by their normalised references.
    pub(crate) fn images(&self) -> BTreeSet<String> {
        self.pods.values().flatten().map(|image| Reference::parse(image).to_string()).collect()
    }

    /// Changes something.
    pub(crate) fn change(&mut self, api: &Api, rng: &mut Rng) {
        self.changes += 1;
        let is_crowded = self.pods.len() > ALIVE;
        match rng.u8(0..100) {
            0..35 if !is_crowded => self.create(api, rng),
            0..60 => self.delete(api, rng),
            60..75 => self.set_image(api, rng),
            75..85 => self.report(api, rng),
            85..92 => self.debug(api, rng),
            92..99 => self.roll_out(api, rng),
            _ => self.clear(api, rng),
        }
    }

    /// Makes a pod with an image of its own, which this returns, to mark a moment.
    pub(crate) fn fence(&mut self, api: &Api) -> String {
        let number = self.number();
        let image = format!("fence-{}-{number}:1", self.run);
        self.put(api, NAMESPACES[0], vec![image.clone()]);
        image
    }

    fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
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

    fn put(&mut self, api: &Api, namespace: &'static str, images: Vec<String>) {
        let number = self.number();
        let name = format!("pod-{}-{number}", self.run);
        let mut pod = Pod::new(namespace, &name).label("soak", "yes");
        for (number, image) in images.iter().enumerate() {
            let container = format!("c{number}");
            pod = if number == 2 { pod.init(&container, image) } else { pod.app(&container, image) };
        }
        api.create_pod(pod);
        self.pods.insert((namespace, name), images);
    }

    fn create(&mut self, api: &Api, rng: &mut Rng) {
        let images = (0..rng.usize(1..4)).map(|_| self.image(rng)).collect();
        self.put(api, NAMESPACES[rng.usize(0..NAMESPACES.len())], images);
    }

    fn any(&self, rng: &mut Rng) -> Option<(&'static str, String)> {
        rng.choice(self.pods.keys()).cloned()
    }

    fn delete(&mut self, api: &Api, rng: &mut Rng) {
        if let Some(key) = self.any(rng) {
            api.delete_pod(key.0, &key.1);
            self.pods.remove(&key);
        }
    }

    fn set_image(&mut self, api: &Api, rng: &mut Rng) {
        let Some((namespace, name)) = self.any(rng) else { return };
        let image = self.image(rng);
        api.set_image(namespace, &name, "c0", &image);
        if let Some(images) = self.pods.get_mut(&(namespace, name)) {
            images[0] = image;
        }
    }

    /// A node says what a container runs.
    fn report(&mut self, api: &Api, rng: &mut Rng) {
        let Some(key) = self.any(rng) else { return };
        let Some(image) = self.pods.get(&key).map(|images| images[0].clone()) else { return };
        let digest = ["1", "2", "3"][rng.usize(0..3)].repeat(64);
        let id = format!("containerd://{}", self.number());
        let status = running("c0", &image, &format!("{image}@sha256:{digest}"), &id);
        api.set_status(key.0, &key.1, &json!({ "phase": "Running", "containerStatuses": [status] }));
    }

    fn debug(&mut self, api: &Api, rng: &mut Rng) {
        let Some((namespace, name)) = self.any(rng) else { return };
        let image = self.image(rng);
        api.debug_pod(namespace, &name, &format!("debug-{}", self.number()), &image);
        if let Some(images) = self.pods.get_mut(&(namespace, name)) {
            images.push(image);
        }
    }

    /// Some pods are replaced by others with a new image.
    fn roll_out(&mut self, api: &Api, rng: &mut Rng) {
        let image = format!("rollout-{}:1", self.number());
        for _ in 0..4 {
            self.put(api, NAMESPACES[1], vec![image.clone()]);
            self.delete(api, rng);
        }
    }

    /// A namespace loses all its pods at once.
    fn clear(&mut self, api: &Api, rng: &mut Rng) {
        let emptied = NAMESPACES[rng.usize(0..NAMESPACES.len())];
        api.delete_pods(emptied);
        self.pods.retain(|(namespace, _), _| *namespace != emptied);
    }
}
