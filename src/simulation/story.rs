//! The story of `kimager demo`: a small cluster in which everything that happens to images happens
//! within half a minute, and then again, more calmly, for ever.
//!
//! ```text
//! scenes (what, when) ─▶ plane (controllers, scheduler, kubelets) ─▶ store
//! ```
//!
//! Nothing here has a clock or a source of chance: the same seed and moments give the same story.

mod cast;
mod kubelet;
mod plane;
mod registry;
mod scenes;
mod template;
mod workload;

use std::time::Duration;

use jiff::Timestamp;

use self::plane::Plane;
use self::scenes::SCENES;
use super::store::Store;

/// The plane looks at the cluster this often.
const STEP: Duration = Duration::from_millis(50);
/// How long the cluster has run before the story begins: until all its pods are ready.
const BEFORE: Duration = Duration::from_secs(10);
/// After this time the scenes begin anew.
const CYCLE: Duration = Duration::from_secs(30);
/// From the second time on, the scenes are this much slower.
const CALM: u32 = 4;
/// Events that are remembered; those of some minutes.
const HISTORY: usize = 1_000;
/// The version the story begins at; any will do.
const FIRST_VERSION: u64 = 100;

/// A story under way.
#[derive(Debug)]
pub struct Story {
    plane: Plane,
    /// How far the story has come.
    now: Duration,
    cycle: u32,
    /// The next scene of the cycle.
    next: usize,
}

impl Story {
    /// The cluster as the story finds it, and the story. The cluster's clock stands at `began` and
    /// runs ten times as fast as the story is told, so that its minutes pass in six seconds.
    #[must_use]
    pub fn new(seed: u64, began: Timestamp) -> (Self, Store) {
        let mut found = Store::new(FIRST_VERSION, HISTORY);
        let mut story = Self { plane: Plane::new(seed, began), now: Duration::ZERO, cycle: 0, next: 0 };
        while story.now < BEFORE {
            story.now += STEP;
            story.plane.step(&mut found, story.now);
        }
        found.forget();
        (story, found)
    }

    /// Goes on with the story until `elapsed` since its beginning, and returns a sentence for each
    /// scene that began.
    pub fn advance(&mut self, store: &mut Store, elapsed: Duration) -> Vec<String> {
        let mut told = Vec::new();
        while self.now + STEP <= BEFORE + elapsed {
            self.now += STEP;
            while let Some(scene) = SCENES.get(self.next).filter(|scene| self.is_due(scene.at)) {
                let detail = scene.act.perform(&mut self.plane, store, self.now);
                told.push(scene.says.replace("{}", &detail));
                self.next += 1;
            }
            if self.next == SCENES.len() && self.is_due(CYCLE) {
                self.next = 0;
                self.cycle += 1;
            }
            self.plane.step(store, self.now);
        }
        told
    }

    /// Whether the moment `at` of the current cycle has come.
    fn is_due(&self, at: Duration) -> bool {
        let began = match self.cycle {
            0 => Duration::ZERO,
            later => CYCLE + CYCLE * CALM * (later - 1),
        };
        let pace = if self.cycle == 0 { 1 } else { CALM };
        BEFORE + began + at * pace <= self.now
    }
}

#[cfg(test)]
mod tests;
