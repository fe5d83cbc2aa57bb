//! Values that stand once however many refer to them, and go with the last that does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A table of distinct values, each with a number and a count of those who hold it. Numbers are
/// reused, lowest first.
///
/// Invariant: a number is either free or stands for a value that somebody holds.
#[derive(Debug)]
pub(super) struct Interner<T: ?Sized> {
    numbers: BTreeMap<Arc<T>, u32>,
    slots: Vec<Option<Slot<T>>>,
    free: BTreeSet<u32>,
}

#[derive(Debug)]
struct Slot<T: ?Sized> {
    value: Arc<T>,
    holders: u32,
}

impl<T: ?Sized> Default for Interner<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), slots: Vec::new(), free: BTreeSet::new() }
    }
}

impl<T: ?Sized + Ord> Interner<T> {
    /// Holds `value` once more; tells its number, and whether it was unknown before.
    pub(super) fn hold<V>(&mut self, value: V) -> (u32, bool)
    where
        V: AsRef<T> + Into<Arc<T>>,
    {
        if let Some(&number) = self.numbers.get(value.as_ref()) {
            self.hold_again(number);
            return (number, false);
        }
        let number = self.free.first().copied().unwrap_or(number_of(self.slots.len()));
        self.put(number, value.into(), 1);
        (number, true)
    }

    /// The number of a value that somebody holds.
    pub(super) fn find(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// Takes back a stored value under its number, held by nobody yet.
    pub(super) fn restore(&mut self, number: u32, value: Arc<T>) {
        self.put(number, value, 0);
    }

    fn put(&mut self, number: u32, value: Arc<T>, holders: u32) {
        let index = number as usize;
        while self.slots.len() <= index {
            self.free.insert(number_of(self.slots.len()));
            self.slots.push(None);
        }
        self.free.remove(&number);
        self.numbers.insert(Arc::clone(&value), number);
        self.slots[index] = Some(Slot { value, holders });
    }

    /// Holds a known value once more.
    pub(super) fn hold_again(&mut self, number: u32) {
        if let Some(slot) = self.slots.get_mut(number as usize).and_then(Option::as_mut) {
            slot.holders += 1;
        }
    }

    /// Lets go of a value; returns it if that was the last hold.
    pub(super) fn release(&mut self, number: u32) -> Option<Arc<T>> {
        let slot = self.slots.get_mut(number as usize)?;
        let holders = &mut slot.as_mut()?.holders;
        *holders = holders.saturating_sub(1);
        if *holders > 0 {
            return None;
        }
        let value = slot.take()?.value;
        self.numbers.remove(&value);
        self.free.insert(number);
        self.shrink();
        Some(value)
    }

    /// Gives back the room behind the last value.
    fn shrink(&mut self) {
        while self.slots.pop_if(|last| last.is_none()).is_some() {
            self.free.remove(&number_of(self.slots.len()));
        }
        if self.slots.len() < self.slots.capacity() / 4 {
            self.slots.shrink_to(self.slots.len() * 2);
        }
    }

    /// The value of a number, if it has one.
    pub(super) fn find_number(&self, number: u32) -> Option<&Arc<T>> {
        self.slots.get(number as usize)?.as_ref().map(|slot| &slot.value)
    }

    /// The value of a number that is held.
    pub(super) fn get(&self, number: u32) -> &Arc<T> {
        match self.find_number(number) {
            Some(value) => value,
            None => unreachable!("a number in use always stands for a value"),
        }
    }

    /// How many values there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// How many numbers it has room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.slots.len().max(self.free.len())
    }

    /// Every value with its number and holders, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Arc<T>, u32)> {
        (0..).zip(&self.slots).filter_map(|(number, slot)| {
            let slot = slot.as_ref()?;
            Some((number, &slot.value, slot.holders))
        })
    }
}

/// The number of a slot; there are never so many that it would not fit.
fn number_of(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::Interner;

    #[test]
    fn a_value_stands_once_and_goes_with_its_last_holder() {
        let mut names = Interner::<str>::default();
        assert_eq!(names.hold("a"), (0, true));
        assert_eq!(names.hold("b"), (1, true));
        assert_eq!(names.hold("a"), (0, false));
        assert_eq!(names.release(0), None);
        assert_eq!(names.release(0).as_deref(), Some("a"));
        assert_eq!(names.hold("c"), (0, true), "the number is free again");
        assert_eq!(
            names.iter().map(|(n, v, h)| (n, &**v, h)).collect::<Vec<_>>(),
            [(0, "c", 1), (1, "b", 1)]
        );
    }

    #[test]
    fn a_restored_value_keeps_its_number_and_leaves_the_numbers_below_free() {
        let mut names = Interner::<str>::default();
        names.restore(2, "c".into());
        assert_eq!(names.hold("c"), (2, false));
        assert_eq!(names.hold("a"), (0, true));
        assert_eq!(names.hold("b"), (1, true));
        assert_eq!(names.hold("d"), (3, true));
    }
}
