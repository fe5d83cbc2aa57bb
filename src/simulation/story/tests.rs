use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::scenes::SCENES;
use super::{CALM, CYCLE, STEP, Story};
use crate::inventory::ContainerKind;
use crate::inventory::digest::digest_of;
use crate::inventory::workload::{Controller, Origin, workload_of};
use crate::simulation::names::ALPHABET;
use crate::simulation::pod::{Phase, Pod, State};
use crate::simulation::store::{Change, Store};

/// 2026-11-22T20:00:00Z
const BEGAN: i64 = 1_795_377_600;

/// A story that is being told.
struct Telling {
    story: Story,
    store: Store,
    elapsed: Duration,
}

impl Telling {
    fn begin(seed: u64) -> Self {
        let (story, found) = Story::new(seed, Timestamp::from_second(BEGAN).unwrap());
        Self { story, store: found, elapsed: Duration::ZERO }
    }

    /// Tells on until a moment, and looks at the cluster after each step.
    fn until(&mut self, moment: Duration, mut look: impl FnMut(&Store)) -> Vec<String> {
        let mut told = Vec::new();
        while self.elapsed < moment {
            self.elapsed += STEP;
            told.extend(self.story.advance(&mut self.store, self.elapsed));
            look(&self.store);
        }
        told
    }

