//! Containers whose status still tells of an image that their spec no longer names.

use std::collections::BTreeSet;

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
    let begins_to_lag = |at: usize, container: &Container| {
        let is_it = |slot: &&Slot| can_lag(slot.kind) && **shapes.names.get(slot.name) == *container.name;
        // A pod's containers keep their places: there are seldom others to search, and may be thousands.
        let in_place = old.containers.get(at).filter(is_it);
        let Some(slot) = in_place.or_else(|| old.containers.iter().find(is_it)) else { return false };
        *container.image != **shapes.names.get(slot.spelling)
            && Reference::parse(&container.image).text() != images.reference(slot.image)
            && may_tell_of_former(container, slot)
    };
    let known: BTreeSet<_> = known.iter().map(|lag| (&lag.container, &lag.container_id)).collect();
    let is_still_behind = |container: &Container| known.contains(&(&container.name, &container.container_id));
    (0..)
        .zip(containers)
        .filter(|(_, container)| can_lag(container.kind))
        .filter(|(at, container)| is_still_behind(container) || begins_to_lag(*at, container))
        .map(|(_, container)| Lagging {
            container: container.name.clone(),
            container_id: container.container_id.clone(),
        })
        .collect()
}

/// What containers run, but for those whose status tells of a former image.
pub(super) fn running<'a>(containers: &'a [Container], lagging: &[Lagging]) -> Vec<Running<'a>> {
    let lagging: BTreeSet<_> = lagging.iter().map(|lag| &lag.container).collect();
    let run = |container: &'a Container| {
        if container.kind != ContainerKind::Volume && lagging.contains(&container.name) {
            return Running { container, digest: None, reported: None };
        }
        let Container { image, image_id, .. } = container;
        let (digest, reported) = digest_and_repository(image_id, image);
        Running { container, digest, reported }
    };
    containers.iter().map(run).collect()
}
