//! Images that linger: nothing is said of a last user that goes and comes again in time.

use super::steps::{
    Step, audit, audited, broken, done, first_init, gone, init, pod, restart, restart_with, wait,
};
use super::world::{World, namespace};
use crate::inventory::Time;

#[test]
fn an_image_is_removed_once_it_had_no_user_for_long_enough() {
    let mut world = World::lingering(10);
    world.check([wait(5), pod("a").app("x"), gone("a"), wait(9)], ["+ x a"]);
    world.check([wait(1)], ["- x a used until 5"]);
    world.check_is_empty();
}

#[test]
fn a_user_that_comes_in_time_joins_and_the_period_of_use_goes_on() {
    let mut world = World::lingering(10);
    world.check([pod("a").app("nginx").digest("d1"), gone("a"), wait(9)], ["+ nginx a", "= nginx d1 a"]);
    world.check(
        [pod("b").app("library/nginx").digest("d1"), pod("b").app("library/nginx").digest("d2")],
        ["+= nginx b", "~ nginx d1 -> d2 b"],
    );
    world.check([wait(10), gone("b"), wait(10)], ["- nginx b used until 19"]);
}

#[test]
fn a_removal_has_the_digest_that_the_last_user_ran_also_after_a_restart() {
    let check = |last: Step, restarts: bool, expected: Option<&str>| {
        let mut world = World::lingering(10);
        world.check_removals([pod("a").app("x").digest("d1"), pod("b").app("x").digest("d2")], []);
        world.check_removals([last, gone("a"), gone("b"), gone("c")], []);
        if restarts {
            world.check_removals([restart()], []);
        }
        world.check_removals([wait(10)], [expected]);
    };
    for restarts in [false, true] {
        check(wait(0), restarts, Some("d2"));
        check(pod("c").app("x").digest("d1"), restarts, Some("d1"));
        check(pod("c").app("x"), restarts, None);
    }
}

#[test]
fn a_removal_that_a_list_found_has_no_digest() {
    let mut world = World::lingering(10);
    world.check_removals([pod("a").app("x").digest("d1"), init(), done(), wait(10)], [None]);
    world.check_removals([pod("a").app("x").digest("d1"), init(), gone("a"), done(), wait(10)], [None]);
}

#[test]
fn what_is_due_is_the_end_of_the_image_that_has_lingered_for_the_longest() {
    let mut world = World::lingering(10);
    world.check([wait(5), pod("a").app("x"), pod("b").app("y")], ["+ x a", "+ y b"]);
    assert_eq!(world.inventory.due(), None);
    world.check([gone("a"), wait(3), gone("b")], []);
    assert_eq!(world.inventory.due(), Some(Time(15)));
    world.check([wait(7)], ["- x a used until 5"]);
    assert_eq!(world.inventory.due(), Some(Time(18)));
}

#[test]
fn uses_end_when_they_end() {
    let mut world = World::lingering(10);
    world.check_uses([pod("a").app("x")], ["Opened { active: true } Pod/a c1"]);
    world.check_uses([gone("a")], ["Closed Pod/a c1"]);
    world.check_uses([wait(10)], []);
}

#[test]
fn images_whose_time_is_over_go_by_the_time_of_their_last_use() {
    let mut world = World::lingering(10);
    world.check([pod("a").app("y").app("x"), pod("b").app("a")], ["+ x a", "+ y a", "+ a b"]);
    world.check([gone("a"), wait(1), gone("b")], []);
    world.check([wait(20)], ["- x a used until 0", "- y a used until 0", "- a b used until 1"]);
}

