//! Restarts: nothing known is forgotten, nothing said is repeated.

use super::steps::{broken, digest, done, first_init, gone, init, pod, restart};
use super::world::World;
use crate::inventory::Inventory;
use crate::inventory::change::{ImageChange, ImageId, ImageRow};

#[test]
fn a_restart_says_nothing_and_a_list_after_it_only_what_changed() {
    let mut world = World::new();
    world.check(
        [first_init(), pod("a").app("x").digest("d1"), pod("b").app("y"), done()],
        ["+ x a", "+ y b", "= x d1 a"],
    );
    world.check_all([restart(), first_init(), pod("a").app("x").digest("d1"), pod("b").app("y"), done()], []);
    world.check_all(
        [restart(), first_init(), pod("b").app("y"), pod("c").app("z"), done()],
        ["start: +pod c of Pod/c", "start: -pod a of Pod/a", "start: + z c", "start: - x a"],
    );
}

#[test]
fn a_restart_that_resumes_goes_on_with_live_events() {
    let mut world = World::live();
    world.check([pod("a").app("nginx"), pod("b").app("nginx")], ["+ nginx a", "+= nginx b"]);
    world.check([restart(), pod("c").app("library/nginx")], ["+= nginx c"]);
    world.check(
        [restart(), gone("a"), gone("b"), restart(), gone("c")],
        ["-= nginx a", "-= nginx b", "- nginx c"],
    );
}

#[test]
fn an_image_whose_last_user_vanished_in_a_list_waits_across_a_restart_for_the_next_whole_one() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("y"), done()], ["+ x a", "+ y b"]);
    world.check([init(), pod("a").app("z"), restart()], []);
    world.check([first_init(), pod("a").app("z"), broken(), restart()], ["+ z a"]);
    world.check([first_init(), pod("a").app("z"), pod("b").app("y"), done()], ["- x a"]);
}

#[test]
fn an_image_that_waits_to_be_removed_may_return_with_the_next_list() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), done()], ["+ x a"]);
    world.check([init(), pod("a").app("z"), restart()], []);
    world.check([first_init(), pod("a").app("z"), pod("b").app("x"), done()], ["+ z a"]);
    world.check([gone("b")], ["- x b"]);
}

#[test]
fn an_image_that_a_list_brought_before_a_restart_is_added_after_it() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x").digest("d1"), restart()], []);
    world.check([first_init(), pod("a").app("x").digest("d1"), done()], ["+ x a", "= x d1 a"]);
    world.check([init(), pod("a").app("x").digest("d1"), pod("b").app("y"), restart()], []);
    world.check([pod("c").app("y")], ["+ y c"]);
    world
        .check([init(), pod("a").app("x").digest("d1"), pod("b").app("y"), pod("d").app("w"), restart()], []);
    world.check([gone("d"), gone("b"), gone("c")], ["-= y b", "- y c"]);
}

#[test]
fn the_pod_that_went_last_is_named_after_a_restart_and_not_one_before_it() {
    let mut world = World::new();
    world.check([first_init(), pod("a").app("x"), pod("b").app("x"), done()], ["+ x a"]);
    world.check([init(), pod("a").app("y"), pod("b").app("y"), restart()], []);
    world.check([first_init(), pod("a").app("y"), pod("b").app("y"), done()], ["+ y a", "- x a"]);
}

#[test]
fn moves_go_on_across_a_restart() {
    let mut world = World::live();
    world.check(
        [pod("a").app("x").digest("d1"), pod("b").app("x").digest("d2")],
        ["+ x a", "= x d1 a", "+= x b", "~ x d1 -> d2 b"],
    );
    world.check(
        [restart(), gone("b"), restart(), pod("c").app("x").digest("d2")],
        ["-= x b", "+= x c", "~ x d1 -> d2 again c"],
    );
    world.check(
        [restart(), gone("a"), gone("c"), restart(), pod("a").app("x").digest("d1")],
        ["-= x a", "- x c", "+ x a", "= x d1 a", "~ x d2 -> d1 a"],
    );
}

#[test]
fn a_number_that_was_given_anew_within_a_batch_is_restored_as_the_last_it_stood_for() {
    let mut world = World::live();
    world.check(
        [
            pod("a").app("w"),
            gone("a"),
            pod("a").app("x"),
            gone("a"),
            pod("a").app("y"),
            pod("b").app("w"),
            restart(),
        ],
        ["+ w a", "- w a", "+ x a", "- x a", "+ y a", "+ w b"],
    );
    world.check([gone("a"), gone("b")], ["- y a", "- w b"]);
}

#[test]
fn of_two_rows_of_a_damaged_record_for_one_image_the_first_counts() {
    let check = |second_id: u32, second_reference: &str| {
        let row = |id, reference: &str| ImageRow {
            id: ImageId(id),
            reference: reference.into(),
            spelling: None,
            digests: Vec::new(),
            last_digest: Some(digest(reference).into()),
            unused: None,
        };
        let mut inventory = Inventory::default();
        let rows = [row(1, "a"), row(second_id, second_reference)];
        for row in &rows {
            inventory.restore_image(row.clone());
        }
        let left: Vec<_> = inventory.snapshot().flat_map(|changes| changes.images).collect();
        assert_eq!(left, [ImageChange::Put(rows[0].clone())]);
    };
    check(1, "b");
    check(2, "a");
}
