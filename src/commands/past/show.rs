//! How times, clusters and images of the past stand in tables and values.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::answers::{Bound, ImageThen};
use crate::commands::text::{named, short_digest, shown};

/// Before the cells of a row: the cluster, if there are several.
pub(super) fn titles(are_several: bool, titles: &[&'static str]) -> Vec<&'static str> {
    are_several.then_some("CLUSTER").into_iter().chain(titles.iter().copied()).collect()
}

pub(super) fn cells(are_several: bool, cluster: &str, cells: Vec<String>) -> Vec<String> {
    are_several.then(|| shown(cluster)).into_iter().chain(cells).collect()
}

/// A whole second.
pub(super) fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// When, and `<=` before what happened unseen some time before.
pub(super) fn bound(bound: Bound) -> String {
    format!("{}{}", if bound.is_exact { "" } else { "<=" }, second(bound.at))
}

pub(super) fn yes_or_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

pub(super) fn kinds(image: &ImageThen) -> Vec<&'static str> {
    image.kinds.iter().map(|kind| kind.word()).collect()
}

/// `NAMESPACE/WORKLOAD` for each.
pub(super) fn workloads(image: &ImageThen) -> Vec<String> {
    let places = image.places.iter().flat_map(|(namespace, workloads)| {
        named(workloads).into_iter().map(move |workload| format!("{}/{}", shown(namespace), shown(workload)))
    });
    places.collect()
}

/// The digest, short unless it may be wide.
pub(super) fn digest(digest: Option<&str>, is_wide: bool) -> String {
    match digest {
        None => "-".to_owned(),
        Some(digest) if is_wide => shown(digest),
        Some(digest) => short_digest(&shown(digest)).to_owned(),
    }
}

/// Texts in one value, parted by blanks.
pub(super) fn joined<'a>(texts: impl IntoIterator<Item = &'a Arc<str>>) -> String {
    texts.into_iter().map(|text| shown(text)).collect::<Vec<_>>().join(" ")
}

/// Digests of a tag that moved: `OLD->NEW`, one word.
pub(super) fn moved(old: &BTreeSet<Arc<str>>, new: &BTreeSet<Arc<str>>, is_wide: bool) -> String {
    let list = |digests: &BTreeSet<Arc<str>>| {
        let digests: Vec<String> = digests.iter().map(|one| digest(Some(one), is_wide)).collect();
        digests.join(",")
    };
    format!("{}->{}", list(old), list(new))
}
