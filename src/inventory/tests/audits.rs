//! Audits: lists that come beside live events, and yield to them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::properties::steps;
use super::steps::{
    Step, What, audit, audited, broken, done, done_without_sweep, first_init, gone, init, keep, pod, restart,
};
use super::world::{World, namespace};
use crate::inventory::lists::DELETIONS_KEPT;
use crate::inventory::{PodEvent, Time};

/// A world with a pod `a` that uses x and a pod `b` that uses y.
fn world() -> World {
    let mut world = World::new();
    world.check([first_init(), a(), b(), done()], ["+ x a", "+ y b"]);
    world
}

fn a() -> Step {
    pod("a").app("x")
}

fn b() -> Step {
    pod("b").app("y")
}

#[test]
fn an_audit_that_lists_what_is_known_says_nothing() {
    world().check_all([audit(), audited(b()), audited(a()), done()], []);
}

#[test]
fn what_happens_during_an_audit_is_said_at_once() {
    let mut world = world();
    world.check([audit(), audited(b())], []);
    world.check_all([pod("c").app("z")], ["watch: +pod c of Pod/c", "watch: + z c"]);
    world.check_all([gone("c")], ["watch: -pod c of Pod/c", "watch: - z c"]);
    world.check([pod("a").app("w")], ["- x a", "+ w a"]);
    world.check([gone("b")], ["- y b"]);
    world.check([audited(a()), done()], []);
    world.check([gone("a")], ["- w a"]);
    world.check_is_empty();
}

#[test]
fn a_pod_that_is_gone_since_stays_gone_though_it_is_listed() {
    let mut world = world();
    world.check([audit(), gone("a"), audited(a()), audited(b())], ["- x a"]);
    // Its successor under the same name came and went too.
    world.check([pod("a").life(2).app("x"), gone("a").life(2), audited(a())], ["+ x a", "- x a"]);
    world.check([done()], []);
    // Only while the audit is under way.
    world.check([audit(), audited(a()), audited(b()), done()], ["+ x a"]);
}

#[test]
fn what_the_watch_never_told_is_said_when_the_audit_is_whole() {
    let mut world = world();
    world.check([audit(), audited(pod("c").app("z")), audited(pod("b").app("y2"))], []);
    world.check_all(
        [done()],
        ["relist: -pod a of Pod/a", "relist: + y2 b", "relist: + z c", "relist: - x a", "relist: - y b"],
    );
}

#[test]
fn an_image_that_an_audit_finds_with_other_pods_is_silent() {
    let mut world = world();
    world.check([audit(), audited(pod("a").app("y")), audited(pod("b").app("x")), done()], []);
}

#[test]
fn a_live_event_for_what_an_audit_found_is_said_at_once() {
    let mut world = world();
    world.check([audit(), audited(pod("a").app("z")), audited(b())], []);
    world.check([pod("c").app("z")], ["+ z c"]);
    world.check([gone("b")], ["- y b"]);
    world.check([done()], ["- x a"]);
}

#[test]
fn a_pod_that_could_not_be_read_stays_whether_the_watch_or_the_audit_met_it() {
    let mut world = world();
    world.check([audit(), keep("a"), audited(pod("a").app("z")), keep("b"), done()], []);
    world.check([audit(), done_without_sweep()], []);
}

#[test]
fn an_audit_that_breaks_off_removes_nothing_and_says_what_it_found() {
    let mut world = world();
    world.check([audit(), audited(pod("a").app("z")), broken()], ["+ z a"]);
    // As after any list that broke, what it took away waits for a whole one.
    world.check([audit(), audited(pod("a").app("z")), broken()], []);
    world.check([audit(), audited(pod("a").app("z")), audited(b()), done()], ["- x a"]);
}

#[test]
fn an_audit_that_breaks_off_holds_back_only_what_it_took_away() {
    let mut world = World::of([namespace("x"), namespace("y")]);
    let (x, y) = (pod("x/a").app("x"), pod("y/a").app("y").of(1));
    world.check([first_init(), x.clone(), done()], ["+ x x/a"]);
    world.check([first_init().of(1), y.clone(), done().of(1)], ["+ y y/a"]);
    world.check([audit(), audited(x.clone()), broken()], []);
    world.check([init().of(1), done().of(1), y], ["- y y/a", "+ y y/a"]);
    // What it took away may only have moved. The list of another scope removes at once all the same.
    world.check([audit(), audited(pod("x/a").app("z")), broken()], ["+ z x/a"]);
    world.check([init().of(1), done().of(1)], ["- y y/a"]);
    world.check([init(), x, done()], ["- z x/a"]);
}

#[test]
fn what_an_image_lost_to_a_restart_is_not_decided_by_an_audit_that_breaks_off() {
    let mut world = world();
    world.check([init(), pod("a").app("z"), restart()], []);
    world.check([audit(), broken()], ["+ z a"]);
    world.check([audit(), audited(pod("a").app("z")), audited(b()), done()], ["- x a"]);
}

#[test]
fn a_list_makes_an_audit_void_and_an_audit_a_list() {
    let mut world = world();
    world.check([audit(), init(), a(), b(), audited(pod("a").app("z")), done()], []);
    world.check([audited(pod("a").app("z")), done()], []);
    world.check([init(), pod("a").app("z"), audit(), audited(a()), audited(b()), done()], []);
}

