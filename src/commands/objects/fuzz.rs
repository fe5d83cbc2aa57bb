//! Files of objects, as other programs write them.

use super::{Finder, read};
use crate::fuzz::{fuzz, holds, kind_of};
use crate::inventory::Scope;
use crate::watch::wire::PodReader;

const WORDS: [&str; 10] = [
    "\"items\":[",
    "{\"kind\":\"Pod\"",
    "\"containers\":[{\"image\":\"a\"}]",
    "\"spec\":{",
    "\"metadata\":{\"name\":\"",
    "[",
    "{",
    "\u{feff}",
    "\"generateName\":\"",
    "\"apiVersion\":\"apps/v1\"",
];

/// What is found has a name and names images, and what is not is told.
#[test]
fn objects() {
    let fixture = |name: &str| {
        let path = format!("{}/tests/fixtures/objects/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let seeds = ["pods.json", "templates.json", "hostile.json", "pods.yaml"].map(fixture).to_vec();
    fuzz("objects", &WORDS, seeds, |bytes| {
        let mut finder = Finder::new(PodReader::default(), &[Scope::default()]);
        let mut pods = Vec::new();
        let end = read(bytes, "FILE", |object, list| finder.find(&object, list, &mut |pod| pods.push(pod)));
        for pod in &pods {
            holds("a pod has a place", !pod.namespace.is_empty() && !pod.name.is_empty())?;
            holds("a container names an image", pod.containers.iter().all(|own| !own.image.is_empty()))?;
        }
        holds("it tells if it found any", finder.found_any == (pods.len() + finder.unreadable.len() > 0))?;
        let end = end.map_err(|error| {
            let message = error.to_string();
            (message.contains("FILE"), kind_of(&message))
        });
        Ok(format!("{} {} {end:?}", pods.len().min(3), finder.unreadable.len().min(3)))
    });
}
