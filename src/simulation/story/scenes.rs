//! The scenes: what happens, when, and how it is told.

use std::sync::Arc;
use std::time::Duration;

use super::plane::Plane;
use super::workload::{Kind, next_release, tag};
use crate::inventory::ContainerKind;
use crate::simulation::pod::{Container, Pod, Status};
use crate::simulation::store::Store;

/// Something that happens at a moment of the story.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) at: Duration,
    pub(super) act: Act,
    /// A sentence for people; `{}` is the detail that the act gives.
    pub(super) says: &'static str,
}

/// Workloads are named as `NAMESPACE/NAME`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A Deployment is set to the next release of its image.
    Release(&'static str),
    /// A `CronJob` begins to run.
    Resume(&'static str),
    /// The tag that a Deployment uses is pushed again, and one of its pods is replaced.
    Push(&'static str),
    /// `kubectl debug` of a pod of the workload.
    Debug(&'static str),
    /// A pod of nobody is created.
    Create(&'static str),
    /// A pod of nobody is deleted.
    Delete(&'static str),
    /// The image of a running pod is changed in place.
    ChangeInPlace(&'static str),
    /// A Deployment is set to an image that does not exist.
    Mistype(&'static str),
    /// The same Deployment is set to what was meant.
    Correct(&'static str),
    /// A node is gone.
    LoseNode(&'static str),
    /// The node is back.
    ReturnNode(&'static str),
    /// A Deployment is scaled.
    Scale(&'static str, usize),
}

const fn scene(milliseconds: u64, act: Act, says: &'static str) -> Scene {
    Scene { at: Duration::from_millis(milliseconds), act, says }
}

/// In the order of their times. Everything of interest is over after 20 seconds; the rest brings the
/// cluster back to where the next cycle can begin.
pub(super) const SCENES: &[Scene] = &[
    scene(
        1_500,
        Act::Release("shop/web"),
        "rollout of shop/web to {} begins: new pods come, then old ones go",
    ),
    scene(
        4_000,
        Act::Resume("shop/report"),
        "CronJob shop/report runs each minute, which is six seconds here",
    ),
    scene(
        5_500,
        Act::Push("media/player"),
        "media/player:{} is pushed again and one of two pods is replaced: one tag, two digests",
    ),
    scene(8_000, Act::Debug("shop/web"), "kubectl debug adds an ephemeral container to {}"),
    scene(9_000, Act::Create("ci/evaluate-model"), "pod {} mounts an image as a volume"),
    scene(
        10_500,
        Act::ChangeInPlace("ci/builder"),
        "{} gets another image in place; until it restarts, its status tells of the old one",
    ),
    scene(
        12_000,
        Act::Mistype("shop/mailer"),
        "shop/mailer is set to {}, which nobody pushed: the image is used, but never resolved",
    ),
    scene(13_500, Act::LoseNode("node-c"), "{} is lost: its pods terminate and come back elsewhere"),
    scene(17_000, Act::Scale("media/transcoder", 0), "media/transcoder is scaled to {}"),
    scene(18_000, Act::Correct("shop/mailer"), "shop/mailer is set to {}, which exists"),
    scene(22_000, Act::ReturnNode("node-c"), "{} is back"),
    scene(24_000, Act::Delete("ci/evaluate-model"), "pod {} is deleted"),
    scene(26_000, Act::Scale("media/transcoder", 2), "media/transcoder is scaled to {}"),
];

impl Act {
    /// Does it, and returns the detail to be told.
    pub(super) fn perform(self, plane: &mut Plane, store: &mut Store, now: Duration) -> String {
        match self {
            Self::Release(path) => set_image(plane, path, next_release),
            Self::Mistype(path) => {
                let told = set_image(plane, path, |image| format!("{}{MISTYPED}", next_release(image)));
                if let Some(image) = app_image(plane, path) {
                    plane.registry.has_no(&image);
                }
                told
            }
            Self::Correct(path) => {
                set_image(plane, path, |image| image.strip_suffix(MISTYPED).unwrap_or(image).to_owned())
            }
            Self::Resume(path) => {
                let minute = plane.clock(now).as_second().div_euclid(60);
                if let Some(workload) = plane.workload(path)
                    && let Kind::CronJob { is_suspended: is_suspended @ true, last_minute } =
                        &mut workload.kind
                {
                    *is_suspended = false;
                    *last_minute = minute;
                }
                String::new()
            }
            Self::Push(path) => {
                let image = app_image(plane, path).unwrap_or_default();
                plane.registry.push(&image);
                // On the first node, so that the old digest goes with the last, which is lost later.
                if let Some(pod) = pods_of(store, path).iter().min_by_key(|pod| &pod.node) {
                    plane.terminate(store, pod, now);
                }
                tag(&image).to_owned()
            }
            Self::Debug(path) => debug(plane, store, path),
            Self::Create(path) => {
                plane.create_bare(store, path, now);
                path.to_owned()
            }
            Self::Delete(path) => {
                for pod in pods_of(store, path) {
                    plane.terminate(store, &pod, now);
                }
                path.to_owned()
            }
            Self::ChangeInPlace(path) => change_in_place(store, path),
            Self::LoseNode(node) => {
                plane.set_lost(node, true);
                node.to_owned()
            }
            Self::ReturnNode(node) => {
                plane.set_lost(node, false);
                node.to_owned()
            }
            Self::Scale(path, to) => {
                if let Some(Kind::Deployment { replicas }) = plane.workload(path).map(|found| &mut found.kind)
                {
                    *replicas = to;
                }
                to.to_string()
            }
        }
    }
}

/// What makes a release one that does not exist.
const MISTYPED: &str = "-rc1";

fn pods_of(store: &Store, path: &str) -> Vec<Arc<Pod>> {
    path.split_once('/').map_or(Vec::new(), |(namespace, name)| Plane::pods_of(store, namespace, name))
}

fn app_of(containers: &mut [Container]) -> Option<&mut Container> {
    containers.iter_mut().find(|container| container.kind == ContainerKind::App)
}

fn app_image(plane: &mut Plane, path: &str) -> Option<String> {
    let workload = plane.workload(path)?;
    app_of(&mut workload.containers).map(|container| container.image.to_string())
}

/// Changes the image of a workload's app container, and returns its tag.
fn set_image(plane: &mut Plane, path: &str, to: impl FnOnce(&str) -> String) -> String {
    let Some(container) = plane.workload(path).and_then(|workload| app_of(&mut workload.containers)) else {
        return String::new();
    };
    container.image = to(&container.image).into();
    tag(&container.image).to_owned()
}

/// Of a pod on the last node where there is one: it is lost later, and the debugger's image with it.
fn debug(plane: &mut Plane, store: &mut Store, path: &str) -> String {
    let pods = pods_of(store, path);
    let Some(pod) = pods.iter().max_by_key(|pod| &pod.node) else {
        return path.to_owned();
    };
    let debugger = Container::new(&plane.generate("debugger-"), ContainerKind::Ephemeral, "busybox:1.37");
    let _ = store.patch(&pod.namespace, &pod.name, |pod| {
        pod.statuses.push(Status::waiting(&debugger));
        Arc::make_mut(&mut pod.template).containers.push(debugger);
    });
    format!("{}/{}", pod.namespace, pod.name)
}

fn change_in_place(store: &mut Store, path: &str) -> String {
    let pods = pods_of(store, path);
    let Some(pod) = pods.first() else {
        return path.to_owned();
    };
    let _ = store.patch(&pod.namespace, &pod.name, |pod| {
        if let Some(container) = app_of(&mut Arc::make_mut(&mut pod.template).containers) {
            container.image = next_release(&container.image).into();
        }
    });
    format!("{}/{}", pod.namespace, pod.name)
}
