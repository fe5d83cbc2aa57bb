use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{LONGEST_RUN, PodTable};

fn table(names: impl IntoIterator<Item = u32>) -> PodTable<u32> {
    let mut table = PodTable::default();
    for name in names {
        table.insert(7, format!("{name:06}").into(), name);
    }
    table
}

/// For how many pods there is room.
fn room(table: &PodTable<u32>) -> usize {
    table.by_namespace.values().flat_map(|pods| &pods.runs).map(Vec::capacity).sum()
}

#[test]
fn a_list_in_order_leaves_full_runs() {
    let pods = 10 * LONGEST_RUN;
    assert_eq!(room(&table(0..u32::try_from(pods).unwrap())), pods);
}

#[test]
fn in_any_order_at_least_half_of_the_room_is_used() {
    let check = |names: Vec<u32>| {
        let pods = names.len();
        assert!(room(&table(names)) <= 2 * pods + LONGEST_RUN);
    };
    check((0..10_000).rev().collect());
    check((0..10_000).map(|name| name * 7919 % 10_007).collect());
    check((0..5_000).chain((5_000..10_000).rev()).collect());
}

#[test]
fn room_goes_with_the_pods() {
    let is_kept = |name: u32| name.is_multiple_of(100);
    let check = |table: &PodTable<u32>| {
        assert_eq!(table.iter().count(), 100);
        assert!(room(table) <= 400, "{}", room(table));
    };
    let mut swept = table(0..10_000);
    assert_eq!(swept.take(|_, &name| !is_kept(name)).len(), 9_900);
    check(&swept);
    let mut removed = table(0..10_000);
    for name in (0..10_000).filter(|&name| !is_kept(name)) {
        removed.remove(7, &format!("{name:06}"));
    }
    check(&removed);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_what_a_map_would_be(
        steps in prop::collection::vec((0..8_u8, 0..2_u32, 0..200_u32), 0..2_000),
    ) {
        let (mut table, mut model) = (PodTable::default(), BTreeMap::new());
        for (value, (step, namespace, number)) in steps.into_iter().enumerate() {
            let name: Box<str> = format!("{number}").into();
            match step {
                0..6 => {
                    table.insert(namespace, name.clone(), value);
                    model.insert((namespace, name.clone()), value);
                }
                6 => {
                    table.remove(namespace, &name);
                    model.remove(&(namespace, name.clone()));
                }
                _ => {
                    let is_taken = |other: u32, value: &usize| other == namespace && value.is_multiple_of(7);
                    let taken = table.take(is_taken);
                    let expected = model.extract_if(.., |key, value| is_taken(key.0, value));
                    let expected = expected.map(|((namespace, name), value)| (namespace, name, value));
                    prop_assert_eq!(taken, expected.collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(table.get(namespace, &name), model.get(&(namespace, name.clone())));
        }
        let all = table.iter().map(|(namespace, name, value)| ((namespace, name.into()), *value));
        prop_assert_eq!(all.collect::<Vec<_>>(), model.into_iter().collect::<Vec<((u32, Box<str>), usize)>>());
        prop_assert!(table.by_namespace.values().all(|pods| pods.runs.iter().all(|run| !run.is_empty())));
    }
}
