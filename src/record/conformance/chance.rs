//! What a batch may hold, by chance.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::inventory::change::{
    Event, Happening, ImageEvent, ImageId, ImageRow, Lagging, PodLine, PodRow, ShapeContainer, ShapeId,
    ShapeRow, Unused, User,
};
use crate::inventory::{Cause, ContainerKind, Reference, Time, Uid};

/// Names are hostile.
pub(super) const TEXTS: [&str; 8] = [
    "a",
    "nginx",
    "docker.io/library/nginx:latest",
    "",
    "b\0c",
    "Grüße\n\u{202e}",
    "'); DROP TABLE pod; --",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

pub(super) fn text() -> impl Strategy<Value = Arc<str>> {
    prop::sample::select(&TEXTS[..]).prop_map(Arc::from)
}

pub(super) fn name() -> impl Strategy<Value = Box<str>> {
    text().prop_map(|text| text.as_ref().into())
}

fn kind() -> impl Strategy<Value = ContainerKind> {
    prop::sample::select(&ContainerKind::ALL[..])
}

pub(super) fn time() -> impl Strategy<Value = Timestamp> {
    (-1..2_000_000_000_000_i64).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

pub(super) fn image_id() -> impl Strategy<Value = ImageId> {
    (0..3_u32).prop_map(ImageId)
}

pub(super) fn shape_id() -> impl Strategy<Value = ShapeId> {
    (0..3_u32).prop_map(ShapeId)
}

pub(super) fn uid() -> impl Strategy<Value = Uid> {
    (0..2_u8).prop_map(|n| Uid([n; 16]))
}

fn user() -> impl Strategy<Value = Arc<User>> {
    (text(), text(), text(), text(), kind()).prop_map(|(namespace, pod, workload, container, kind)| {
        Arc::new(User { namespace, pod, workload, container, kind })
    })
}

fn unused() -> impl Strategy<Value = Unused> {
    (user(), option::of(text()), any::<i64>(), text(), any::<bool>()).prop_map(
        |(user, digest, since, scope, awaits_list)| Unused {
            user,
            digest,
            since: Time(since),
            scope,
            awaits_list,
        },
    )
}

pub(super) fn image() -> impl Strategy<Value = ImageRow> {
    (image_id(), text(), option::of(text()), vec(text(), 0..3), option::of(text()), option::of(unused()))
        .prop_map(|(id, reference, spelling, digests, last_digest, unused)| ImageRow {
            id,
            reference,
            spelling,
            digests,
            last_digest,
            unused,
        })
}

fn container() -> impl Strategy<Value = ShapeContainer> {
    (text(), kind(), image_id(), text(), option::of(text()), option::of(text())).prop_map(
        |(name, kind, image, spelling, digest, reported)| {
            // The reference follows from the image.
            let reference = Arc::from("");
            ShapeContainer { name, kind, image, reference, spelling, digest, reported }
        },
    )
}

pub(super) fn shape() -> impl Strategy<Value = ShapeRow> {
    (shape_id(), text(), text(), text(), any::<bool>(), vec(container(), 0..3)).prop_map(
        |(id, scope, namespace, workload, active, containers)| ShapeRow {
            id,
            scope,
            namespace,
            workload,
            active,
            containers,
        },
    )
}

pub(super) fn pod() -> impl Strategy<Value = PodRow> {
    let lagging = (name(), name()).prop_map(|(container, container_id)| Lagging { container, container_id });
    (text(), name(), uid(), shape_id(), vec(lagging, 0..2))
        .prop_map(|(namespace, name, uid, shape, lagging)| PodRow { namespace, name, uid, shape, lagging })
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let cause = || prop::sample::select(&[Cause::Start, Cause::Watch, Cause::Relist][..]);
    let happening = prop_oneof![
        Just(Happening::Added),
        Just(Happening::Removed),
        Just(Happening::Joined),
        Just(Happening::Left),
        Just(Happening::Resolved),
        (text(), any::<bool>()).prop_map(|(old, seen_before)| Happening::Moved { old, seen_before }),
    ];
    let last_used = option::of(any::<i64>().prop_map(Time));
    let of_image = (happening, text(), text(), user(), option::of(text()), last_used, text(), cause())
        .prop_map(|(happening, image, spelling, user, digest, last_used, scope, cause)| {
            let image = Reference::parse(&image);
            Event::Image(ImageEvent { happening, image, spelling, user, digest, last_used, scope, cause })
        });
    let of_pod = (any::<bool>(), text(), text(), text(), text(), cause()).prop_map(
        |(added, namespace, name, workload, scope, cause)| {
            Event::Pod(PodLine { added, namespace, name, workload, scope, cause })
        },
    );
    prop_oneof![4 => of_image, 1 => of_pod]
}
