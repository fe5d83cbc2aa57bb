//! Many names in their order.

use std::collections::HashMap;

/// Names, one after the other in one text: to allocate each would take as long as to sort them.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    pub(super) fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// Hands over the names in order, each once.
    ///
    /// Names of one repository differ only at their ends, and to compare those is slow. So they are
    /// put together by their beginnings, of which there are fewer. No beginning goes on in another
    /// one, so what stands in order between two names of a beginning has the same.
    pub(super) fn in_order(&self, take: &mut dyn FnMut(&str)) {
        let mut groups: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut start = 0;
        for &end in &self.ends {
            let name = &self.text[start..end];
            groups.entry(beginning(name)).or_default().push(name);
            start = end;
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_unstable_by_key(|(beginning, _)| *beginning);
        for (_, mut group) in groups {
            group.sort_unstable();
            group.dedup();
            group.into_iter().for_each(&mut *take);
        }
    }
}

/// The name up to the first colon or `@` behind its first slash, where a repository ends; or all of it.
fn beginning(name: &str) -> &str {
    let end = name.find('/').and_then(|slash| Some(slash + name[slash..].find([':', '@'])?));
    end.map_or(name, |end| &name[..=end])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::Names;

    proptest! {
        #[test]
        fn names_are_in_the_order_of_their_texts_and_once(texts in vec("[ab:@/.-]{0,5}", 0..40)) {
            let mut names = Names::default();
            for text in &texts {
                names.push(text);
            }
            let mut ordered = Vec::new();
            names.in_order(&mut |name| ordered.push(name.to_owned()));
            prop_assert_eq!(ordered, Vec::from_iter(BTreeSet::from_iter(texts)));
        }
    }
}
