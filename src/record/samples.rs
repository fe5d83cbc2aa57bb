//! Rows in a few words, for tests. Times are seconds.

use std::sync::Arc;

use jiff::Timestamp;

use super::past::{Active, Span, Use};
use crate::inventory::change::{Event, Happening, ImageEvent, User};
use crate::inventory::{Cause, ContainerKind, Reference};

/// The scope of all that names none.
pub(crate) const ALL: &str = "all namespaces";

/// The second `second`.
pub(crate) fn t(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a second of this age")
}

/// From one second to another.
pub(crate) fn span(from: i64, until: i64) -> Span {
    Span { from: t(from), until: t(until) }
}

/// A use of a reference by an app container of `Deployment/web` in `shop`, seen by the scope of all
/// namespaces: always active, and not ended.
pub(crate) fn used(reference: &str, opened: i64) -> Use {
    Use {
        reference: reference.into(),
        digest: None,
        reported: None,
        scope: ALL.into(),
        namespace: "shop".into(),
        workload: "Deployment/web".into(),
        container: "main".into(),
        kind: ContainerKind::App,
        opened: t(opened),
        closed: None,
        active: Active::Still,
        runs: 1,
    }
}

/// An event of an image, by a pod of that container.
pub(crate) fn event_of(happening: Happening, image: &str) -> Event {
    let image = Reference::parse(image);
    let user = User {
        namespace: "shop".into(),
        pod: "web-x".into(),
        workload: "Deployment/web".into(),
        container: "main".into(),
        kind: ContainerKind::App,
    };
    Event::Image(ImageEvent {
        happening,
        spelling: Arc::clone(image.text()),
        image,
        user: Arc::new(user),
        digest: None,
        last_used: None,
        scope: ALL.into(),
        cause: Cause::Watch,
    })
}
