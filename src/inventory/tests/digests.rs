//! Digests: resolved, moved, and whose a status tells.

use super::steps::{Step, digest, done, first_init, gone, init, pod, restart};
use super::world::{World, selector};
use crate::inventory::ContainerKind::{Ephemeral, Volume};

#[test]
fn a_digest_that_comes_late_resolves_the_image() {
    let mut world = World::live();
    world.check([pod("a").app("x")], ["+ x a"]);
    world.check([pod("a").app("x").digest("d1").run("1")], ["= x d1 a"]);
    world.check([pod("b").app("x").digest("d1").run("2")], ["+= x b"]);
}

#[test]
fn each_period_of_use_is_resolved_anew() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1"), gone("a")], ["+ x a", "= x d1 a", "- x a"]);
    world.check([pod("a").app("x").digest("d1")], ["+ x a", "= x d1 a"]);
}

#[test]
fn another_digest_under_a_tag_is_a_move() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1")], ["+ x a", "= x d1 a"]);
    world.check([pod("b").app("x").digest("d2")], ["+= x b", "~ x d1 -> d2 b"]);
    world.check([pod("c").app("x").digest("d1")], ["+= x c"]);
}

#[test]
fn a_digest_that_was_live_before_is_a_return() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1")], ["+ x a", "= x d1 a"]);
    world.check([pod("a").app("x").digest("d2").run("2")], ["~ x d1 -> d2 a"]);
    world.check([pod("a").app("x").digest("d1").run("3")], ["~ x d2 -> d1 again a"]);
}

#[test]
fn a_digest_that_went_and_came_with_nothing_in_between_is_no_move() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1"), pod("b").app("x")], ["+ x a", "= x d1 a", "+= x b"]);
    world.check([gone("a"), pod("b").app("x").digest("d1")], ["-= x a"]);
}

#[test]
fn a_move_is_from_the_digest_that_was_live_last() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1")], ["+ x a", "= x d1 a"]);
    world.check([pod("b").app("x").digest("d2")], ["+= x b", "~ x d1 -> d2 b"]);
    world.check([gone("b")], ["-= x b"]);
    world.check([pod("a").app("x").digest("d3")], ["~ x d1 -> d3 a"]);
}

#[test]
fn the_last_digest_of_a_period_is_the_one_that_was_live_last() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1")], ["+ x a", "= x d1 a"]);
    world.check([pod("b").app("x").digest("d2")], ["+= x b", "~ x d1 -> d2 b"]);
    world.check([gone("b"), gone("a")], ["-= x b", "- x a"]);
    world.check([pod("a").app("x").digest("d1")], ["+ x a", "= x d1 a"]);
}

#[test]
fn an_image_that_returns_is_compared_with_the_end_of_its_last_period() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1"), gone("a")], ["+ x a", "= x d1 a", "- x a"]);
    world.check([pod("a").app("x").digest("d2")], ["+ x a", "= x d2 a", "~ x d1 -> d2 a"]);
    world.check(
        [gone("a"), restart(), pod("a").app("x").digest("d1")],
        ["- x a", "+ x a", "= x d1 a", "~ x d2 -> d1 a"],
    );
}

#[test]
fn a_period_without_a_digest_keeps_the_one_before() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1"), gone("a")], ["+ x a", "= x d1 a", "- x a"]);
    world.check([pod("a").app("x"), gone("a")], ["+ x a", "- x a"]);
    world.check([pod("a").app("x").digest("d2")], ["+ x a", "= x d2 a", "~ x d1 -> d2 a"]);
}

#[test]
fn a_return_to_the_last_digest_of_the_period_before_is_seen_before() {
    let mut world = World::live();
    world.check([pod("a").app("x").digest("d1"), gone("a")], ["+ x a", "= x d1 a", "- x a"]);
    world.check([pod("a").app("x").digest("d2")], ["+ x a", "= x d2 a", "~ x d1 -> d2 a"]);
    world.check([pod("b").app("x").digest("d1")], ["+= x b", "~ x d2 -> d1 again b"]);
}

#[test]
fn what_is_pinned_or_refused_by_the_grammar_never_moves() {
    for image in [format!("x@{}", digest("pinned")), format!("x:1@{}", digest("pinned")), "NO TAG".to_owned()]
    {
        let mut world = World::live();
        world.check(
            [pod("a").app(&image).digest("d1"), pod("b").app(&image).digest("d2"), gone("a")],
            [
                &*format!("+ {image} a"),
                &format!("= {image} d1 a"),
                &format!("+= {image} b"),
                &format!("-= {image} a"),
            ],
        );
    }
}

#[test]
fn two_containers_of_a_pod_may_run_two_digests_of_one_image() {
    let mut world = World::live();
    let both = pod("a").app("x").digest("d2").app("x").digest("d1");
    world.check([both.clone(), both], ["+ x a", "= x d1 a", "~ x d1 -> d2 a"]);
    world.check([pod("a").app("x").digest("d2"), pod("a").app("x").digest("d1")], ["~ x d2 -> d1 again a"]);
}

