//! A large record: a million uses in 400 days, each of a tag and a digest of its own, and two events
//! for each.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kimager::inventory::change::{Changes, Event, Happening, ImageEvent, Place, Turn, UseChange, User};
use kimager::inventory::{Cause, ContainerKind, Reference};

use super::steps::{Record, SCOPE};

const DAYS: i64 = 400;
const PLACES: usize = 4500;

/// How many uses there are; `KIMAGER_BENCH_USES` sets another number.
pub(crate) fn uses() -> usize {
    std::env::var("KIMAGER_BENCH_USES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

/// The repository of a place.
pub(crate) fn repository(place: usize) -> String {
    format!("registry.example.com/team-{:03}/service-{place:05}", place % 100)
}

/// The uses of places in turn: each goes to its next version.
pub(crate) fn fill(path: &Path, now: Timestamp) -> (u64, Vec<Duration>) {
    let uses = uses();
    let began = now - SignedDuration::from_hours(DAYS * 24);
    let length =
        SignedDuration::from_millis(DAYS * 86_400_000 / i64::try_from(uses).expect("a small number"));
    let mut record = Record::new(path, began);
    let mut at = began;
    for number in 0..uses {
        at += length;
        let mut changes = Changes::default();
        if let Some(former) = number.checked_sub(PLACES) {
            happen(&mut changes, former, Turn::Closed, Happening::Removed);
        }
        happen(&mut changes, number, Turn::Opened { active: true }, Happening::Added);
        record.take(changes, at);
        if record.rows() >= 1000 {
            record.commit(at);
            record.tidy(at);
        }
    }
    record.commit(now);
    record.tidy(now);
    record.close()
}

fn happen(changes: &mut Changes, number: usize, turn: Turn, happening: Happening) {
    let place = number % PLACES;
    let (namespace, workload): (Arc<str>, Arc<str>) =
        (format!("team-{:03}", place % 100).into(), format!("Deployment/service-{:05}", place / 3).into());
    let container: Arc<str> = ["server", "proxy", "migrate"][place % 3].into();
    let kind = ContainerKind::App;
    let reference: Arc<str> = format!("{}:1.{}.0", repository(place), number / PLACES).into();
    // Digests are random; so is the product with a large odd number.
    let half = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let digest: Arc<str> = format!("sha256:{half:032x}{:032x}", half.rotate_left(64)).into();
    let of = Place {
        scope: SCOPE.into(),
        reference: Arc::clone(&reference),
        digest: Some(Arc::clone(&digest)),
        reported: None,
        namespace: Arc::clone(&namespace),
        workload: Arc::clone(&workload),
        container: Arc::clone(&container),
        kind,
    };
    changes.uses.push(UseChange { place: of, turn });
    let pod = format!("service-{:05}-7d4b9c6f58-{:05x}", place / 3, number % 0xfffff).into();
    changes.events.push(Event::Image(ImageEvent {
        happening,
        image: Reference::parse(&reference),
        spelling: reference,
        user: Arc::new(User { namespace, pod, workload, container, kind }),
        digest: Some(digest),
        last_used: None,
        scope: SCOPE.into(),
        cause: Cause::Watch,
    }));
}
