//! Several scopes: each list speaks for its own.

use super::steps::{broken, done, first_init, gone, init, keep, pod, restart};
use super::world::{World, namespace, selector};
use crate::inventory::Scope;
use crate::inventory::change::Event;

/// Watches the namespaces x and y; both first lists told these pods.
fn x_and_y() -> World {
    let mut world = World::of([namespace("x"), namespace("y")]);
    world.check(
        [
            first_init().of(0),
            first_init().of(1),
            pod("x/a").app("a").of(0),
            pod("y/b").app("b").of(1),
            done().of(0),
            done().of(1),
        ],
        ["+ a x/a", "+ b y/b"],
    );
    world
}

#[test]
fn what_lists_change_is_said_when_none_is_under_way() {
    let mut world = World::of([namespace("x"), namespace("y")]);
    world.check([first_init().of(0), first_init().of(1), pod("x/a").app("a").of(0), done().of(0)], []);
    world.check([pod("y/b").app("b").of(1), done().of(1)], ["+ a x/a", "+ b y/b"]);
}

#[test]
fn an_image_that_moved_to_another_namespace_between_two_lists_is_silent() {
    let mut world = x_and_y();
    world.check(
        [init().of(0), init().of(1), done().of(0), pod("y/b").app("b").app("a").of(1), done().of(1)],
        [],
    );
    world.check(
        [restart(), first_init().of(1), first_init().of(0), pod("x/a").app("a").app("b").of(0), done().of(0)],
        [],
    );
    world.check([done().of(1)], []);
}

#[test]
fn live_events_of_one_scope_are_said_while_another_lists_but_removals_wait() {
    let mut world = x_and_y();
    world.check([init().of(0)], []);
    world.check([pod("y/c").app("c").of(1), pod("y/d").app("c").of(1)], ["+ c y/c", "+= c y/d"]);
    world.check([gone("y/c").of(1)], ["-= c y/c"]);
    world.check([gone("y/d").of(1), gone("y/b").of(1)], []);
    world.check([pod("x/a").app("b").of(0), done().of(0)], ["- a x/a", "- c y/d"]);
}

#[test]
fn an_image_that_waits_to_be_removed_and_is_used_again_is_joined() {
    let mut world = x_and_y();
    world.check([init().of(0), gone("y/b").of(1)], []);
    world.check([pod("y/c").app("b").of(1)], ["+= b y/c"]);
    world.check([pod("x/a").app("a").of(0), done().of(0)], []);
    world.check([gone("y/c").of(1)], ["- b y/c"]);
}

#[test]
fn a_live_event_tells_only_the_digests_of_its_own_pod() {
    let mut world = x_and_y();
    world.check([pod("x/c").app("n").digest("d1").of(0)], ["+ n x/c", "= n d1 x/c"]);
    world.check([pod("y/d").app("n").digest("d1").of(1)], ["+= n y/d"]);
    world.check([init().of(0), pod("x/a").app("a").of(0), pod("x/c").app("n").digest("d2").of(0)], []);
    world.check([pod("y/e").app("n").digest("d1").of(1)], ["+= n y/e"]);
    world.check([gone("y/e").of(1)], ["-= n y/e"]);
    world.check([done().of(0)], ["~ n d1 -> d2 x/c"]);
}

#[test]
fn a_broken_list_holds_back_what_it_took_away_and_not_what_the_list_of_another_scope_did() {
    let mut world = x_and_y();
    world.check([init().of(0), pod("x/a").app("c").of(0), broken().of(0)], ["+ c x/a"]);
    world.check([init().of(1), done().of(1)], ["- b y/b"]);
    world.check([restart(), first_init().of(1), done().of(1)], []);
    world.check([first_init().of(0), pod("x/a").app("c").of(0), done().of(0)], ["- a x/a"]);
}

#[test]
fn what_a_broken_list_took_away_waits_for_its_scope_though_the_list_of_another_took_it_too() {
    let mut world = x_and_y();
    world.check([pod("y/c").app("a").of(1)], ["+= a y/c"]);
    world.check([init().of(0), pod("x/a").app("c").of(0), broken().of(0)], ["+ c x/a"]);
    world.check([init().of(1), pod("y/b").app("b").of(1), done().of(1)], []);
    world.check(
        [init().of(0), pod("x/a").app("c").app("a").of(0), done().of(0), gone("x/a").of(0)],
        ["- a x/a", "- c x/a"],
    );
}

#[test]
fn a_broken_list_of_a_scope_that_is_watched_no_more_holds_nothing_back() {
    let mut world = World::of([namespace("x")]);
    world.check([first_init(), pod("x/a").app("a"), done()], ["+ a x/a"]);
    world.check([init(), pod("x/a").app("c"), broken()], ["+ c x/a"]);
    let mut other = World::of([Scope::default()]);
    other.resume_from(&mut world);
    other.check([first_init(), pod("x/a").app("c"), done()], ["- a x/a"]);
}

