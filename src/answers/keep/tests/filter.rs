//! Which candidates may go.

use std::sync::Arc;

use jiff::Timestamp;

use crate::answers::keep::{Candidates, Cluster, Fate, Keep, Mirror, NotText, Why};
use crate::inventory::{ContainerKind, Reference};
use crate::record::past::{Active, Use};

pub(super) fn hex(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// A use of an image, still going on.
pub(super) fn used(image: &str, digest: Option<char>, reported: Option<&str>) -> Use {
    Use {
        reference: Arc::clone(Reference::parse(image).text()),
        digest: digest.map(|digit| format!("sha256:{}", hex(digit)).into()),
        reported: reported.map(Into::into),
        scope: "all namespaces".into(),
        namespace: "shop".into(),
        workload: "Deployment/web".into(),
        container: "main".into(),
        kind: ContainerKind::App,
        opened: Timestamp::UNIX_EPOCH,
        closed: None,
        active: Active::Still,
        runs: 1,
    }
}

fn keep(uses: &[Use], mirrors: &[&str], also: &[&str]) -> Keep {
    let mut keep = Keep::new(mirrors.iter().map(|mirror| Mirror::parse(mirror).unwrap()).collect());
    let mut cluster = Cluster::default();
    for used in uses {
        cluster.need(used.clone(), Why::Window);
    }
    keep.add(cluster);
    for line in also {
        keep.also(line).unwrap();
    }
    keep
}

/// Which of `candidates` may go: `{a}` stands for a digest's `aaa…`.
fn goes(keep: &Keep, candidates: &[&str]) -> Vec<String> {
    let text: String = candidates.iter().map(|line| in_full(line) + "\n").collect();
    let candidates = Candidates::read(text.as_bytes()).unwrap();
    let verdict = candidates.judge(keep.stays());
    verdict
        .candidates
        .iter()
        .filter(|(_, fate)| *fate == Fate::MayGo)
        .map(|(line, _)| shortened(line))
        .collect()
}

fn in_full(line: &str) -> String {
    ('a'..='f').fold(line.to_owned(), |line, digit| line.replace(&format!("{{{digit}}}"), &hex(digit)))
}

fn shortened(line: &str) -> String {
    ('a'..='f').fold(line.to_owned(), |line, digit| line.replace(&hex(digit), &format!("{{{digit}}}")))
}

#[track_caller]
fn check(keep: &Keep, stays: &[&str], may_go: &[&str]) {
    let all: Vec<&str> = stays.iter().chain(may_go).copied().collect();
    assert_eq!(goes(keep, &all), may_go);
}

#[test]
fn a_used_tag_stays_in_every_spelling() {
    let keep = keep(&[used("nginx:1", None, None), used("Host.io/a:V1", None, None)], &[], &[]);
    check(
        &keep,
        &["nginx:1", "docker.io/nginx:1", "index.docker.io/library/nginx:1", "host.io/a:V1"],
        &["nginx:2", "quay.io/library/nginx:1", "host.io/a:v1"],
    );
}

#[test]
fn a_used_digest_stays_in_every_repository() {
    let pinned = format!("quay.io/b:2@sha256:{}", hex('b'));
    let keep =
        keep(&[used("quay.io/a:1", Some('a'), Some("mirror.io/x")), used(&pinned, None, None)], &[], &[]);
    check(
        &keep,
        &[
            "quay.io/a@sha256:{a}",
            "mirror.io/x@sha256:{a}",
            "mirror.io/other:7@sha256:{a}",
            "quay.io/b@sha256:{b}",
            "quay.io/b:2",
        ],
        &["quay.io/a@sha256:{c}", "mirror.io/x:1", "quay.io/b:3"],
    );
    let upper = format!("quay.io/a@sha256:{}", hex('A'));
    assert!(goes(&keep, &[&upper]).is_empty());
}

#[test]
fn a_candidate_with_tag_and_digest_stays_by_either() {
    let keep = keep(&[used("quay.io/a:1", Some('a'), None)], &[], &[]);
    check(&keep, &["quay.io/a:1@sha256:{c}", "quay.io/a:9@sha256:{a}"], &["quay.io/a:9@sha256:{d}"]);
}

#[test]
fn what_shares_its_digest_with_a_candidate_that_stays_does_too() {
    let keep = keep(&[used("quay.io/a:stable", Some('a'), None)], &[], &[]);
    // `stable` was pushed again and has not run yet; `v2` comes before it, its signature after.
    check(
        &keep,
        &[
            "quay.io/a:sha256-{c}.sig@sha256:{d}",
            "quay.io/a:sha256-{d}.sig",
            "quay.io/a:v2@sha256:{c}",
            "quay.io/a@sha256:{c}",
            "quay.io/a:stable@sha256:{c}",
        ],
        &["quay.io/a:v1@sha256:{b}"],
    );
}

#[test]
fn signatures_stay_with_what_they_sign() {
    let keep = keep(&[used("quay.io/a:1", Some('a'), None)], &[], &[]);
    check(
        &keep,
        &[
            "quay.io/a:sha256-{a}",
            "quay.io/a:sha256-{a}.sig",
            "quay.io/a:sha256-{a}.att",
            "quay.io/a:sha256-{a}.sbom",
            "quay.io/a:sha256-{a}.whatever.else",
        ],
        &[
            "quay.io/a:sha256-{b}.sig",
            "quay.io/a:sha256-{b}",
            "quay.io/a:x-sha256-{a}",
            "quay.io/a:sha512-{a}",
        ],
    );
}

#[test]
fn mirrors_names_stay() {
    let uses = [used("nginx:1", Some('a'), None)];
    let keep = keep(&uses, &["docker.io=harbor.example.com/hub", "quay.io=docker.io"], &["quay.io/redis:7"]);
    check(
        &keep,
        &[
            "nginx:1",
            "harbor.example.com/hub/library/nginx:1",
            "quay.io/redis:7",
            "docker.io/library/redis:7",
        ],
        &["harbor.example.com/hub/library/redis:7", "harbor.example.com/hub/library/nginx:2"],
    );
}

#[test]
fn what_the_user_names_stays() {
    let digest = format!("sha256:{}", hex('a'));
    let pinned = format!("quay.io/b@sha256:{}", hex('b'));
    let keep = keep(&[], &[], &["nginx:1", &digest, &pinned]);
    check(
        &keep,
        &["nginx:1", "x.io/y@sha256:{a}", "quay.io/b@sha256:{b}"],
        &["nginx:2", "x.io/y@sha256:{c}"],
    );
}

#[test]
fn a_line_of_the_users_that_could_be_meant_otherwise_is_refused() {
    for line in ["nginx", "quay.io/team/*", "sha256:beef", "quay.io/A:1", " nginx:1", "quay.io/a:"] {
        assert!(Keep::default().also(line).is_err(), "{line}");
    }
}

#[test]
fn a_candidate_that_is_no_reference_in_full_stays_and_is_told() {
    let bare = format!("sha256:{}", hex('a'));
    let text =
        "quay.io/a\nquay.io/a:1 \nquay.io/A:1\n\nquay.io/a@sha256:beef\n# a comment\r\nquay.io/a:1\r\n";
    let text = format!("{text}{bare}\n");
    let candidates = Candidates::read(text.as_bytes()).unwrap();
    let verdict = candidates.judge(Keep::default().stays());
    let fates = [
        ("quay.io/a", Fate::Unclear),
        ("quay.io/a:1 ", Fate::Unclear),
        ("quay.io/A:1", Fate::Unclear),
        ("quay.io/a@sha256:beef", Fate::Unclear),
        ("quay.io/a:1", Fate::MayGo),
        (&bare, Fate::Unclear),
    ];
    assert_eq!(verdict.candidates, fates);
    assert_eq!((verdict.without_digest, verdict.without_tag), (1, 0));
}

#[test]
fn candidates_that_may_be_cut_short_are_refused_whole() {
    let check = |bytes: &[u8], expected: Option<NotText>| {
        assert_eq!(Candidates::read(bytes).err(), expected);
    };
    check(b"", None);
    check(b"quay.io/a:1\n", None);
    check(b"quay.io/a:1\nquay.io/b:1", Some(NotText::Cut));
    check(b"quay.io/a:1\n\xff\n", Some(NotText::Encoding));
}
