//! Tables of pods.

use std::collections::BTreeMap;

/// So many pods stand side by side. Few enough that one more is quickly put between them.
const LONGEST_RUN: usize = 32;

/// Something about pods, by the numbers of their namespaces and their names.
///
/// In two levels, so that no name has its namespace beside it: at a million pods that is 15 bytes
/// each.
#[derive(Debug)]
pub(super) struct PodTable<V> {
    by_namespace: BTreeMap<u32, ByName<V>>,
}

/// The pods of a namespace in the order of their names, in runs none of which is empty.
///
/// Runs, as they grow without a moment at twice their size; and no B-tree, as pods are listed by
/// name, which would leave its nodes half empty.
#[derive(Debug)]
struct ByName<V> {
    runs: Vec<Vec<(Box<str>, V)>>,
}

impl<V> Default for PodTable<V> {
    fn default() -> Self {
        Self { by_namespace: BTreeMap::new() }
    }
}

impl<V> PodTable<V> {
    pub(super) fn get(&self, namespace: u32, name: &str) -> Option<&V> {
        let pods = self.by_namespace.get(&namespace)?;
        let (run, at) = pods.find(name).ok()?;
        Some(&pods.runs[run][at].1)
    }

    pub(super) fn get_mut(&mut self, namespace: u32, name: &str) -> Option<&mut V> {
        let pods = self.by_namespace.get_mut(&namespace)?;
        let (run, at) = pods.find(name).ok()?;
        Some(&mut pods.runs[run][at].1)
    }

    pub(super) fn insert(&mut self, namespace: u32, name: Box<str>, value: V) {
        self.by_namespace.entry(namespace).or_insert(ByName { runs: Vec::new() }).insert(name, value);
    }

    pub(super) fn remove(&mut self, namespace: u32, name: &str) {
        if let Some(pods) = self.by_namespace.get_mut(&namespace) {
            pods.remove(name);
            if pods.runs.is_empty() {
                self.by_namespace.remove(&namespace);
            }
        }
    }

    /// Takes out all that `is_taken` picks.
    pub(super) fn take(&mut self, is_taken: impl Fn(u32, &V) -> bool) -> Vec<(u32, Box<str>, V)> {
        let mut taken = Vec::new();
        self.by_namespace.retain(|&namespace, pods| {
            pods.runs.retain_mut(|run| {
                let of_run = run.extract_if(.., |(_, value)| is_taken(namespace, value));
                taken.extend(of_run.map(|(name, value)| (namespace, name, value)));
                give_back_room(run);
                !run.is_empty()
            });
            give_back_room(&mut pods.runs);
            !pods.runs.is_empty()
        });
        taken
    }

    /// All of them, by the number of the namespace, then by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &str, &V)> {
        self.by_namespace.iter().flat_map(|(&namespace, pods)| {
            pods.runs.iter().flatten().map(move |(name, value)| (namespace, &**name, value))
        })
    }

    /// Whether nothing at all is in it.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.by_namespace.is_empty()
    }
}

impl<V> ByName<V> {
    /// The run and the place in it where the name stands, or else where it would.
    fn find(&self, name: &str) -> Result<(usize, usize), (usize, usize)> {
        let run = self.runs.partition_point(|run| run.first().is_some_and(|(first, _)| **first <= *name));
        let run = run.saturating_sub(1);
        let Some(pods) = self.runs.get(run) else { return Err((run, 0)) };
        match pods.binary_search_by(|(other, _)| (**other).cmp(name)) {
            Ok(at) => Ok((run, at)),
            Err(at) => Err((run, at)),
        }
    }

    fn insert(&mut self, name: Box<str>, value: V) {
        let (mut run, mut at) = match self.find(&name) {
            Ok((run, at)) => {
                self.runs[run][at].1 = value;
                return;
            }
            Err(place) => place,
        };
        if self.runs.is_empty() {
            self.runs.push(Vec::new());
        }
        if self.runs[run].len() == LONGEST_RUN {
            // Whatever comes in order leaves full runs behind it.
            let is_behind_all = at == LONGEST_RUN && run + 1 == self.runs.len();
            let cut = if is_behind_all { LONGEST_RUN } else { LONGEST_RUN / 2 };
            let upper = self.runs[run].split_off(cut);
            self.runs.insert(run + 1, upper);
            if at >= cut {
                (run, at) = (run + 1, at - cut);
            }
        }
        self.runs[run].insert(at, (name, value));
    }

    fn remove(&mut self, name: &str) {
        let Ok((run, at)) = self.find(name) else { return };
        self.runs[run].remove(at);
        give_back_room(&mut self.runs[run]);
        if self.runs[run].is_empty() {
            self.runs.remove(run);
            give_back_room(&mut self.runs);
        }
    }
}

/// Keeps room for four times what is there at most: memory follows the pods that exist.
fn give_back_room<T>(items: &mut Vec<T>) {
    if items.len() < items.capacity() / 4 {
        items.shrink_to(items.len() * 2);
    }
}

#[cfg(test)]
mod tests {
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
                        let is_taken = |in_namespace: u32, value: &usize| in_namespace == namespace && value % 7 == 0;
                        let taken = table.take(is_taken);
                        let expected = model.extract_if(.., |key, value| is_taken(key.0, value));
                        let expected: Vec<_> = expected.map(|((namespace, name), value)| (namespace, name, value)).collect();
                        prop_assert_eq!(taken, expected);
                    }
                }
                prop_assert_eq!(table.get(namespace, &name), model.get(&(namespace, name.clone())));
            }
            let all: Vec<_> = table.iter().map(|(namespace, name, value)| ((namespace, name.into()), *value)).collect();
            prop_assert_eq!(all, model.into_iter().collect::<Vec<((u32, Box<str>), usize)>>());
            prop_assert!(table.by_namespace.values().all(|pods| pods.runs.iter().all(|run| !run.is_empty())));
        }
    }
}
