//! What is listed, and why.

use std::sync::Arc;

use jiff::Timestamp;

use super::filter::{hex, used};
use crate::answers::keep::Last;
use crate::answers::keep::{Cluster, Keep, Mirror, Why};

#[test]
fn an_image_is_listed_by_its_reference_and_by_its_digest_in_each_repository_once() {
    let mut keep = Keep::new(vec![Mirror::parse("quay.io/team=m.io").unwrap()]);
    let mut first = Cluster::default();
    first.need(used("quay.io/team/a:1", Some('a'), Some("cache.io/a")), Why::Window);
    first.need(used("RAW", Some('b'), Some("")), Why::Version);
    let mut second = Cluster::default();
    let ended = Timestamp::from_second(7).unwrap();
    let mut use_then = used("quay.io/team/a:1", None, None);
    use_then.closed = Some(ended);
    second.need(use_then.clone(), Why::Version);
    second.need(use_then, Why::Window);
    keep.add(first);
    keep.add(second);
    keep.also("nginx:1").unwrap();
    keep.also(&format!("sha256:{}", hex('b'))).unwrap();
    keep.also(&format!("b.io/b:1@sha256:{}", hex('c'))).unwrap();

    let list = keep.list();
    let mut names: Vec<Arc<str>> = Vec::new();
    keep.into_names(&mut |name| names.push(name.into()));
    assert_eq!(names, list.iter().map(|kept| Arc::clone(&kept.name)).collect::<Vec<_>>());
    let listed: Vec<(String, String, Vec<usize>)> = list
        .into_iter()
        .map(|kept| {
            let name = ['a', 'b', 'c']
                .iter()
                .fold(kept.name.to_string(), |name, digit| name.replace(&hex(*digit), &digit.to_string()));
            let words: Vec<&str> = kept.reasons.words().collect();
            (name, words.join(" "), kept.clusters.into_iter().collect())
        })
        .collect();
    let row =
        |name: &str, why: &str, clusters: &[usize]| (name.to_owned(), why.to_owned(), clusters.to_vec());
    let expected = [
        row("RAW", "version", &[0]),
        row("b.io/b:1@sha256:c", "also", &[]),
        row("b.io/b@sha256:c", "also", &[]),
        row("cache.io/a@sha256:a", "window", &[0]),
        row("docker.io/library/nginx:1", "also", &[]),
        row("m.io/a:1", "window version map", &[0, 1]),
        row("m.io/a@sha256:a", "window map", &[0]),
        row("quay.io/team/a:1", "window version", &[0, 1]),
        row("quay.io/team/a@sha256:a", "window", &[0]),
        row("sha256:b", "version also", &[0]),
    ];
    assert_eq!(listed, expected);
}

#[test]
fn the_last_use_is_the_last_of_any_cluster() {
    let mut keep = Keep::default();
    let ended = Timestamp::from_second(7).unwrap();
    let mut use_then = used("nginx:1", None, None);
    use_then.closed = Some(ended);
    let last_after = |keep: &Keep| keep.list()[0].last;
    let mut cluster = Cluster::default();
    cluster.need(use_then, Why::Window);
    keep.add(cluster);
    assert_eq!(last_after(&keep), Some(Last::Until(ended)));
    let mut cluster = Cluster::default();
    cluster.need(used("nginx:1", None, None), Why::Window);
    keep.add(cluster);
    assert_eq!(last_after(&keep), Some(Last::Still));
}