#[test]
fn a_list_of_one_namespace_leaves_the_pods_of_another() {
    let mut world = x_and_y();
    world.check([init().of(0), done().of(0)], ["- a x/a"]);
    world.check([init().of(1), pod("y/b").app("b").of(1), done().of(1)], []);
}

/// Of a pod in namespace x, known by one scope, after an empty list of another.
#[test]
fn a_pod_known_by_another_scope_goes_only_if_the_list_proves_its_absence() {
    let check = |listing: Scope, is_proof: bool| {
        let mut world = World::of([Scope { excluded: vec!["old".into()], ..Scope::default() }, listing]);
        world.check([first_init(), pod("x/a").app("a"), done()], ["+ a x/a"]);
        let lists = [restart(), first_init().of(1), done().of(1)];
        if is_proof { world.check(lists, ["- a x/a"]) } else { world.check(lists, []) }
    };
    check(Scope::default(), true);
    check(namespace("x"), true);
    check(namespace("y"), false);
    check(selector("app=web"), false);
    check(Scope { excluded: vec!["x".into()], ..Scope::default() }, false);
    check(Scope { excluded: vec!["y".into()], ..Scope::default() }, true);
    check(Scope { namespace: Some("x".into()), ..selector("app=web") }, false);
}

#[test]
fn a_pod_belongs_to_the_scope_that_saw_it_last() {
    let mut world = World::of([selector("app=web"), selector("app=db")]);
    world.check([first_init(), pod("a").app("a"), done()], ["+ a a"]);
    world.check([first_init().of(1), pod("a").app("a").of(1), done().of(1)], []);
    world.check([init(), done()], []);
    world.check([restart(), init(), done()], []);
    world.check([init().of(1), done().of(1)], ["- a a"]);
}

#[test]
fn a_pod_that_leaves_one_selector_stays_known_by_the_other_that_saw_it_last() {
    let mut world = World::of([selector("app=web"), selector("tier=front"), namespace("x")]);
    world.check([pod("x/a").app("a"), pod("x/a").app("a").of(1), gone("x/a")], ["+ a x/a"]);
    world.check([gone("x/a").of(1)], ["- a x/a"]);
    world.check([pod("x/a").app("a"), gone("x/a").of(2)], ["+ a x/a", "- a x/a"]);
}

#[test]
fn a_pod_that_could_not_be_read_belongs_to_the_scope_that_saw_it_last_even_after_a_restart() {
    let mut world = World::of([selector("app=web"), selector("app=db")]);
    world.check([first_init(), pod("a").app("a"), done()], ["+ a a"]);
    world.check([init().of(1), keep("a").of(1), done().of(1), restart()], []);
    world.check([init(), done()], []);
}

/// However the second scope tells it.
#[test]
fn a_pod_that_only_changes_its_scope_is_silent_and_its_use_goes_on_in_the_new_one() {
    let known = || pod("x/a").app("x").digest("d1");
    for told in [known().of(1), keep("x/a").of(1)] {
        let mut world = World::of([selector("app=web"), namespace("x")]);
        let (web, x) = ("all namespaces where app=web", "namespace x");
        let opened = |scope| format!("Opened {{ active: true }} Pod/a c1 d1 in {scope}");
        world.check_uses([known()], [&*opened(web)]);
        world.check_uses([told.clone()], [&*opened(x), &format!("Closed Pod/a c1 d1 in {web}")]);
        world.check_all([known(), told.clone(), restart(), told], []);
        world.check([gone("x/a"), gone("x/a").of(1)], ["- x x/a"]);
        world.check_is_empty();
    }
}

#[test]
fn what_a_list_told_of_a_pod_waits_for_its_end_though_another_scope_tells_it_too() {
    let mut world = World::of([selector("app=web"), namespace("x")]);
    let resolved = || pod("x/a").app("x").digest("d1");
    world.check([pod("x/a").app("x"), init(), resolved(), resolved().of(1)], ["+ x x/a"]);
    world.check([done()], ["= x d1 x/a"]);
}

#[test]
fn what_a_pod_of_another_scope_uses_no_more_is_told_of_the_scope_that_saw_it() {
    let told = [gone("x/a").of(1), pod("x/a").app("b").of(1)];
    for (told, expected) in told.into_iter().zip([&["namespace x"][..], &["namespace x", "namespace x"]]) {
        let mut world = World::of([selector("app=web"), namespace("x")]);
        world.check([pod("x/a").app("a"), pod("x/b").app("a")], ["+ a x/a", "+= a x/b"]);
        let changes = world.take(&told);
        let scopes = changes.events.iter().filter_map(|event| match event {
            Event::Image(event) => Some(&*event.scope),
            Event::Pod(_) => None,
        });
        assert_eq!(scopes.collect::<Vec<_>>(), expected, "{told:?}");
    }
}