    fn pods(&self, path: &str) -> Vec<Arc<Pod>> {
        let is_own = |pod: &&Arc<Pod>| format!("{}/{}", pod.namespace, pod.name).starts_with(path);
        self.store.pods(None).filter(is_own).map(Arc::clone).collect()
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn images(store: &Store) -> BTreeSet<&str> {
    store.pods(None).flat_map(|pod| &pod.template.containers).map(|container| &*container.image).collect()
}

fn digests(pods: &[Arc<Pod>]) -> BTreeSet<&str> {
    pods.iter().flat_map(|pod| &pod.statuses).filter_map(|status| digest_of(&status.image_id)).collect()
}

fn app(pod: &Pod) -> (&str, &str) {
    let (container, status) =
        pod.containers().find(|(container, _)| container.kind == ContainerKind::App).unwrap();
    (&container.image, &status.image_id)
}

#[test]
fn the_story_begins_with_a_cluster_in_which_all_is_well() {
    let telling = Telling::begin(1);
    assert!(telling.store.pods(None).all(|pod| pod.is_ready() && pod.deleted.is_none()));
    let kinds: BTreeSet<ContainerKind> =
        telling.store.pods(None).flat_map(|pod| &pod.template.containers).map(|c| c.kind).collect();
    assert_eq!(kinds, [ContainerKind::App, ContainerKind::Init, ContainerKind::Sidecar].into());
    // Who watches must list first: the log knows nothing of the time before.
    assert_eq!(telling.store.events_after(telling.store.version()).map(Iterator::count), Ok(0));
}

#[test]
fn every_scene_is_told_within_the_first_half_minute_and_again_for_ever() {
    let mut telling = Telling::begin(1);
    let first = telling.until(CYCLE, |_| {});
    assert_eq!(first.len(), SCENES.len());
    assert!(first.iter().all(|sentence| !sentence.contains("{}")), "{first:?}");
    assert!(first[0].starts_with("rollout of shop/web to 1.5.0 "), "{}", first[0]);
    for cycle in 1..4 {
        let again = telling.until(CYCLE + CYCLE * CALM * cycle, |_| {});
        assert_eq!(again.len(), SCENES.len());
        assert!(again[0].starts_with(&format!("rollout of shop/web to 1.{}.0 ", 5 + cycle)), "{}", again[0]);
    }
}

#[test]
fn images_come_and_go_as_the_scenes_say() {
    let mut telling = Telling::begin(1);
    let mut check = |moment: f64, present: &[&str], absent: &[&str]| {
        telling.until(seconds(moment), |_| {});
        let images = images(&telling.store);
        let has = |image: &str| images.iter().any(|own| own.ends_with(image));
        assert!(present.iter().all(|image| has(image)), "{moment} s lacks one of {present:?}: {images:?}");
        assert!(!absent.iter().any(|image| has(image)), "{moment} s has one of {absent:?}: {images:?}");
    };
    check(1.0, &["web:1.4.0", "mailer:3.1.0"], &["web:1.5.0", "report:5", "busybox:1.37"]);
    check(2.5, &["web:1.4.0", "web:1.5.0"], &[]);
    check(8.0, &["web:1.5.0"], &["web:1.4.0"]);
    check(8.5, &["busybox:1.37"], &["classifier:2026-11"]);
    check(10.3, &["report:5", "classifier:2026-11", "buildkit:v0.26.2"], &[]);
    check(12.5, &["buildkit:v0.27.2", "mailer:3.1.0", "mailer:3.2.0-rc1"], &["buildkit:v0.26.2"]);
    check(17.9, &["report:5"], &["busybox:1.37", "transcoder:0.12.1"]);
    check(20.0, &["mailer:3.2.0"], &["mailer:3.2.0-rc1", "mailer:3.1.0"]);
    check(26.5, &["transcoder:0.12.1"], &["classifier:2026-11"]);
}

#[test]
fn a_tag_that_is_pushed_again_has_two_digests_until_all_its_pods_are_new() {
    let mut telling = Telling::begin(1);
    let mut check = |moment: f64, expected: usize| {
        telling.until(seconds(moment), |_| {});
        assert_eq!(digests(&telling.pods("media/player")).len(), expected, "{moment} s");
    };
    check(5.0, 1);
    check(7.5, 2);
    check(19.0, 1);
}

#[test]
fn after_a_change_in_place_the_status_tells_of_the_old_image_until_the_restart() {
    let mut telling = Telling::begin(1);
    let mut seen = Vec::new();
    telling.until(seconds(13.0), |store| {
        let pod = store.get("ci", "builder-0").unwrap();
        let (image, image_id) = app(pod);
        let told = (image.to_owned(), image_id.to_owned(), pod.statuses[0].container);
        if seen.last() != Some(&told) {
            seen.push(told);
        }
    });
    let [before, lagging, after] = &seen[..] else { panic!("three states, not {seen:?}") };
    assert_ne!(before.0, lagging.0, "the spec changes at once");
    assert_eq!((&before.1, before.2), (&lagging.1, lagging.2), "the status does not");
    assert_eq!(lagging.0, after.0);
    assert!(lagging.1 != after.1 && lagging.2 != after.2, "the restart brings both");
}

#[test]
fn an_image_that_does_not_exist_is_never_resolved() {
    let mut telling = Telling::begin(1);
    let mut reasons = BTreeSet::new();
    telling.until(seconds(18.0), |store| {
        for pod in store.pods(Some("shop")).filter(|pod| app(pod).0.ends_with("-rc1")) {
            assert_eq!((app(pod).1, pod.phase), ("", Phase::Pending));
            if let State::Waiting(reason) = pod.statuses[0].state {
                reasons.insert(reason);
            }
        }
    });
    assert_eq!(reasons, ["ContainerCreating", "ErrImagePull", "ImagePullBackOff"].into());
}

#[test]
fn the_pods_of_a_lost_node_terminate_and_come_back_elsewhere() {
    let mut telling = Telling::begin(1);
    telling.until(seconds(13.0), |_| {});
    let on_it = |store: &Store| -> (usize, usize) {
        let on_it: Vec<_> = store.pods(None).filter(|pod| pod.node.as_deref() == Some("node-c")).collect();
        (on_it.len(), on_it.iter().filter(|pod| pod.deleted.is_some()).count())
    };
    let (lost, _) = on_it(&telling.store);
    assert!(lost >= 4);
    telling.until(seconds(14.0), |_| {});
    assert_eq!(on_it(&telling.store), (lost, lost));
    telling.until(seconds(19.0), |_| {});
    assert_eq!(on_it(&telling.store), (0, 0));
    let ready = |path: &str| telling.pods(path).iter().filter(|pod| pod.is_ready()).count();
    assert_eq!((ready("shop/web"), ready("shop/cart"), ready("shop/database")), (3, 3, 1));
}

#[test]
fn a_rollout_never_has_fewer_ready_pods_than_wanted_nor_more_than_one_extra() {
    let mut telling = Telling::begin(1);
    telling.until(seconds(10.0), |store| {
        let web =
            store.pods(Some("shop")).filter(|pod| pod.name.starts_with("web-") && pod.deleted.is_none());
        let (all, ready) = web.fold((0, 0), |(all, ready), pod| (all + 1, ready + u32::from(pod.is_ready())));
        assert!(all <= 4 && ready >= 3, "{ready} of {all}");
    });
}

#[test]
fn names_and_owners_lead_to_the_workloads() {
    let mut telling = Telling::begin(1);
    let mut workloads = BTreeSet::new();
    telling.until(seconds(12.0), |store| {
        for pod in store.pods(None) {
            let template = &pod.template;
            if !template.generate_name.is_empty() && !pod.name.ends_with("-0") {
                let suffix = pod.name.strip_prefix(&*template.generate_name).unwrap();
                assert!(suffix.len() == 5 && suffix.bytes().all(|b| ALPHABET.contains(&b)), "{}", pod.name);
            }
            let controller = template.owner.as_ref().map(|owner| Controller {
                api_version: owner.api_version,
                kind: owner.kind,
                name: &owner.name,
            });
            workloads.insert(workload_of(&Origin {
                name: &pod.name,
                generate_name: &template.generate_name,
                node: pod.node.as_deref().unwrap_or_default(),
                created: pod.created.as_second(),
                controller,
                template_hash: template.label("pod-template-hash"),
                ..Origin::default()
            }));
        }
    });
    let expected = [
        "CronJob/report",
        "DaemonSet/node-agent",
        "Deployment/cart",
        "Deployment/coredns",
        "Deployment/mailer",
        "Deployment/player",
        "Deployment/transcoder",
        "Deployment/web",
        "Pod/evaluate-model",
        "StatefulSet/builder",
        "StatefulSet/database",
        "StaticPod/etcd",
        "StaticPod/kube-apiserver",
        "StaticPod/kube-scheduler",
    ];
    assert_eq!(workloads.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn all_of_it_is_a_history_that_an_api_server_could_tell() {
    let mut telling = Telling::begin(1);
    let mut known: BTreeMap<String, Arc<Pod>> = BTreeMap::new();
    for pod in telling.store.pods(None) {
        known.insert(format!("{}/{}", pod.namespace, pod.name), Arc::clone(pod));
    }
    let mut version = telling.store.version();
    telling.until(CYCLE + CYCLE * CALM * 2, |store| {
        for event in store.events_after(version).unwrap() {
            let key = format!("{}/{}", event.pod.namespace, event.pod.name);
            let before = match event.change {
                Change::Deleted => known.remove(&key),
                _ => known.insert(key, Arc::clone(&event.pod)),
            };
            assert_eq!(before.is_some(), event.change != Change::Added);
            if let Some(before) = before {
                assert_eq!(before.uid, event.pod.uid, "a name changes its life only by a deletion");
                assert!(before.deleted.is_none() || event.pod.deleted.is_some(), "no pod comes back");
            }
            for (container, status) in event.pod.containers() {
                let is_started = status.container.is_some();
                assert!(!is_started || !status.image_id.is_empty(), "no container starts without its image");
                let must_run = event.pod.phase == Phase::Running && container.kind == ContainerKind::App;
                assert!(!must_run || is_started);
            }
            version = event.pod.version;
        }
        assert!(known.values().eq(store.pods(None)), "the events add up to the state");
        assert!((15..=40).contains(&store.len()), "{} pods", store.len());
    });
}

#[test]
fn the_same_seed_tells_the_same_story_whatever_the_steps() {
    let tell = |seed: u64, step: Duration| {
        let (mut story, mut found) = Story::new(seed, Timestamp::from_second(BEGAN).unwrap());
        let mut told = Vec::new();
        let mut elapsed = Duration::ZERO;
        while elapsed < CYCLE {
            elapsed += step;
            told.extend(story.advance(&mut found, elapsed));
        }
        (told, found.pods(None).map(|pod| Pod::clone(pod)).collect::<Vec<_>>())
    };
    let story = tell(1, STEP);
    assert_eq!(story, tell(1, Duration::from_secs(15)));
    assert_ne!(story.1, tell(2, STEP).1);
}
