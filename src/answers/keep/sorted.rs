//! Many names in their order.

use std::collections::HashMap;
use std::sync::Arc;

/// Sorts names, each once.
///
/// Names of one repository differ only at their ends, and to compare those is slow. So they are put
/// together by their beginnings, few of which have to be compared. None of these goes on in another
/// one, so the names between two names of a beginning have the same.
pub(super) fn sorted(names: &[Arc<str>]) -> Vec<Arc<str>> {
    let mut groups: HashMap<&str, Vec<&Arc<str>>> = HashMap::new();
    for name in names {
        groups.entry(beginning(name)).or_default().push(name);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by_key(|(beginning, _)| *beginning);
    let mut sorted = Vec::with_capacity(names.len());
    for (_, mut group) in groups {
        group.sort_unstable();
        group.dedup();
        sorted.extend(group.into_iter().map(Arc::clone));
    }
    sorted
}

/// The name up to the first colon or `@` behind its first slash, where a repository ends; or all of it.
fn beginning(name: &str) -> &str {
    let end = name.find('/').and_then(|slash| Some(slash + name[slash..].find([':', '@'])?));
    end.map_or(name, |end| &name[..=end])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::sorted;

    proptest! {
        #[test]
        fn names_are_in_the_order_of_their_texts_and_once(names in vec("[ab:@/.-]{0,5}", 0..40)) {
            let names: Vec<Arc<str>> = names.iter().map(|name| Arc::from(&**name)).collect();
            let expected: BTreeSet<Arc<str>> = names.iter().map(Arc::clone).collect();
            prop_assert_eq!(sorted(&names), Vec::from_iter(expected));
        }
    }
}
