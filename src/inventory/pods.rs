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
mod tests;