#[test]
fn an_audit_waits_for_the_list_of_another_scope_with_its_removals_and_not_the_list_for_it() {
    let moved = || pod("y/a").app("x").of(1);
    let x_and_y = || {
        let mut world = World::of([namespace("x"), namespace("y")]);
        world.check([first_init(), pod("x/a").app("x"), done()], ["+ x x/a"]);
        world.check([first_init().of(1), pod("y/a").app("y").of(1), done().of(1)], ["+ y y/a"]);
        world
    };
    let mut world = x_and_y();
    world.check([init().of(1), audit(), done()], []);
    world.check([moved(), done().of(1)], ["- y y/a"]);
    let mut world = x_and_y();
    world.check([audit(), init().of(1), moved(), done().of(1)], ["- y y/a"]);
    world.check([done()], []);
}

#[test]
fn however_many_pods_go_during_an_audit_memory_is_bounded_and_none_comes_back() {
    let mut world = world();
    world.check([audit()], []);
    let scope = crate::inventory::ScopeId(0);
    for number in 0..=DELETIONS_KEPT {
        let uid = crate::inventory::Uid::parse(&number.to_string());
        let (namespace, name) = ("default".into(), "gone".into());
        world.inventory.apply(PodEvent::Delete { scope, namespace, name, uid }, Time(0));
    }
    // One too many: unknown pods may be any of those that went, known ones are checked as ever.
    world.check([audited(pod("c").app("z")), audited(a()), done()], ["- y b"]);
    world.check([audit(), audited(pod("c").app("z")), audited(a()), done()], ["+ z c"]);
}

/// What the cluster holds after these steps, by namespace and name.
fn hold(pods: &mut BTreeMap<(String, String), Step>, step: &Step) {
    match &step.what {
        What::Pod(pod) => {
            pods.insert((pod.namespace.to_string(), pod.name.to_string()), step.clone());
        }
        What::Gone { namespace, name, uid } => {
            let key = (namespace.clone(), name.clone());
            let is_gone = |of: &Step| matches!(&of.what, What::Pod(pod) if pod.uid == *uid);
            if pods.get(&key).is_some_and(is_gone) {
                pods.remove(&key);
            }
        }
        other => panic!("{other:?} is nothing that happens to a cluster"),
    }
}

/// Things that happen to a cluster; each life of a name ends before the next begins.
fn happenings(count: usize) -> impl Strategy<Value = Vec<Step>> {
    steps(count).prop_map(|steps| {
        let mut pods = BTreeMap::new();
        let mut told = Vec::new();
        for (step, _) in steps {
            let step = step.of(0);
            let What::Pod(pod) = &step.what else {
                if let What::Gone { .. } = &step.what {
                    told.push(step);
                }
                continue;
            };
            let key = (pod.namespace.to_string(), pod.name.to_string());
            if let Some(Step { what: What::Pod(former), .. }) = pods.insert(key, step.clone())
                && former.uid != pod.uid
            {
                let (namespace, name) = (former.namespace.to_string(), former.name.to_string());
                told.push(Step { scope: 0, what: What::Gone { namespace, name, uid: former.uid } });
            }
            told.push(step);
        }
        told
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What the watch tells in time is told alike with an audit beside it and without one, however
    /// the two interleave; what it kept back before is healed.
    #[test]
    fn an_audit_is_invisible_unless_something_was_kept_back(
        happenings in happenings(40),
        asked_at in any::<prop::sample::Index>(),
        kept_back in prop_oneof![Just(0), 1..5_usize],
        order in any::<u64>(),
    ) {
        let (before, after) = happenings.split_at(asked_at.index(happenings.len() + 1));
        let (before, kept_back) = before.split_at(before.len().saturating_sub(kept_back));
        let (mut audited_world, mut plain) = (World::live(), World::live());
        let mut cluster = BTreeMap::new();
        for step in before {
            audited_world.take(step);
            plain.take(step);
            hold(&mut cluster, step);
        }
        for step in kept_back {
            hold(&mut cluster, step);
        }
        let mut listed: Vec<Step> = cluster.values().cloned().map(audited).collect();
        let mut random = order;
        let mut draw = |below: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(random >> 33).expect("31 bits") % below
        };
        audited_world.take(&audit());
        for step in after {
            while !listed.is_empty() && draw(2) == 0 {
                let at = draw(listed.len());
                let changes = audited_world.take(&listed.swap_remove(at));
                prop_assert!(!kept_back.is_empty() || changes.events.is_empty());
            }
            let changes = audited_world.take(step);
            if kept_back.is_empty() {
                prop_assert_eq!(changes.events, plain.take(step).events);
            }
            hold(&mut cluster, step);
        }
        for step in &listed {
            audited_world.take(step);
        }
        let changes = audited_world.take(&done());
        prop_assert!(!kept_back.is_empty() || changes.events.is_empty(), "{:?}", changes.events);

        audited_world.commit();
        let pods = audited_world.stored.pods.iter().map(|(key, row)| (key.clone(), row.uid));
        let held = cluster.iter().map(|(key, step)| match &step.what {
            What::Pod(pod) => (key.clone(), pod.uid),
            other => panic!("{other:?}"),
        });
        prop_assert_eq!(pods.collect::<Vec<_>>(), held.collect::<Vec<_>>());
    }
}