/// A pod whose one container has this image, and a status of this run that tells this digest.
fn status(image: &str, run: &str, label: &str) -> Step {
    let pod = pod("a").app(image).run(run);
    if label.is_empty() { pod } else { pod.digest(label) }
}

#[test]
fn after_an_image_change_a_status_of_the_same_run_is_that_of_the_former_image() {
    let mut world = World::live();
    world.check([status("x", "1", "d1")], ["+ x a", "= x d1 a"]);
    world.check([status("y", "1", "d1"), status("y", "1", "d1")], ["- x a", "+ y a"]);
    world.check([status("y", "2", "d2"), status("y", "2", "d2")], ["= y d2 a"]);
}

#[test]
fn an_image_that_changed_twice_waits_for_a_run_after_the_second_change() {
    let mut world = World::live();
    world.check([status("x", "1", "d1"), status("y", "1", "d1")], ["+ x a", "= x d1 a", "- x a", "+ y a"]);
    world.check([status("z", "1", "d1")], ["- y a", "+ z a"]);
    world.check([status("z", "1", "d1")], []);
    world.check([status("z", "2", "d3")], ["= z d3 a"]);
    world.check([status("y", "2", "d3")], ["- z a", "+ y a"]);
    world.check([status("x", "2", "d3"), status("x", "3", "d1")], ["- y a", "+ x a", "= x d1 a"]);
}

#[test]
fn a_container_that_had_not_started_lags_until_its_first_run() {
    let mut world = World::live();
    world.check([status("x", "", ""), status("y", "", "")], ["+ x a", "- x a", "+ y a"]);
    world.check([status("y", "", "d1")], []);
    world.check([status("y", "1", "d1")], ["= y d1 a"]);
}

#[test]
fn a_run_that_begins_and_stays_unresolved_resolves_later() {
    let mut world = World::live();
    world.check([status("x", "1", "d1"), status("y", "1", "d1")], ["+ x a", "= x d1 a", "- x a", "+ y a"]);
    world.check([status("y", "2", "")], []);
    world.check([status("y", "2", "d2")], ["= y d2 a"]);
}

#[test]
fn a_container_that_ran_anew_lags_no_more_even_if_nothing_else_told_so() {
    let mut world = World::live();
    world.check([status("x", "1", "d1"), status("y", "1", "d1")], ["+ x a", "= x d1 a", "- x a", "+ y a"]);
    world.check([status("y", "2", ""), restart(), status("y", "1", "d2")], ["= y d2 a"]);
}

#[test]
fn a_status_lags_across_a_restart_and_in_a_list() {
    let mut world = World::live();
    world.check([status("x", "1", "d1"), status("y", "1", "d1")], ["+ x a", "= x d1 a", "- x a", "+ y a"]);
    world.check([restart(), init(), status("y", "1", "d1"), done()], []);
    world.check([restart(), status("y", "1", "d1")], []);
    world.check([restart(), status("y", "2", "d2")], ["= y d2 a"]);
    world.check([restart(), init(), status("z", "2", "d2"), done(), restart()], ["+ z a", "- y a"]);
    world.check([status("z", "2", "d2"), status("z", "3", "d3")], ["= z d3 a"]);
}

/// How a list tells of a container that ran `x` with this digest in run 1, its spec names `y` now.
#[test]
fn after_a_gap_a_status_is_the_new_images_if_it_tells_another_digest_than_the_former_ones() {
    let check = |former: &str, listed: Step, is_resolved: bool| {
        let mut world = World::live();
        world.take(&status("x", "1", former));
        world.commit();
        let lists = [restart(), init(), listed, done()];
        let runs_anew = [status("y", "3", "d2")];
        if is_resolved {
            world.check(lists, ["+ y a", "- x a", "= y d2 a"]);
            world.check(runs_anew, []);
        } else {
            world.check(lists, ["+ y a", "- x a"]);
            world.check(runs_anew, ["= y d2 a"]);
        }
    };
    check("d1", status("y", "2", "d2"), true);
    check("d1", status("y", "1", "d2"), true);
    // A tag of the same image, or a status from before the change.
    check("d1", status("y", "1", "d1"), false);
    check("d1", status("y", "2", "d1"), false);
    // Nothing to compare: it may be either's.
    check("", status("y", "2", "d2"), false);
    check("d1", status("y", "2", ""), false);
}

#[test]
fn another_spelling_of_the_same_image_is_no_change_of_image() {
    let mut world = World::live();
    world.check([status("x", "1", "d1")], ["+ x a", "= x d1 a"]);
    world.check([status("docker.io/library/x:latest", "1", "d2")], ["~ x d1 -> d2 a"]);
}

