//! Builders of what the inventory is told.

use std::fmt::{self, Write as _};

use crate::inventory::{Cause, Container, ContainerKind, Pod, PodEvent, ScopeId, Uid};

/// One thing that happens: an event of the numbered scope, or a restart of the program.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) scope: usize,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Init(Cause),
    Audit,
    Audited(Pod),
    Pod(Pod),
    Keep {
        namespace: String,
        name: String,
    },
    Gone {
        namespace: String,
        name: String,
        uid: Uid,
    },
    Done {
        sweep: bool,
    },
    Broken,
    Restart,
    /// The program starts anew with this `--linger`, in milliseconds.
    RestartWith(u64),
    /// Milliseconds pass, and the clock ticks.
    Wait(u64),
}

fn step(what: What) -> Step {
    Step { scope: 0, what }
}

impl fmt::Debug for Step {
    /// Short, as a failed property prints many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Pod(pod) | What::Audited(pod) => {
                let audited = if matches!(self.what, What::Audited(_)) { "audited " } else { "" };
                write!(
                    f,
                    "{audited}{}/{} {} {} active {}",
                    pod.namespace, pod.name, pod.uid.0[0], pod.workload, pod.active
                )?;
                for Container { name, kind, image, image_id, container_id } in &pod.containers {
                    let label = if image_id.is_empty() { String::new() } else { label(image_id) };
                    write!(f, "; {} {name} {image} {label:?} {container_id:?}", kind.word())?;
                }
            }
            What::Gone { namespace, name, uid } => write!(f, "gone {namespace}/{name} {}", uid.0[0])?,
            other => write!(f, "{other:?}")?,
        }
        write!(f, " of {}", self.scope)
    }
}

/// `name` or `namespace/name`.
fn split(path: &str) -> (String, String) {
    let (namespace, name) = path.split_once('/').unwrap_or(("default", path));
    (namespace.to_owned(), name.to_owned())
}

/// One life of a pod; its number stands in front.
pub(super) fn uid(namespace: &str, name: &str, life: u8) -> Uid {
    let mut uid = Uid::parse(&format!("{namespace}/{name}"));
    uid.0[0] = life;
    uid
}

pub(super) fn init() -> Step {
    step(What::Init(Cause::Relist))
}

pub(super) fn first_init() -> Step {
    step(What::Init(Cause::Start))
}

pub(super) fn audit() -> Step {
    step(What::Audit)
}

/// An audit lists the pod of a step.
pub(super) fn audited(pod: Step) -> Step {
    let What::Pod(pod) = pod.what else { panic!("{pod:?} is no pod") };
    step(What::Audited(pod))
}

pub(super) fn done() -> Step {
    step(What::Done { sweep: true })
}

pub(super) fn done_without_sweep() -> Step {
    step(What::Done { sweep: false })
}

pub(super) fn broken() -> Step {
    step(What::Broken)
}

pub(super) fn restart() -> Step {
    step(What::Restart)
}

pub(super) fn restart_with(linger: u64) -> Step {
    step(What::RestartWith(linger))
}

pub(super) fn wait(milliseconds: u64) -> Step {
    step(What::Wait(milliseconds))
}

pub(super) fn keep(path: &str) -> Step {
    let (namespace, name) = split(path);
    step(What::Keep { namespace, name })
}

/// The first life of the pod ends; see [`Step::life`].
pub(super) fn gone(path: &str) -> Step {
    let (namespace, name) = split(path);
    let uid = uid(&namespace, &name, 1);
    step(What::Gone { namespace, name, uid })
}

/// An active pod in its first life, of a workload of its own and without containers as yet.
pub(super) fn pod(path: &str) -> Step {
    let (namespace, name) = split(path);
    step(What::Pod(Pod {
        uid: uid(&namespace, &name, 1),
        workload: format!("Pod/{name}").into(),
        namespace: namespace.into(),
        name: name.into(),
        active: true,
        containers: Vec::new(),
    }))
}

