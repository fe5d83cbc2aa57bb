//! Pods that come and go all the time: a CI cluster, and a job that runs each minute. The real
//! inventory and store, with a clock of their own.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use kimager::inventory::{Container, ContainerKind, Inventory, Pod, PodEvent, Scope, ScopeId, Time, Uid};

use super::steps::Record;
use super::table;

const PODS_A_DAY: i64 = 50_000;
const CI_DAYS: i64 = 30;
/// Images that jobs run in; half of them rarely.
const IMAGES: u64 = 300;
const YEAR_IN_MINUTES: i64 = 365 * 24 * 60;

/// A pod that runs for a while and is deleted.
struct Life {
    pod: Pod,
    /// In seconds: how long until its digests are told, it has succeeded, and it is gone.
    turns: [i64; 3],
}

/// What is to happen, by time.
struct Clock {
    inventory: Inventory,
    record: Record,
    began: Timestamp,
    due: BTreeMap<(i64, u64), PodEvent>,
    events: u64,
}

impl Clock {
    fn new(path: &Path, began: Timestamp) -> Self {
        let mut inventory = Inventory::default();
        inventory.scope(&Scope::default());
        Self { inventory, record: Record::new(path, began), began, due: BTreeMap::new(), events: 0 }
    }

    fn at(&self, second: i64) -> Timestamp {
        self.began + SignedDuration::from_secs(second)
    }

    /// A pod begins its life.
    fn live(&mut self, second: i64, life: Life) {
        let Life { pod, turns: [told, ended, gone] } = life;
        let scope = ScopeId(0);
        let started = |image: &str| format!("{image}@sha256:{:064x}", fnv(image.as_bytes())).into();
        let mut running = pod.clone();
        for container in &mut running.containers {
            container.image_id = started(&container.image);
            container.container_id = "containerd://1".into();
        }
        let done = Pod { active: false, ..running.clone() };
        let Pod { namespace, name, uid, .. } = pod.clone();
        for (turn, event) in [
            (0, PodEvent::Apply(scope, pod)),
            (told, PodEvent::Apply(scope, running)),
            (ended, PodEvent::Apply(scope, done)),
            (gone, PodEvent::Delete { scope, namespace, name, uid }),
        ] {
            self.events += 1;
            self.due.insert((second + turn, self.events), event);
        }
    }

    /// Lets happen what is due before the time, and stores it.
    fn advance(&mut self, second: i64) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 < second) {
            let ((then, _), event) = entry.remove_entry();
            let at = self.at(then);
            let changes = self.inventory.apply(event, Time(at.as_millisecond()));
            self.record.take(changes, at);
        }
        let now = self.at(second);
        self.record.commit(now);
        self.record.tidy(now);
    }
}

/// A cluster for continuous integration.
pub(crate) fn measure_ci(folder: &Path) {
    let days =
        std::env::var("KIMAGER_BENCH_CI_DAYS").ok().and_then(|text| text.parse().ok()).unwrap_or(CI_DAYS);
    let mut clock = Clock::new(&folder.join("ci.db"), Timestamp::UNIX_EPOCH);
    let mut chance = 1_u64;
    let mut draw = |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    let mut pods = 0;
    for minute in 0..days * 24 * 60 {
        while pods < (minute + 1) * PODS_A_DAY / (24 * 60) {
            pods += 1;
            // The product of two draws makes some images common and most of them rare.
            let image = draw(IMAGES) * draw(IMAGES) / IMAGES;
            let job = format!("docker.io/ci/step-{image}:{}", minute / (24 * 60) % 20);
            let (workload, name) = match pods % 3 {
                0 => ("Pod/runner-*".to_owned(), format!("runner-{pods:07}-abcde")),
                1 => (format!("Job/build-{}-*", image % 50), format!("build-{}-{pods:07}", image % 50)),
                _ => (format!("Job/test-{}-*", image % 50), format!("test-{}-{pods:07}", image % 50)),
            };
            let pod = Pod {
                namespace: format!("ci-{}", image % 10).into(),
                name: name.into(),
                uid: Uid(u128::try_from(pods).expect("a positive number").to_le_bytes()),
                active: true,
                workload: workload.into(),
                containers: vec![container("helper", "docker.io/ci/helper:v17"), container("build", &job)],
            };
            let length = 60 + i64::try_from(draw(900)).expect("a small number");
            let second = minute * 60 + i64::try_from(draw(60)).expect("a small number");
            clock.live(second, Life { pod, turns: [3, length, length + 60] });
        }
        if minute % 10 == 0 {
            clock.advance(minute * 60);
        }
    }
    let (bytes, steps) = clock.record.close();
    let a_day = bytes / u64::try_from(days).expect("a positive number");
    let what = format!("{PODS_A_DAY} pods a day of CI for {days} days: growth a day");
    table::row(&what, "5 MB", &table::megabytes(a_day));
    table::row("a step of tidying beside it", "a few ms", &table::spread(&steps));
}

/// A `CronJob` that runs each minute, for a year.
pub(crate) fn measure_cronjob(folder: &Path) {
    let mut clock = Clock::new(&folder.join("cronjob.db"), Timestamp::UNIX_EPOCH);
    for minute in 0..YEAR_IN_MINUTES {
        let pod = Pod {
            namespace: "shop".into(),
            name: format!("tick-{}-abcde", 29_000_000 + minute).into(),
            uid: Uid(u128::try_from(minute).expect("a positive number").to_le_bytes()),
            active: true,
            workload: "CronJob/tick".into(),
            containers: vec![container("tick", "docker.io/library/busybox:1.37")],
        };
        clock.live(minute * 60, Life { pod, turns: [1, 11, 41] });
        if minute % 60 == 0 {
            clock.advance(minute * 60);
        }
    }
    let (bytes, steps) = clock.record.close();
    table::row("a CronJob each minute for a year", "5 MB", &table::megabytes(bytes));
    table::row("a step of tidying beside it", "a few ms", &table::spread(&steps));
}

fn container(name: &str, image: &str) -> Container {
    Container {
        name: name.into(),
        kind: ContainerKind::App,
        image: image.into(),
        image_id: "".into(),
        container_id: "".into(),
    }
}

/// Some number for a text, always the same.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
