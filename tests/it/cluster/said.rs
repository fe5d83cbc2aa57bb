//! What kimager has said up to a moment, as the tests compare it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::api::Api;
use super::kimager::{Kimager, Output, PATIENCE};
use super::pods::Pod;

/// What stands in the lines about fences, and in those of no other pod or image.
const FENCE: &str = "fence-";

/// A pod to mark a moment, which gets its name and its image when that has come.
pub(crate) fn fence(namespace: &str) -> Pod {
    Pod::new(namespace, "")
}

impl Kimager {
    /// All event lines about what happened so far, but for those about fences.
    ///
    /// The line of one fence may stand in the midst of those of a list. That of a second one, made
    /// once the first was said, comes from the watch after it, and ends them.
    #[track_caller]
    pub(crate) fn said_before(&self, api: &Api, fence: &Pod) -> Vec<String> {
        self.wait_for_fence(api, fence.clone());
        let image = self.wait_for_fence(api, fence.clone());
        let lines = self.lines().into_iter();
        lines
            .filter(|line| line.output == Output::Stdout)
            .map(|line| line.text)
            .take_while(|line| !line.contains(&image))
            .filter(|line| !line.contains(FENCE))
            .collect()
    }

    /// Creates a fence and waits for the line of its image, which this returns.
    #[track_caller]
    fn wait_for_fence(&self, api: &Api, fence: Pod) -> String {
        static BUILT: AtomicUsize = AtomicUsize::new(0);

        let name = format!("{FENCE}{}", BUILT.fetch_add(1, Ordering::Relaxed));
        let image = format!("{name}:1");
        api.create_pod(fence.named(&name).app("app", &image));
        self.wait_for_line(|line| line.contains(&image), PATIENCE);
        image
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
    let gist =
        |line: &Value| [&line["event"], &line["image"]["spelling"], &line["cause"]].map(word).join(" ");
    objects.iter().map(gist).collect()
}

/// Waits until what happens in a namespace is told, in JSON, as it happens.
pub(crate) fn wait_in_sight(kimager: &Kimager, api: &Api, namespace: &str, patience: Duration) {
    let began = Instant::now();
    loop {
        kimager.said_before(api, &fence(namespace));
        if objects(&kimager.stdout()).last().is_some_and(|line| line["not_before"].is_null()) {
            return;
        }
        assert!(began.elapsed() < patience, "still not live");
        thread::sleep(Duration::from_millis(500));
    }
}
