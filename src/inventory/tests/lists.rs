//! Lists: what they tell is said as one net difference when they are whole.

use super::steps::{broken, done, done_without_sweep, first_init, gone, init, keep, pod};
use super::world::World;

#[test]
fn a_list_that_began_anew_sweeps_what_only_the_broken_one_held() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("a"), pod("b").app("b"), done()], ["+ a a", "+ b b"]);
    world.check([init(), init(), pod("a").app("a"), done()], ["- b b"]);
}

#[test]
fn the_net_difference_is_added_then_removed_then_digests_each_by_reference() {
    let mut world = World::new();
    world.check(
        [first_init(), pod("1").app("n"), pod("2").app("c"), pod("3").app("m").digest("d1"), done()],
        ["+ c 2", "+ m 3", "+ n 1", "= m d1 3"],
    );
    world.check(
        [
            init(),
            pod("6").app("z").digest("d6"),
            pod("5").app("b").digest("d5"),
            pod("3").app("m").digest("d2").run("second"),
            done(),
        ],
        ["+ b 5", "+ z 6", "- c 2", "- n 1", "= b d5 5", "~ m d1 -> d2 3", "= z d6 6"],
    );
}

#[test]
fn the_pod_of_a_net_difference_is_the_first_by_namespace_and_name() {
    let mut world = World::new();
    let pods = [first_init(), pod("z/a").app("x"), pod("b/z").app("x"), pod("b/c").app("x"), done()];
    world.check(pods, ["+ x b/c"]);
    world.check([init(), done()], ["- x b/c"]);
}

#[test]
fn the_pod_of_a_removal_is_the_first_that_left_whatever_the_order() {
    let mut world = World::new();
    let pods = [first_init(), pod("a").app("x"), pod("b").app("x"), pod("c").app("x"), done()];
    world.check(pods, ["+ x a"]);
    let pods = [init(), pod("b").app("y"), pod("a").app("y"), pod("c").app("y"), done()];
    world.check(pods, ["+ y a", "- x a"]);
}

#[test]
fn the_pods_that_a_list_lacks_go_by_namespace_and_name() {
    let mut world = World::new();
    let pods = [first_init(), pod("z/a").app("x"), pod("b/z").app("x"), pod("b/c").app("x"), done()];
    world.check(pods, ["+ x b/c"]);
    world.check_all(
        [init(), done()],
        [
            "relist: -pod b/c of Pod/c",
            "relist: -pod b/z of Pod/z",
            "relist: -pod z/a of Pod/a",
            "relist: - x b/c",
        ],
    );
}

#[test]
fn the_pod_of_a_digest_is_the_first_that_runs_it() {
    let mut world = World::new();
    world.check(
        [
            first_init(),
            pod("c").app("x").digest("d1"),
            pod("a").app("x"),
            pod("b").app("x").digest("d1"),
            done(),
        ],
        ["+ x a", "= x d1 b"],
    );
}

#[test]
fn an_image_that_moved_between_pods_is_silent_whatever_the_order() {
    let check = |pods: [_; 2]| {
        let mut world = World::new();
        world.check([first_init(), pod("a").app("x"), pod("b").app("y"), done()], ["+ x a", "+ y b"]);
        let [first, second] = pods;
        world.check([init(), first, second, done()], []);
    };
    let (a, b) = (pod("a").app("y"), pod("b").app("x"));
    check([a.clone(), b.clone()]);
    check([b, a]);
    check([pod("c").app("y"), pod("d").app("x")]);
}

#[test]
fn an_image_change_in_a_pod_of_a_list_waits_for_its_end() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), done()], ["+ x a"]);
    world.check([init(), pod("a").app("y")], []);
    world.check([done()], ["+ y a", "- x a"]);
}

#[test]
fn a_deletion_during_a_list_waits_for_its_end() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), done()], ["+ x a"]);
    world.check([init(), gone("a")], []);
    world.check([done()], ["- x a"]);
}

#[test]
fn a_broken_list_says_what_it_brought_and_removes_nothing() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("w"), done()], ["+ w b", "+ x a"]);
    world.check([init(), pod("a").app("y"), broken()], ["+ y a"]);
    world.check([init(), pod("a").app("y"), broken()], []);
    world.check([init(), pod("a").app("y"), done()], ["- w b", "- x a"]);
}