impl Step {
    /// The event, in the scope of this number; none if it is a restart or time that passes.
    pub(super) fn event(&self, scope: ScopeId) -> Option<PodEvent> {
        Some(match self.what.clone() {
            What::Init(cause) => PodEvent::Init(scope, cause),
            What::Audit => PodEvent::Audit(scope),
            What::Audited(pod) => PodEvent::Audited(scope, pod),
            What::Pod(pod) => PodEvent::Apply(scope, pod),
            What::Keep { namespace, name } => {
                PodEvent::Keep { scope, namespace: namespace.into(), name: name.into() }
            }
            What::Gone { namespace, name, uid } => {
                PodEvent::Delete { scope, namespace: namespace.into(), name: name.into(), uid }
            }
            What::Done { sweep } => PodEvent::InitDone { scope, sweep },
            What::Broken => PodEvent::InitBroken(scope),
            What::Restart | What::RestartWith(_) | What::Wait(_) => return None,
        })
    }

    pub(super) fn of(mut self, scope: usize) -> Self {
        self.scope = scope;
        self
    }

    fn edit(mut self, change: impl FnOnce(&mut Pod)) -> Self {
        match &mut self.what {
            What::Pod(pod) => change(pod),
            other => panic!("{other:?} is no pod"),
        }
        self
    }

    pub(super) fn life(mut self, life: u8) -> Self {
        match &mut self.what {
            What::Gone { uid, .. } | What::Pod(Pod { uid, .. }) => uid.0[0] = life,
            other => panic!("{other:?} has no life"),
        }
        self
    }

    pub(super) fn completed(self) -> Self {
        self.edit(|pod| pod.active = false)
    }

    pub(super) fn workload(self, workload: &str) -> Self {
        self.edit(|pod| pod.workload = workload.into())
    }

    pub(super) fn container(self, kind: ContainerKind, name: &str, image: &str) -> Self {
        self.edit(|pod| {
            let (name, image) = (name.into(), image.into());
            let (image_id, container_id) = Default::default();
            pod.containers.push(Container { name, kind, image, image_id, container_id });
        })
    }

    /// A container; the n-th of its pod is called `c<n>`.
    pub(super) fn app(self, image: &str) -> Self {
        self.kind(ContainerKind::App, image)
    }

    pub(super) fn kind(self, kind: ContainerKind, image: &str) -> Self {
        let What::Pod(pod) = &self.what else { panic!("only pods have containers") };
        let name = format!("c{}", pod.containers.len() + 1);
        self.container(kind, &name, image)
    }

    fn edit_container(self, change: impl FnOnce(&mut Container)) -> Self {
        self.edit(|pod| change(pod.containers.last_mut().expect("the pod has a container")))
    }

    /// The status tells a digest for the last container.
    pub(super) fn digest(self, label: &str) -> Self {
        self.edit_container(|container| container.image_id = digest(label).into())
    }

    /// The status tells the last container's digest under this name.
    pub(super) fn reported(self, name: &str) -> Self {
        self.edit_container(|container| container.image_id = format!("{name}@{}", container.image_id).into())
    }

    /// The status tells which run of the last container it is about.
    pub(super) fn run(self, container_id: &str) -> Self {
        self.edit_container(|container| container.container_id = container_id.into())
    }
}

/// A digest that a label can be read from.
pub(super) fn digest(label: &str) -> String {
    let mut hex = String::new();
    for byte in label.bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    format!("sha256:{hex:0<64}")
}

/// The label of a [`digest`], whatever name stands before it.
pub(super) fn label(digest: &str) -> String {
    let digest = digest.rsplit_once('@').map_or(digest, |(_, digest)| digest);
    let hex = digest.strip_prefix("sha256:").expect("a digest of the tests");
    let bytes = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("text"));
    let bytes = bytes.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"));
    String::from_utf8(bytes.take_while(|byte| *byte != 0).collect()).expect("a label")
}
