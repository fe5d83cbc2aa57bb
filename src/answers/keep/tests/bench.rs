//! How long a million rows take: `cargo test --release --lib keep::tests::bench -- --ignored --nocapture`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use super::filter::used;
use crate::answers::keep::{Candidates, Cluster, Keep, Why};
use crate::record::past::Use;

const ROWS: usize = 1_000_000;

/// A million intervals, of so many different references and digests.
fn rows(different: usize) -> Vec<Use> {
    let references: Vec<Arc<str>> =
        (0..different).map(|n| format!("registry.example.com/team/app{}:v{n}", n % 500).into()).collect();
    let digests: Vec<Arc<str>> = (0..different).map(|n| format!("sha256:{n:064x}").into()).collect();
    let like = used("nginx:1", None, None);
    (0..ROWS)
        .map(|row| {
            let number = row * 7_919 % different;
            let mut used = like.clone();
            used.reference = Arc::clone(&references[number]);
            used.digest = Some(Arc::clone(&digests[number]));
            used
        })
        .collect()
}

#[test]
#[ignore = "measures"]
#[expect(clippy::print_stdout, reason = "it says what it measured")]
fn a_million_rows() {
    for different in [20_000, ROWS] {
        let rows = rows(different);
        let mut candidates = String::new();
        for n in 0..10_000 {
            writeln!(candidates, "registry.example.com/team/app{}:v{n}x", n % 500)
                .expect("a String takes it");
        }
        let begin = Instant::now();
        let mut cluster = Cluster::default();
        for used in rows {
            cluster.need(used, Why::Window);
        }
        let gathered = begin.elapsed();
        let mut keep = Keep::default();
        keep.add(cluster);
        let begin = Instant::now();
        let candidates = Candidates::read(candidates.as_bytes()).expect("it is whole");
        let verdict = candidates.judge(keep.stays());
        let judged = begin.elapsed();
        let begin = Instant::now();
        let listed = keep.list().len();
        let list = begin.elapsed();
        assert_eq!((verdict.candidates.len(), listed), (10_000, 2 * different));
        println!(
            "{ROWS} rows, {different} images: gather {gathered:.0?}, filter {judged:.0?}, list {list:.0?}"
        );
    }
}
