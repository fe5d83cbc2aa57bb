//! Containers whose status still tells of an image that their spec no longer names.

use super::change::Lagging;
use super::digest::{digest_and_repository, digest_of};
use super::images::Images;
use super::pod::{Container, ContainerKind};
use super::reference::Reference;
use super::shapes::{Running, Shape, Shapes, Slot};

/// Which of `containers` lag, after those `known` to lag in the pod of the shape `old`.
///
/// The API server takes a change of image at once; the status follows when the runtime has
/// restarted the container. Until its `containerID` is another one, the `imageID` beside it
/// belongs to the former image. After a gap the change and what followed it are seen at once: then a
/// digest that is not the former image's is the new one's.
pub(super) fn lagging(
    containers: &[Container],
    old: &Shape,
    known: &[Lagging],
    shapes: &Shapes,
    images: &Images,
) -> Vec<Lagging> {
    let can_lag = |kind: ContainerKind| kind != ContainerKind::Volume;
    let may_tell_of_former =
        |container: &Container, slot: &Slot| match (slot.digest, digest_of(&container.image_id)) {
            (Some(former), Some(told)) => **shapes.names.get(former) == *told,
            _ => true,
        };
    let begins_to_lag = |container: &Container| {
        let slots = old.containers.iter().filter(|slot| can_lag(slot.kind));
        let Some(slot) = slots.into_iter().find(|slot| **shapes.names.get(slot.name) == *container.name)
        else {
            return false;
        };
        *container.image != **shapes.names.get(slot.spelling)
            && Reference::parse(&container.image).text() != images.reference(slot.image)
            && may_tell_of_former(container, slot)
    };
    let is_still_behind = |container: &Container| {
        known.iter().any(|lag| lag.container == container.name && lag.container_id == container.container_id)
    };
    containers
        .iter()
        .filter(|container| can_lag(container.kind))
        .filter(|container| is_still_behind(container) || begins_to_lag(container))
        .map(|container| Lagging {
            container: container.name.clone(),
            container_id: container.container_id.clone(),
        })
        .collect()
}

/// What a container runs, unless its status tells of a former image.
pub(super) fn running<'a>(container: &'a Container, lagging: &[Lagging]) -> Running<'a> {
    let lags = |lag: &Lagging| container.kind != ContainerKind::Volume && lag.container == container.name;
    if lagging.iter().any(lags) {
        return Running { container, digest: None, reported: None };
    }
    let Container { image, image_id, .. } = container;
    let (digest, reported) = digest_and_repository(image_id, image);
    Running { container, digest, reported }
}
