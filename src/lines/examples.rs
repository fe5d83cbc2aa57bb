//! Events to test with: one of each kind, and any there can be.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::inventory::change::{Event, Happening, ImageEvent, PodLine, User};
use crate::inventory::{Cause, ContainerKind, Reference, Time};
use crate::record::{Entry, EventId};

const OLD: &str = "sha256:50c5b1b0b1e6c1e7b8b5a8d7a0d2c8b1c3a7d9f0e4b6c8d2e5f7a9b1c3d5e7f9";
const NEW: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// One event of each kind, as `docs/lines.md` shows them.
pub(super) fn examples() -> Vec<Entry> {
    use Happening::{Added, Joined, Left, Moved, Removed, Resolved};
    const FIRST: &str = "svclb-traefik-cxr7s";
    const SECOND: &str = "svclb-traefik-p4m8t";
    let klipper =
        |happening, digest, pod| image("rancher/klipper-lb:v0.1.2", happening, digest, klipper_pod(pod));
    let moved = Moved { old: OLD.into(), seen_before: false };
    vec![
        live(2, "2021-04-19T04:54:28.12Z", Event::Image(klipper(Added, None, FIRST))),
        while_down(
            9,
            ["2021-04-19T05:10:00Z", "2021-04-19T06:01:12.5Z"],
            Event::Image(ImageEvent { cause: Cause::Start, ..klipper(Removed, None, FIRST) }),
        ),
        live(6, "2021-04-19T05:02:09.004Z", Event::Image(image("nginx", moved, Some(NEW), web_pod()))),
        live(3, "2021-04-19T04:54:31Z", Event::Image(klipper(Joined, None, SECOND))),
        live(8, "2021-04-19T05:09:44.98Z", Event::Image(klipper(Left, Some(NEW), SECOND))),
        live(4, "2021-04-19T04:54:33.7Z", Event::Image(klipper(Resolved, Some(NEW), FIRST))),
        live(1, "2021-04-19T04:54:28.12Z", Event::Pod(pod(true, FIRST))),
        live(7, "2021-04-19T05:09:44.98Z", Event::Pod(pod(false, SECOND))),
    ]
}

fn klipper_pod(name: &str) -> User {
    User {
        namespace: "kube-system".into(),
        pod: name.into(),
        workload: "DaemonSet/svclb-traefik".into(),
        container: "lb-port-80".into(),
        kind: ContainerKind::App,
    }
}

fn web_pod() -> User {
    User {
        namespace: "shop".into(),
        pod: "web-7d4b9c-x2x2x".into(),
        workload: "Deployment/web".into(),
        container: "nginx".into(),
        kind: ContainerKind::App,
    }
}

fn image(spelling: &str, happening: Happening, digest: Option<&str>, user: User) -> ImageEvent {
    ImageEvent {
        happening,
        image: Reference::parse(spelling),
        spelling: spelling.into(),
        user: Arc::new(user),
        digest: digest.map(Into::into),
        last_used: None,
        scope: "all namespaces".into(),
        cause: Cause::Watch,
    }
}

fn pod(added: bool, name: &str) -> PodLine {
    let User { namespace, pod: name, workload, .. } = klipper_pod(name);
    PodLine { added, namespace, name, workload, scope: "all namespaces".into(), cause: Cause::Watch }
}

fn live(sequence: u64, observed: &str, event: Event) -> Entry {
    Entry {
        id: EventId { record: "9f86d0818a4c".into(), start: 1, sequence },
        observed: observed.parse().unwrap(),
        not_before: None,
        not_after: None,
        event,
    }
}

/// Found by the second start, at the end of the span.
fn while_down(sequence: u64, [from, until]: [&str; 2], event: Event) -> Entry {
    let Entry { id, observed, event, .. } = live(sequence, until, event);
    Entry {
        id: EventId { start: 2, ..id },
        observed,
        not_before: Some(from.parse().unwrap()),
        not_after: Some(observed),
        event,
    }
}

/// Text as hostile as it comes: every kind of character, those of the lines' own layout often, and
/// sometimes more than a name may have.
pub(super) fn texts() -> impl Strategy<Value = Arc<str>> {
    const LAYOUT: &str = " |[]\\{}u…+->=~()0a\n\r\t\u{85}\u{2028}\u{202e}\u{200b}\u{feff}\u{1b}";
    let c = prop_oneof![any::<char>(), select(LAYOUT.chars().collect::<Vec<_>>())];
    let short = vec(c.clone(), 0..12).boxed();
    prop_oneof![9 => short, 1 => vec(c, 1015..1040).boxed()]
        .prop_map(|chars| chars.into_iter().collect::<String>().into())
}

fn digests() -> impl Strategy<Value = Arc<str>> {
    "[a-z]{1,6}[0-9]{0,3}:[0-9a-f]{32,64}".prop_map(Into::into)
}

fn times() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000, 0..1_000_000_000).prop_map(|(second, nanosecond)| {
        Timestamp::new(second, nanosecond).expect("within a timestamp's range")
    })
}

fn causes() -> impl Strategy<Value = Cause> {
    select(vec![Cause::Start, Cause::Watch, Cause::Relist])
}

fn events() -> impl Strategy<Value = Event> {
    let spellings = prop_oneof![texts(), "[a-z]{1,5}(/[a-z]{1,5})?(:[0-9]{1,3})?".prop_map(Arc::<str>::from)];
    let users = (texts(), texts(), texts(), texts(), select(ContainerKind::ALL.to_vec())).prop_map(
        |(namespace, pod, workload, container, kind)| User { namespace, pod, workload, container, kind },
    );
    let happenings = prop_oneof![
        select(vec![Happening::Added, Happening::Removed, Happening::Joined, Happening::Left]),
        (digests(), any::<bool>()).prop_map(|(old, seen_before)| Happening::Moved { old, seen_before }),
        Just(Happening::Resolved),
    ];
    let last_used = option::of(times());
    let images =
        (happenings, spellings, users, option::of(digests()), digests(), last_used, texts(), causes())
            .prop_map(|(happening, spelling, user, digest, known, last_used, scope, cause)| {
                let is_known = matches!(happening, Happening::Moved { .. } | Happening::Resolved);
                let digest = if is_known { Some(known) } else { digest };
                let last_used = last_used.filter(|_| happening == Happening::Removed);
                let last_used = last_used.map(|time| Time(time.as_millisecond()));
                let (image, user) = (Reference::parse(&spelling), Arc::new(user));
                Event::Image(ImageEvent { happening, image, spelling, user, digest, last_used, scope, cause })
            });
    let pods = (any::<bool>(), texts(), texts(), texts(), texts(), causes()).prop_map(
        |(added, namespace, name, workload, scope, cause)| {
            Event::Pod(PodLine { added, namespace, name, workload, scope, cause })
        },
    );
    prop_oneof![3 => images, 1 => pods]
}

/// Any event, around hostile names.
pub(super) fn entries() -> impl Strategy<Value = Entry> {
    let ids = ("[0-9a-f]{12}", any::<u64>(), any::<u64>()).prop_map(|(record, start, sequence)| EventId {
        record: record.into(),
        start,
        sequence,
    });
    (ids, times(), option::of(times()), option::of(times()), events()).prop_map(
        |(id, observed, not_before, not_after, event)| Entry { id, observed, not_before, not_after, event },
    )
}
