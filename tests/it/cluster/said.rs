//! What kimager has said up to a moment, as the tests compare it.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::api::Api;
use super::kimager::{Kimager, Output, PATIENCE};
use super::pods::Pod;

/// What stands in the lines about fences, and in those of no other pod or image.
const FENCE: &str = "fence-";

/// A pod to mark a moment: what happened before its creation is said before its line.
pub(crate) fn fence(namespace: &str) -> Pod {
    static BUILT: AtomicUsize = AtomicUsize::new(0);

    let name = format!("{FENCE}{}", BUILT.fetch_add(1, Ordering::Relaxed));
    Pod::new(namespace, &name).app("app", &format!("{name}:1"))
}

impl Kimager {
    /// Creates the fence, and returns the event lines that precede those about it.
    #[track_caller]
    pub(crate) fn said_before(&self, api: &Api, fence: Pod) -> Vec<String> {
        let image = format!("{}:1", fence.name());
        api.create_pod(fence);
        self.wait_for_line(|line| line.contains(&image), PATIENCE);
        let lines = self.lines().into_iter();
        lines
            .filter(|line| line.output == Output::Stdout)
            .map(|line| line.text)
            .take_while(|line| !line.contains(&image))
            .filter(|line| !line.contains(FENCE))
            .collect()
    }
}

/// Text lines without their times and levels: `[+|image]  nginx:1  [shop|web]`.
pub(crate) fn untimed(lines: &[String]) -> Vec<&str> {
    let after_time = |line| str::split_once(line, "] ").expect("a line begins with a time").1;
    lines.iter().map(|line| after_time(line)).collect()
}

/// JSON lines, read.
pub(crate) fn objects(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).expect("a line is one JSON object")).collect()
}

/// The words of some JSON lines that tell what happened, to what and why: `+ nginx:1 watch`.
pub(crate) fn gist(objects: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let gist = |line: &Value| {
        [&line["event"], &line["image"]["spelling"], &line["cause"]].map(word).join(" ")
    };
    objects.iter().map(gist).collect()
}
