//! Pods that come and go all the while.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::api::{Api, Call};
use super::pods::Pod;

/// Pods that live at a time.
const ALIVE: usize = 8;

/// A thread that creates and deletes pods until it is told to stop.
pub(crate) struct Churn {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<usize>>,
}

impl Churn {
    /// Begins. Every second pod has an image to itself, `own-N:1`, the others share three; what
    /// a server that is down refuses is let go.
    pub(crate) fn start(api: &Api, namespace: &str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (api, namespace, stop) = (api.clone(), namespace.to_owned(), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            let mut alive = VecDeque::new();
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                let name = format!("churn-{number}");
                let image = match number % 2 {
                    0 => format!("own-{number}:1"),
                    _ => format!("shared-{}:1", number % 3),
                };
                let made = api.request(&Pod::new(&namespace, &name).app("app", &image).creation());
                if made.is_err() {
                    thread::sleep(Duration::from_millis(20));
                }
                alive.push_back(name);
                if alive.len() > ALIVE
                    && let Some(name) = alive.pop_front()
                {
                    let _ = api.request(&Call::delete(format!("/api/v1/namespaces/{namespace}/pods/{name}")));
                }
                number += 1;
            }
            number
        });
        Self { is_over, thread: Some(thread) }
    }

    /// Ends, and returns how many pods were tried. Some of them live on.
    pub(crate) fn stop(mut self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("it is stopped once");
        thread.join().expect("the thread only asks the API")
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}