#[test]
fn what_lingers_survives_a_restart_and_follows_the_new_duration() {
    let lingers = || {
        let mut world = World::lingering(10);
        world.check([pod("a").app("x").digest("d1"), gone("a"), restart(), wait(5)], ["+ x a", "= x d1 a"]);
        world
    };
    lingers().check([wait(5)], ["- x a used until 0"]);
    lingers().check([restart_with(30), wait(24), wait(1)], ["- x a used until 0"]);
    lingers().check([restart_with(0), wait(0)], ["- x a used until 0"]);
    lingers().check([restart_with(0), pod("b").app("x").digest("d1"), gone("b")], ["+= x b", "- x b"]);
}

#[test]
fn what_lingered_long_enough_before_a_list_is_removed_by_the_clock_as_another_scope_may_use_it() {
    let mut world = World::lingering(10);
    world.check([pod("a").app("x").app("y").app("z"), gone("a")], ["+ x a", "+ y a", "+ z a"]);
    world.now = 10;
    world.check([restart(), first_init(), wait(5), pod("b").app("y"), done()], []);
    world.check([wait(0)], ["- x a used until 0", "- z a used until 0"]);
}

#[test]
fn what_a_list_finds_unused_lingers_from_then_on() {
    let mut world = World::lingering(10);
    world.check(
        [pod("a").app("x"), pod("b").app("y"), wait(3), init(), pod("a").app("z")],
        ["+ x a", "+ y b"],
    );
    world.check([wait(2), done()], ["+ z a"]);
    world.check([wait(8)], ["- x a used until 3"]);
    world.check([wait(2)], ["- y b used until 5"]);
}

#[test]
fn nothing_is_removed_while_a_list_is_under_way_or_torn_that_took_it_away() {
    let mut world = World::lingering(10);
    world.check([pod("a").app("x"), gone("a"), pod("b").app("y")], ["+ x a", "+ y b"]);
    world.check([init(), pod("b").app("z"), wait(20)], []);
    world.check([broken()], ["+ z b"]);
    world.check([wait(0)], ["- x a used until 0"]);
    world.check([wait(20), restart(), wait(20)], []);
    world.check([init(), pod("b").app("z"), done(), wait(0)], ["- y b used until 0"]);
}

#[test]
fn beside_an_audit_images_linger_as_ever_but_what_it_took_away_waits_for_a_whole_one() {
    let mut world = World::lingering(10);
    let found = || audited(pod("a").app("z"));
    world.check([pod("a").app("x"), pod("b").app("y"), gone("b")], ["+ x a", "+ y b"]);
    world.check([audit(), found(), wait(10)], ["- y b used until 0"]);
    world.check([broken(), wait(10)], ["+ z a"]);
    world.check([audit(), found(), restart(), wait(10)], []);
    world.check([audit(), found(), wait(10), done(), wait(0)], ["- x a used until 0"]);
}

#[test]
fn a_removal_names_the_last_user_and_no_one_that_left_before() {
    let mut world = World::of([namespace("x"), namespace("y")]);
    world.check([restart_with(10), pod("x/a").app("x"), pod("y/b").app("x").of(1)], ["+ x x/a", "+= x y/b"]);
    world.check([init(), pod("x/a").app("z"), broken(), gone("y/b").of(1)], ["+ z x/a"]);
    world.check([wait(10)], ["- x y/b used until 0"]);
    world.check([pod("x/a").app("x"), gone("x/a"), pod("y/b").app("x").of(1)], ["+ x x/a", "+= x y/b"]);
    world.check(
        [init(), init().of(1), done(), done().of(1), wait(10)],
        ["- x y/b used until 10", "- z x/a used until 10"],
    );
}

#[test]
fn the_digest_of_an_image_that_a_list_found_unused_is_the_last_and_live_no_more() {
    let mut world = World::lingering(10);
    world.check([pod("a").app("x").digest("d1"), init(), done()], ["+ x a", "= x d1 a"]);
    world.check([pod("b").app("x").digest("d2")], ["+= x b", "~ x d1 -> d2 b"]);
    world.check([pod("c").app("x").digest("d1")], ["+= x c", "~ x d2 -> d1 again c"]);
}
