//! What a node does with a pod: pull one image after the other, start, probe, restart, end.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use super::registry::Registry;
use crate::inventory::ContainerKind;
use crate::simulation::pod::{Container, Phase, Pod, State, Status};

const PULL: Duration = Duration::from_millis(300);
const PULL_AGAIN: Duration = Duration::from_secs(2);
const INIT: Duration = Duration::from_millis(300);
const READY: Duration = Duration::from_millis(500);
const JOB: Duration = Duration::from_millis(1_500);
/// Between a new image in the spec and the container that runs it, the status tells of the old one.
const RESTART: Duration = Duration::from_millis(1_200);

/// Nothing is due for a pod later than this after its last change.
pub(super) const LONGEST_WAIT: Duration = PULL_AGAIN;

/// Brings a pod a step further, if the time for it has come: `waited` is how long nothing about the
/// pod has changed, `now` what the cluster's clock shows.
pub(super) fn advance(pod: &mut Pod, waited: Duration, now: Timestamp, registry: &Registry, rng: &mut Rng) {
    let Pod { template, statuses, phase, .. } = pod;
    let mut containers = template.containers.iter().zip(statuses.iter_mut());
    if let Some((container, status)) = containers.find(|(container, status)| !has_started(container, status))
    {
        start(container, status, waited, now, registry, rng);
    }
    let mut containers = template.containers.iter().zip(statuses.iter_mut());
    if *phase == Phase::Pending && containers.all(|(container, status)| has_started(container, status)) {
        *phase = Phase::Running;
        return;
    }
    if *phase != Phase::Running {
        return;
    }
    let is_job = template.owner.as_ref().is_some_and(|owner| owner.kind == "Job");
    let mut is_over = false;
    for (container, status) in template.containers.iter().zip(statuses) {
        if container.kind != ContainerKind::App || !matches!(status.state, State::Running(_)) {
            continue;
        }
        if status.image != container.image {
            restart(container, status, waited, now, registry, rng);
        } else if is_job && waited >= JOB {
            status.state = State::Terminated(now);
            status.is_ready = false;
            is_over = true;
        } else if !is_job && waited >= READY {
            status.is_ready = true;
        }
    }
    if is_over {
        *phase = Phase::Succeeded;
    }
}

/// Whether the containers after this one may start.
fn has_started(container: &Container, status: &Status) -> bool {
    match container.kind {
        ContainerKind::Volume => !status.image_id.is_empty(),
        ContainerKind::Init => matches!(status.state, State::Terminated(_)),
        _ => !matches!(status.state, State::Waiting(_)),
    }
}

fn start(
    container: &Container,
    status: &mut Status,
    waited: Duration,
    now: Timestamp,
    registry: &Registry,
    rng: &mut Rng,
) {
    match (status.state, registry.pull(&container.image)) {
        (State::Running(_), _) if waited >= INIT => status.state = State::Terminated(now),
        (State::Waiting(_), Some(image_id)) if waited >= PULL => {
            status.image_id = image_id;
            if container.kind != ContainerKind::Volume {
                status.container = Some(rng.u64(..));
                status.state = State::Running(now);
                status.is_ready = container.kind == ContainerKind::Sidecar;
            }
        }
        (State::Waiting("ErrImagePull"), None) if waited >= PULL => {
            status.state = State::Waiting("ImagePullBackOff");
        }
        (State::Waiting(reason), None)
            if waited >= if reason == "ImagePullBackOff" { PULL_AGAIN } else { PULL } =>
        {
            status.state = State::Waiting("ErrImagePull");
        }
        _ => {}
    }
}

fn restart(
    container: &Container,
    status: &mut Status,
    waited: Duration,
    now: Timestamp,
    registry: &Registry,
    rng: &mut Rng,
) {
    let Some(image_id) = registry.pull(&container.image).filter(|_| waited >= RESTART) else {
        return;
    };
    status.image = container.image.clone();
    status.image_id = image_id;
    status.container = Some(rng.u64(..));
    status.state = State::Running(now);
    status.restarts += 1;
}