#[test]
fn a_list_that_begins_again_without_a_word_removes_nothing() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("y"), done()], ["+ x a", "+ y b"]);
    world.check([init(), pod("a").app("x"), init(), pod("b").app("y"), init()], []);
    world.check([pod("a").app("x"), pod("b").app("y"), done()], []);
}

#[test]
fn an_image_that_a_broken_list_took_away_and_the_next_brings_back_is_silent() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), done()], ["+ x a"]);
    world.check([init(), pod("a").app("y"), broken()], ["+ y a"]);
    world.check([init(), pod("a").app("x"), done()], ["- y a"]);
}

#[test]
fn an_image_that_came_and_went_within_a_list_is_silent() {
    let mut world = World::live();
    world.check([init(), pod("a").app("x"), pod("a").app("y"), done()], ["+ y a"]);
}

#[test]
fn an_empty_list_that_is_whole_removes_all() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), done()], ["+ x a"]);
    world.check([init(), done()], ["- x a"]);
}

#[test]
fn the_end_of_a_list_that_never_began_says_nothing() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), done()], ["+ x a"]);
    world.check([done(), broken()], []);
    world.check([gone("a")], ["- x a"]);
    world.check([pod("a").app("x")], ["+ x a"]);
    world.check([init(), broken(), done()], []);
    world.check([init(), done()], ["- x a"]);
}

#[test]
fn the_end_of_a_list_that_broke_does_not_make_it_whole() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("y"), done()], ["+ x a", "+ y b"]);
    world.check([init(), pod("a").app("x"), broken(), done()], []);
    world.check([init(), pod("a").app("x"), pod("b").app("y"), done()], []);
}

#[test]
fn a_list_with_an_object_that_could_not_be_named_sweeps_nothing() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("y"), done()], ["+ x a", "+ y b"]);
    world.check([init(), pod("a").app("z"), done_without_sweep()], ["+ z a", "- x a"]);
    world.check([init(), pod("a").app("z"), done()], ["- y b"]);
}

#[test]
fn a_pod_that_could_not_be_read_stays_as_it_was_known() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("y"), done()], ["+ x a", "+ y b"]);
    world.check([init(), keep("a"), keep("unknown"), done()], ["- y b"]);
    world.check([keep("a"), keep("elsewhere/a")], []);
    world.check([gone("a")], ["- x a"]);
}

#[test]
fn a_list_says_no_one_joined_or_left() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("x"), done()], ["+ x a"]);
    world.check([init(), pod("b").app("x"), pod("c").app("x"), done()], []);
    world.check([gone("b")], ["-= x b"]);
    world.check([gone("c")], ["- x c"]);
}

#[test]
fn each_event_of_a_list_bears_its_cause() {
    let mut world = World::new();
    world.check_all([first_init(), pod("a").app("x"), done()], ["start: +pod a of Pod/a", "start: + x a"]);
    world.check_all(
        [init(), pod("b").app("y"), done()],
        ["relist: +pod b of Pod/b", "relist: -pod a of Pod/a", "relist: + y b", "relist: - x a"],
    );
}

#[test]
fn a_removal_after_a_broken_list_names_a_pod_that_used_that_very_image() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("x"), done()], ["+ x a"]);
    // The broken list takes the image from a; then its last user goes, and its number is free.
    world.check([init(), pod("a").app("y"), broken()], ["+ y a"]);
    world.check([gone("b")], ["- x b"]);
    world.check([pod("z").app("other")], ["+ other z"]);
    world.check([init(), pod("a").app("y"), done()], ["- other z"]);
}

#[test]
fn a_removal_after_a_broken_list_names_a_pod_of_this_period_of_use() {
    let mut world = World::new();
    let x = |name| pod(name).app("x").digest("d1");
    world.check([first_init(), x("a"), x("b"), done()], ["+ x a", "= x d1 a"]);
    // The broken list takes the image from a. It is remembered for its digest, a is not.
    world.check([init(), pod("a").app("y"), broken()], ["+ y a"]);
    world.check([gone("b"), x("z")], ["- x b", "+ x z", "= x d1 z"]);
    world.check([init(), pod("a").app("y"), done()], ["- x z"]);
}

#[test]
fn a_removal_names_no_pod_that_left_in_an_earlier_list() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("x"), done()], ["+ x a"]);
    world.check([init(), pod("b").app("x"), done()], []);
    world.check([init(), done()], ["- x b"]);
}
