//! Tables of pods.

use std::collections::BTreeMap;

/// Something about pods, by the numbers of their namespaces and their names.
///
/// In two levels, so that no name has its namespace beside it: at a million pods that is 15 bytes
/// each. B-trees, as they grow without a moment at twice their size.
#[derive(Debug)]
pub(super) struct PodTable<V> {
    by_namespace: BTreeMap<u32, BTreeMap<Box<str>, V>>,
}

impl<V> Default for PodTable<V> {
    fn default() -> Self {
        Self { by_namespace: BTreeMap::new() }
    }
}

impl<V> PodTable<V> {
    pub(super) fn get(&self, namespace: u32, name: &str) -> Option<&V> {
        self.by_namespace.get(&namespace)?.get(name)
    }

    pub(super) fn get_mut(&mut self, namespace: u32, name: &str) -> Option<&mut V> {
        self.by_namespace.get_mut(&namespace)?.get_mut(name)
    }

    pub(super) fn insert(&mut self, namespace: u32, name: Box<str>, value: V) {
        self.by_namespace.entry(namespace).or_default().insert(name, value);
    }

    pub(super) fn remove(&mut self, namespace: u32, name: &str) {
        if let Some(pods) = self.by_namespace.get_mut(&namespace) {
            pods.remove(name);
            if pods.is_empty() {
                self.by_namespace.remove(&namespace);
            }
        }
    }

    /// Takes out all that `is_taken` picks.
    pub(super) fn take(&mut self, is_taken: impl Fn(u32, &V) -> bool) -> Vec<(u32, Box<str>, V)> {
        let mut taken = Vec::new();
        self.by_namespace.retain(|&namespace, pods| {
            let of_namespace = pods.extract_if(.., |_, value| is_taken(namespace, value));
            taken.extend(of_namespace.map(|(name, value)| (namespace, name, value)));
            !pods.is_empty()
        });
        taken
    }

    /// All of them, by the number of the namespace, then by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &str, &V)> {
        self.by_namespace
            .iter()
            .flat_map(|(&namespace, pods)| pods.iter().map(move |(name, value)| (namespace, &**name, value)))
    }

    /// Whether nothing at all is in it.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.by_namespace.is_empty()
    }
}
