//! The latest versions of each container.

use crate::record::conformance::record::on_every_record;
use crate::record::past::{Active, Use};
use crate::record::samples::{t, used};

/// The versions that are told of each container, as `CONTAINER: VERSION…`, each once and in the order
/// in which it is first told.
#[track_caller]
fn check(kept: &[Use], versions: usize, expected: &[&str]) {
    on_every_record(|record| {
        record.keep(kept);
        let mut told: Vec<Use> = Vec::new();
        record.past().latest(versions, &mut |one| told.push(one)).unwrap();
        let mut containers: Vec<(String, Vec<String>)> = Vec::new();
        for one in &told {
            assert!(kept.contains(one), "it was not kept: {one:?}");
            let container = format!("{}/{}", one.workload, one.container);
            let version = format!("{}@{}", one.reference, one.digest.as_deref().unwrap_or("?"));
            let at = containers.iter().position(|(known, _)| *known == container).unwrap_or_else(|| {
                containers.push((container, Vec::new()));
                containers.len() - 1
            });
            if !containers[at].1.contains(&version) {
                containers[at].1.push(version);
            }
        }
        containers.sort();
        let lines =
            containers.iter().map(|(container, versions)| format!("{container}: {}", versions.join(" ")));
        assert_eq!(lines.collect::<Vec<_>>(), expected, "{versions} versions");
    });
}

fn web(version: &str, opened: i64) -> Use {
    used(version, opened).with("a").by("web", "main")
}

#[test]
fn the_last_versions_are_those_in_use_then_those_that_ended_last() {
    let kept = [web("ended-first", 1).until(20), web("ended-last", 2).until(30), web("in-use", 0)];
    check(&kept, 0, &[]);
    check(&kept, 1, &["web/main: in-use@a"]);
    check(&kept, 2, &["web/main: in-use@a ended-last@a"]);
    check(&kept, 3, &["web/main: in-use@a ended-last@a ended-first@a"]);
    check(&kept, usize::MAX, &["web/main: in-use@a ended-last@a ended-first@a"]);
}

#[test]
fn each_container_of_each_workload_has_its_own() {
    let kept = [
        web("1", 1).until(2),
        web("2", 2).until(3),
        used("1", 1).with("a").by("web", "sidecar").until(2),
        used("0", 0).with("a").by("job", "main").until(1),
    ];
    check(&kept, 1, &["job/main: 0@a", "web/main: 2@a", "web/sidecar: 1@a"]);
}

#[test]
fn a_version_is_a_reference_with_a_digest() {
    let kept =
        [web("1", 1).with("a").until(2), web("1", 2).with("b").until(3), web("2", 3).with("b").until(4)];
    check(&kept, 2, &["web/main: 2@b 1@b"]);
    check(&kept, 3, &["web/main: 2@b 1@b 1@a"]);
}

#[test]
fn a_version_that_came_back_counts_once() {
    let kept = [
        web("1", 1).until(2),
        web("2", 2).until(3),
        web("3", 3).until(4),
        web("2", 4).until(5),
        web("3", 5).until(6),
    ];
    check(&kept, 2, &["web/main: 3@a 2@a"]);
    check(&kept, 3, &["web/main: 3@a 2@a 1@a"]);
}

#[test]
fn a_digest_that_was_never_told_is_a_version_of_its_reference() {
    let unknown = |reference: &str, opened| used(reference, opened).by("web", "main");
    let kept = [
        unknown("1", 1).until(2),
        web("1", 2).until(3),
        unknown("2", 3).until(4),
        unknown("1", 4).until(5),
        Use { active: Active::Never, closed: Some(t(6)), ..unknown("1", 5) },
    ];
    check(&kept, 1, &["web/main: 1@?"]);
    check(&kept, 2, &["web/main: 1@? 2@?"]);
    check(&kept, 3, &["web/main: 1@? 2@? 1@a"]);
}
