//! Live events: each is said at once, in the order of arrival.

use super::steps::{done, first_init, gone, pod};
use super::world::World;
use crate::inventory::ContainerKind::{App, Ephemeral, Init, Sidecar, Volume};

#[test]
fn the_first_user_adds_further_ones_join_and_leave_and_the_last_removes() {
    let mut world = World::live();
    world.check_all(
        [pod("a").app("nginx"), pod("b").app("nginx"), gone("a"), gone("b")],
        [
            "watch: +pod a of Pod/a",
            "watch: + nginx a",
            "watch: +pod b of Pod/b",
            "watch: += nginx b",
            "watch: -pod a of Pod/a",
            "watch: -= nginx a",
            "watch: -pod b of Pod/b",
            "watch: - nginx b",
        ],
    );
}

#[test]
fn a_pod_that_is_told_again_says_nothing() {
    let mut world = World::live();
    world.check(
        [pod("a").app("nginx").digest("d1"), pod("a").app("nginx").digest("d1")],
        ["+ nginx a", "= nginx d1 a"],
    );
    let changes = world.take(&pod("a").app("nginx").digest("d1"));
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn two_containers_of_a_pod_on_one_image_are_one_user() {
    let mut world = World::live();
    world.check([pod("a").app("x").kind(Init, "x")], ["+ x a"]);
    world.check([pod("a").app("x"), pod("a").app("x").app("x").app("x")], []);
    world.check([gone("a")], ["- x a"]);
}

#[test]
fn containers_of_every_kind_use_their_images() {
    let mut world = World::live();
    for (kind, image) in [(App, "a"), (Init, "b"), (Sidecar, "c"), (Ephemeral, "d"), (Volume, "e")] {
        world.check([pod("p").kind(kind, image)], [&*format!("+ {image} p")]);
        world.check([gone("p")], [&*format!("- {image} p")]);
    }
}

#[test]
fn a_debug_container_adds_its_image_to_a_running_pod() {
    let mut world = World::live();
    world.check([pod("a").app("x"), pod("a").app("x").kind(Ephemeral, "busybox")], ["+ x a", "+ busybox a"]);
}

#[test]
fn a_completed_pod_is_a_user_until_it_is_deleted() {
    let mut world = World::live();
    world.check([pod("a").app("x"), pod("a").app("x").completed()], ["+ x a"]);
    world.check([pod("b").completed().app("y")], ["+ y b"]);
    world.check([gone("a"), gone("b")], ["- x a", "- y b"]);
}

#[test]
fn live_events_keep_their_order() {
    let mut world = World::live();
    world.check([pod("a").app("x")], ["+ x a"]);
    world.check([gone("a"), pod("b").app("x"), gone("b")], ["- x a", "+ x b", "- x b"]);
}

#[test]
fn within_one_pod_what_ends_comes_before_what_begins_each_by_reference() {
    let mut world = World::live();
    world.check([pod("other").app("m").app("l")], ["+ l other", "+ m other"]);
    world.check([pod("a").app("z").app("m").app("k")], ["+ k a", "+= m a", "+ z a"]);
    world.check(
        [pod("a").app("y").app("l").app("b")],
        ["- k a", "-= m a", "- z a", "+ b a", "+= l a", "+ y a"],
    );
}

#[test]
fn another_life_of_a_name_is_another_pod() {
    let mut world = World::live();
    world.check([pod("a").app("x").app("y")], ["+ x a", "+ y a"]);
    world.check_all(
        [pod("a").life(2).app("y").app("z")],
        ["watch: -pod a of Pod/a", "watch: +pod a of Pod/a", "watch: - x a", "watch: + z a"],
    );
    world.check([gone("a")], []);
    world.check([gone("a").life(2)], ["- y a", "- z a"]);
}

#[test]
fn what_is_unknown_cannot_go() {
    let mut world = World::live();
    world.check_all([gone("a"), gone("nowhere/a")], []);
    world.check([pod("a").app("x"), gone("a"), gone("a")], ["+ x a", "- x a"]);
}

#[test]
fn a_pod_that_left_the_selector_may_return_in_the_same_life() {
    let mut world = World::live();
    world.check([pod("a").app("x"), gone("a"), pod("a").app("x")], ["+ x a", "- x a", "+ x a"]);
}

#[test]
fn two_spellings_are_one_image_and_lines_keep_that_of_the_added_line() {
    let mut world = World::live();
    world.check([pod("a").app("nginx")], ["+ nginx a"]);
    world
        .check([pod("b").app("docker.io/library/nginx:latest").digest("d1")], ["+= nginx b", "= nginx d1 b"]);
    world.check([gone("a")], ["-= nginx a"]);
    world.check([pod("b").app("index.docker.io/nginx").digest("d2")], ["~ nginx d1 -> d2 b"]);
    world.check([gone("b")], ["- nginx b"]);
    world.check([pod("b").app("library/nginx")], ["+ library/nginx b"]);
}

#[test]
fn the_spelling_of_an_added_line_of_a_list_is_its_pods() {
    let mut world = World::new();
    world.check(
        [first_init(), pod("b").app("nginx"), pod("a").app("library/nginx"), done()],
        ["+ library/nginx a"],
    );
}

#[test]
fn a_text_that_the_grammar_refuses_is_an_image_too() {
    let mut world = World::live();
    world.check(
        [pod("a").app("UPPER CASE"), pod("b").app("UPPER CASE")],
        ["+ UPPER CASE a", "+= UPPER CASE b"],
    );
    world.check(
        [pod("a").app(""), pod("b").app("x\ny")],
        ["-= UPPER CASE a", "+  a", "- UPPER CASE b", "+ x\ny b"],
    );
}

#[test]
fn a_pod_without_containers_uses_nothing() {
    let mut world = World::live();
    world.check_all([pod("a"), gone("a")], ["watch: +pod a of Pod/a", "watch: -pod a of Pod/a"]);
}

#[test]
fn the_user_names_the_first_container_with_the_image() {
    let mut world = World::live();
    let changes = world.take(&pod("a").app("y").kind(Init, "x").app("x").workload("Job/a"));
    let users: Vec<_> = changes
        .events
        .iter()
        .filter_map(|event| match event {
            crate::inventory::change::Event::Image(event) => Some(&event.user),
            crate::inventory::change::Event::Pod(_) => None,
        })
        .map(|user| (&*user.workload, &*user.container, user.kind))
        .collect();
    assert_eq!(users, [("Job/a", "c2", Init), ("Job/a", "c1", App)]);
}

#[test]
fn a_place_of_use_opens_with_its_first_pod_and_closes_with_its_last() {
    let mut world = World::live();
    let web = |name| pod(name).workload("web").app("x");
    world.check_uses([web("a"), web("b")], ["Opened { active: true } web c1"]);
    world.check_uses([web("a").completed()], []);
    world.check_uses([web("b").completed()], ["Deactivated web c1"]);
    world.check_uses([web("b").digest("d1")], ["Opened { active: true } web c1 d1"]);
    world.check_uses([gone("b")], ["Closed web c1 d1"]);
    world.check_uses([gone("a")], ["Closed web c1"]);
    world.check_uses([web("a").completed()], ["Opened { active: false } web c1"]);
    world.check_uses([web("b")], ["Activated web c1"]);
}

#[test]
fn pods_that_differ_in_no_more_than_a_container_s_name_or_kind_use_their_image_in_two_places() {
    let mut world = World::live();
    let web = |pod_name, kind, name| pod(pod_name).workload("web").container(kind, name, "x");
    world.check_uses([web("a", App, "c")], ["Opened { active: true } web c"]);
    world.check_uses([web("b", App, "d")], ["Opened { active: true } web d"]);
    world.check_uses([web("c", Init, "d")], ["Opened { active: true } web d"]);
}