#[test]
fn another_life_does_not_lag() {
    let mut world = World::live();
    world.check([status("x", "1", "d1")], ["+ x a", "= x d1 a"]);
    world.check([status("y", "1", "d2").life(2)], ["- x a", "+ y a", "= y d2 a"]);
    world.check([status("x", "1", "d2").life(2), gone("a").life(2)], ["- y a", "+ x a", "- x a"]);
    world.check([status("x", "1", "d1").life(2)], ["+ x a", "= x d1 a"]);
}

#[test]
fn only_the_container_that_changed_lags_not_a_volume_of_its_name() {
    let mut world = World::live();
    let with = |image: &str| pod("a").container(Ephemeral, "c", image).run("1").digest("d1");
    world.check([with("x").container(Volume, "c", "v")], ["+ v a", "+ x a", "= x d1 a"]);
    world.check([with("y").container(Volume, "c", "v").digest("d9")], ["- x a", "+ y a", "= v d9 a"]);
}

#[test]
fn a_container_in_the_place_of_another_one_does_not_lag() {
    let mut world = World::live();
    world.check([pod("a").container(Ephemeral, "c", "x").digest("d1")], ["+ x a", "= x d1 a"]);
    let before = pod("a").container(Ephemeral, "b", "y").digest("d1");
    world.check([before.container(Ephemeral, "c", "x").digest("d1")], ["+ y a", "= y d1 a"]);
}

#[test]
fn the_digests_of_a_list_are_a_net_difference_too() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x").digest("d1"), done()], ["+ x a", "= x d1 a"]);
    world.check(
        [init(), pod("a").app("x").digest("d2"), pod("b").app("x").digest("d1"), pod("a").app("x"), done()],
        [],
    );
    world.check([init(), pod("b").app("x").digest("d2"), done()], ["~ x d1 -> d2 b"]);
}

#[test]
fn several_digests_of_a_list_are_told_in_the_order_of_their_text() {
    let mut world = World::new();
    let pods = [first_init(), pod("a").app("x").digest("d2"), pod("b").app("x").digest("d1"), done()];
    world.check(pods, ["+ x a", "= x d1 b", "~ x d1 -> d2 a"]);
}

#[test]
fn a_move_is_from_the_digest_that_is_live_though_another_ended_in_a_list_before_a_restart() {
    let mut world = World::live();
    let (d1, d2) = (pod("a").app("x").digest("d1"), pod("b").app("x").digest("d2"));
    world.check([d1.clone(), d2, pod("b").app("x")], ["+ x a", "= x d1 a", "+= x b", "~ x d1 -> d2 b"]);
    world.check([pod("b").app("x").digest("d2")], ["~ x d1 -> d2 again b"]);
    world.check([init(), pod("b").app("x"), restart(), init(), d1, pod("b").app("x"), done()], []);
    world.check([pod("c").app("x").digest("d3")], ["+= x c", "~ x d1 -> d3 c"]);
}

#[test]
fn digests_of_an_image_that_a_list_will_add_wait_with_it() {
    let mut world = World::of([selector("app=web"), selector("app=db")]);
    world.check([init().of(0), pod("a").app("x").of(0), pod("a").app("x").digest("d1").of(1)], []);
    world.check([done().of(0)], ["+ x a", "= x d1 a"]);
}

#[test]
fn a_pod_that_goes_takes_its_lag_with_it() {
    let mut world = World::live();
    world.check([status("x", "1", "d1"), status("y", "1", "d1")], ["+ x a", "= x d1 a", "- x a", "+ y a"]);
    world.check([gone("a"), status("y", "1", "d2")], ["- y a", "+ y a", "= y d2 a"]);
}

/// The repositories that the rows of a pod's containers report.
fn reported(world: &World) -> Vec<Option<&str>> {
    let shapes = world.stored.shapes.values();
    shapes.flat_map(|shape| &shape.containers).map(|container| container.reported.as_deref()).collect()
}

#[test]
fn another_repository_that_a_status_reports_is_kept_with_the_digest_and_changes_no_line() {
    let mut world = World::live();
    let mirrored = |image: &str, run: &str| status(image, run, "d1").reported("quay.io/mirror/x");
    world.check([status("x", "1", "d1").reported("x")], ["+ x a", "= x d1 a"]);
    assert_eq!(reported(&world), [None]);
    world.check([mirrored("x", "1")], []);
    assert_eq!(reported(&world), [Some("quay.io/mirror/x")]);
    world.check([restart(), mirrored("x", "1"), mirrored("y", "1")], ["- x a", "+ y a"]);
    assert_eq!(reported(&world), [None], "the status lags");
    world.check([mirrored("y", "2"), gone("a")], ["= y d1 a", "- y a"]);
}

#[test]
fn a_pod_that_runs_a_digest_in_two_containers_moves_its_tag_once() {
    let mut world = World::live();
    world.check([pod("b").app("x").digest("d1")], ["+ x b", "= x d1 b"]);
    let both = pod("a").app("x").digest("d2").app("x").digest("d2");
    world.check([both], ["+= x a", "~ x d1 -> d2 a"]);
}
