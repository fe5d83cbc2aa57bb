//! Memory follows what exists, not what was; and no record makes the inventory panic.

use proptest::collection::vec;
use proptest::prelude::*;

use super::properties::{scopes, steps};
use super::steps::{done, gone, init, pod, restart};
use super::stored::Stored;
use super::world::World;
use crate::inventory::Time;
use crate::inventory::change::{ImageId, ShapeId};
use crate::inventory::images::IMAGES_REMEMBERED;

#[test]
fn the_last_digests_of_images_out_of_use_are_bounded_and_the_oldest_go_first() {
    let mut world = World::live();
    for number in 0..=IMAGES_REMEMBERED {
        world.take(&pod("a").app(&format!("x:{number}")).digest("d1"));
        world.take(&gone("a"));
    }
    world.commit();
    world.check_is_empty();
    assert_eq!(world.inventory.images.remembered(), IMAGES_REMEMBERED);
    world.check([pod("a").app("x:0").digest("d2")], ["+ x:0 a", "= x:0 d2 a"]);
    world.check([pod("b").app("x:1").digest("d2")], ["+ x:1 b", "= x:1 d2 b", "~ x:1 d1 -> d2 b"]);
}

#[test]
fn an_image_whose_last_digest_was_forgotten_begins_afresh() {
    let mut world = World::live();
    for number in 0..IMAGES_REMEMBERED {
        world.take(&pod("a").app(&format!("x:{number}")).digest("d1"));
        world.take(&gone("a"));
    }
    // The list that brought x:0 back broke with the program; then one image too many goes.
    world.check([init(), pod("a").app("x:0").digest("d2"), restart()], []);
    world.check([pod("b").app("y").digest("d1"), gone("b")], ["+ y b", "= y d1 b", "- y b"]);
    world.check([restart(), init(), pod("a").app("x:0").digest("d2"), done()], ["+ x:0 a", "= x:0 d2 a"]);
}

#[test]
fn a_thousand_pods_leave_nothing_behind() {
    let mut world = World::live();
    let pods: Vec<String> = (0..1000).map(|number| format!("n{}/p{number}", number % 7)).collect();
    for pod_name in &pods {
        world.take(&pod(pod_name).app(pod_name).app("shared"));
    }
    for pod_name in &pods {
        world.take(&gone(pod_name));
    }
    world.commit();
    world.check_is_empty();
}

/// Damages a record: rows are lost, or mixed up.
fn damage(stored: &mut Stored, harms: &[(u8, u32)]) {
    for &(kind, number) in harms {
        let at = number as usize;
        match kind {
            0 => {
                let id = stored.images.keys().nth(at).copied();
                id.and_then(|id| stored.images.remove(&id));
            }
            1 => {
                let id = stored.shapes.keys().nth(at).copied();
                id.and_then(|id| stored.shapes.remove(&id));
            }
            2 => {
                if let Some(mut row) = stored.images.values().nth(at).cloned() {
                    row.id = ImageId(number + 7);
                    stored.images.insert(row.id, row);
                }
            }
            3 => {
                if let Some(row) = stored.pods.values_mut().nth(at) {
                    row.shape = ShapeId(number / 2);
                }
            }
            _ => {
                if let Some(row) = stored.images.values_mut().nth(at) {
                    row.spelling = row.spelling.is_none().then(|| "x".into());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_record_is_taken_for_what_it_is_worth(
        before in steps(20),
        harms in vec((0..5_u8, 0..4_u32), 1..4),
        after in steps(20),
    ) {
        let mut world = World::of(scopes());
        for (step, _) in &before {
            world.take(step);
        }
        world.commit();
        damage(&mut world.stored, &harms);
        let mut inventory = world.stored.restore();
        let scopes = scopes().map(|scope| inventory.scope(&scope));
        for event in after.iter().filter_map(|(step, _)| step.event(scopes[step.scope])) {
            inventory.apply(event, Time(0));
        }
        prop_assert_eq!(inventory.pods().count(), inventory.shapes().map(|(_, pods)| pods as usize).sum::<usize>());
    }
}
