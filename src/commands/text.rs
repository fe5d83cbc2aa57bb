//! Text out of a cluster on its way to a person.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::inventory::Reference;
use crate::lines;

/// Characters of a digest that are enough to tell it from others, and to ask for it by.
const SHORT_DIGEST: usize = 12;

/// More workloads of one image in one namespace are only counted.
const MOST_WORKLOADS: usize = 64;

/// A narrow table names no more of a list.
const FEW: usize = 3;

/// A name out of a cluster, safe on a terminal and one word.
pub(super) fn shown(name: &str) -> String {
    lines::escape(name).to_string()
}

/// The beginning of a digest, enough to ask for it by.
pub(super) fn short_digest(digest: &str) -> &str {
    let hex = digest.find(':').map_or(0, |colon| colon + 1);
    digest.get(..hex + SHORT_DIGEST).unwrap_or(digest)
}

/// The reference as people write it, and unless it may be wide with a short digest.
pub(super) fn brief(reference: &Reference, is_wide: bool) -> String {
    let familiar = reference.familiar();
    match reference.digest().filter(|_| !is_wide) {
        Some(digest) => shown(&familiar.replace(digest, short_digest(digest))),
        None => shown(familiar),
    }
}

/// The digests that run: the one, how many, or if it may be wide all of them.
pub(super) fn digests(digests: &BTreeSet<Arc<str>>, is_wide: bool) -> String {
    let digests: Vec<String> = digests.iter().map(|digest| shown(digest)).collect();
    match digests.as_slice() {
        [] => "-".to_owned(),
        _ if is_wide => digests.join(","),
        [digest] => short_digest(digest).to_owned(),
        // A blank would make two columns of it for other programs.
        several => format!("{}-digests", several.len()),
    }
}

/// The names of workloads, or `*` where they are too many to name.
pub(super) fn named(workloads: &BTreeSet<Arc<str>>) -> Vec<&str> {
    if workloads.len() > MOST_WORKLOADS { vec!["*"] } else { workloads.iter().map(|name| &**name).collect() }
}

/// The first few names and how many more there are, or if it may be wide all of them.
pub(super) fn few<'a>(names: impl ExactSizeIterator<Item = &'a Arc<str>>, is_wide: bool) -> String {
    let all = names.len();
    let most = if is_wide { usize::MAX } else { FEW };
    let mut few: Vec<String> = names.take(most).map(|name| shown(name)).collect();
    let more = all - few.len();
    if more > 0 {
        few.push(format!("+{more}"));
    }
    few.join(",")
}

#[cfg(test)]
mod tests {
    use super::short_digest;

    #[test]
    fn a_short_digest_keeps_its_algorithm_and_twelve_characters() {
        assert_eq!(short_digest("sha256:0123456789abcdef"), "sha256:0123456789ab");
        assert_eq!(short_digest("sha256:01"), "sha256:01");
    }
}
