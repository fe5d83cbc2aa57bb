use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::Story;
use crate::simulation::store::Store;

/// 2026-11-22T20:00:00Z
const BEGAN: i64 = 1_795_377_600;

fn images(store: &Store) -> BTreeMap<String, usize> {
    let mut images = BTreeMap::new();
    for pod in store.pods(None) {
        for container in &pod.template.containers {
            *images.entry(container.image.to_string()).or_default() += 1;
        }
    }
    images
}

#[test]
fn show() {
    let (mut story, mut store) = Story::new(7, Timestamp::from_second(BEGAN).expect("valid"));
    for pod in store.pods(None) {
        println!("{} {} {:?} {:?}", pod.namespace, pod.name, pod.phase, pod.node);
    }
    let mut known = images(&store);
    for step in 0..3000 {
        let at = Duration::from_millis(step * 50);
        for line in story.advance(&mut store, at) {
            println!("{at:?} # {line}");
        }
        let now = images(&store);
        for image in known.keys().filter(|image| !now.contains_key(*image)) {
            println!("{at:?} - {image}");
        }
        for image in now.keys().filter(|image| !known.contains_key(*image)) {
            println!("{at:?} + {image}");
        }
        known = now;
    }
    for pod in store.pods(None) {
        println!("{} {} {:?} {:?}", pod.namespace, pod.name, pod.phase, pod.node);
    }
}
