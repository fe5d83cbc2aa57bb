//! Numbers by name, of which only so many names are told.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Stands for all names that are not told. What is really called so is one of them.
pub const OTHERS: &str = "*";

/// A longer name is not told: of two such names not enough could be shown to tell them apart.
const LONGEST_NAME: usize = 512;

/// Numbers by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Those that are told by their names, in their order.
    pub each: Vec<(Arc<str>, u64)>,
    /// The sum of all others.
    pub others: u64,
}

/// Counts by name. The first names that come are told until they go; the next then take their places.
#[derive(Debug)]
pub(super) struct Tally {
    /// How many names are told.
    most: usize,
    named: BTreeMap<Arc<str>, u64>,
    waiting: BTreeMap<Arc<str>, u64>,
    /// Of those who wait, and of what has no name that could be told.
    others: u64,
}

impl Tally {
    pub(super) fn of(most: usize) -> Self {
        Self { most, named: BTreeMap::new(), waiting: BTreeMap::new(), others: 0 }
    }

    /// One more of this name.
    pub(super) fn add_to(&mut self, name: Option<&Arc<str>>) {
        let Some(name) = name.filter(|name| self.can_tell(name)) else {
            self.others += 1;
            return;
        };
        let has_room = self.named.len() < self.most && !self.waiting.contains_key(name);
        if let Some(count) = self.named.get_mut(name) {
            *count += 1;
        } else if has_room {
            self.named.insert(Arc::clone(name), 1);
        } else {
            *self.waiting.entry(Arc::clone(name)).or_default() += 1;
            self.others += 1;
        }
    }

    /// One less of this name, of which there is one.
    pub(super) fn take_from(&mut self, name: Option<&Arc<str>>) {
        let Some(name) = name.filter(|name| self.can_tell(name)) else {
            self.others -= 1;
            return;
        };
        if take_one(&mut self.named, name) {
            if self.named.len() < self.most
                && let Some((next, count)) = self.waiting.pop_first()
            {
                self.others -= count;
                self.named.insert(next, count);
            }
        } else {
            take_one(&mut self.waiting, name);
            self.others -= 1;
        }
    }

    /// Where no name is told, none needs to be kept.
    fn can_tell(&self, name: &str) -> bool {
        self.most > 0 && !name.is_empty() && name.len() <= LONGEST_NAME && name != OTHERS
    }

    pub(super) fn told(&self) -> Named {
        let each = self.named.iter().map(|(name, count)| (Arc::clone(name), *count));
        Named { each: each.collect(), others: self.others }
    }
}

/// Takes one of what a name has, if it has any; the name goes with the last.
fn take_one(counts: &mut BTreeMap<Arc<str>, u64>, name: &str) -> bool {
    let Some(count) = counts.get_mut(name) else { return false };
    *count -= 1;
    if *count == 0 {
        counts.remove(name);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Named, OTHERS, Tally};

    fn check(tally: &Tally, each: &[(&str, u64)], others: u64) {
        let each = each.iter().map(|(name, count)| (Arc::from(*name), *count)).collect();
        assert_eq!(tally.told(), Named { each, others });
    }

    fn add(tally: &mut Tally, names: &[&str]) {
        for name in names {
            tally.add_to(Some(&Arc::from(*name)));
        }
    }

    fn take(tally: &mut Tally, names: &[&str]) {
        for name in names {
            tally.take_from(Some(&Arc::from(*name)));
        }
    }

    #[test]
    fn the_first_names_are_told_and_the_next_once_one_of_them_goes() {
        let mut tally = Tally::of(2);
        add(&mut tally, &["b", "c", "a", "d", "a", "b"]);
        check(&tally, &[("b", 2), ("c", 1)], 3);
        take(&mut tally, &["b"]);
        check(&tally, &[("b", 1), ("c", 1)], 3);
        take(&mut tally, &["c"]);
        check(&tally, &[("a", 2), ("b", 1)], 1);
        take(&mut tally, &["d", "a", "a", "b"]);
        check(&tally, &[], 0);
    }

    #[test]
    fn what_has_no_name_that_could_be_told_is_among_the_others() {
        let mut tally = Tally::of(9);
        let long = "x".repeat(513);
        add(&mut tally, &[OTHERS, "", &long, "a"]);
        tally.add_to(None);
        check(&tally, &[("a", 1)], 4);
        take(&mut tally, &[OTHERS, "", &long]);
        tally.take_from(None);
        check(&tally, &[("a", 1)], 0);
    }

    #[test]
    fn without_names_only_the_sum_is_kept() {
        let mut tally = Tally::of(0);
        add(&mut tally, &["a", "b", "a"]);
        check(&tally, &[], 3);
        assert!(tally.waiting.is_empty());
        take(&mut tally, &["a", "a", "b"]);
        check(&tally, &[], 0);
    }
}
