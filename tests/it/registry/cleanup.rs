//! The guide's blocks in their order, with nothing put in place but what is the reader's own: the
//! registry's name and the path of its configuration.

use std::fs;

use crate::guide::{block, with};

use super::server::Registry;
use super::stock::{Image, Seen, fill};

const GUIDES_NAME: &str = "registry.example.com";
const GUIDES_CONFIG: &str = "/etc/distribution/config.yml";

#[test]
fn what_ran_and_what_belongs_to_it_stays_and_all_else_goes() {
    let mut registry = Registry::start();
    let stock = fill(&registry, Seen::Whole);
    registry.done(&list(&registry));
    registry.done(&block("awk -v before="));
    registry.done(&block("$ kimager keep --record eu.db"));
    let looked_at = read(&registry, "may-go.txt");
    registry.done(&delete());
    assert_eq!(read(&registry, "may-go.txt"), looked_at, "what is deleted is what was looked at");
    let tags = tags(&registry);
    let signature = format!("web:sha256-{}.sig", stock.signed.hex());
    let expected = [
        "shop:2",
        "web:0.6",
        "web:0.9",
        "web:1.0",
        "web:1.1",
        "web:2.0",
        "web:rolling",
        &signature,
        "web:stable",
    ];
    assert_eq!(tags, expected);

    registry.done(&tag_what_stays(&registry));
    let Image { repository, digest } = &stock.lost;
    assert_eq!(read(&registry, "missing.txt"), format!("{repository}@{digest}\n"));
    registry.stop();
    let config = registry.config().display().to_string();
    let collect = with(&block("registry garbage-collect"), GUIDES_CONFIG, &config);
    let without_untagged = registry.done(&with(&collect, " --delete-untagged", ""));
    assert!(without_untagged.contains(" 0 blobs and 0 manifests eligible"), "{without_untagged}");
    let foretold = sorted(&registry.done(&collect));
    let collected = sorted(&registry.done(&with(&collect, " --dry-run /", " /")));
    assert_eq!(collected, foretold);
    registry.start_again();

    for image in &stock.stays {
        pull(&registry, image);
    }
    for image in &stock.goes {
        assert_gone(&registry, image);
    }
    registry.done(&list(&registry));
    registry.done(&block("awk -v before="));
    registry.done(&block("$ kimager keep --record eu.db"));
    assert_eq!(read(&registry, "may-go.txt"), "", "nothing is left to go");
}

#[test]
fn where_a_record_has_a_hole_no_step_deletes_anything() {
    let registry = Registry::start();
    let stock = fill(&registry, Seen::WithHole);
    registry.done(&list(&registry));
    registry.done(&block("awk -v before="));
    let before = tags(&registry);
    for script in [delete(), tag_what_stays(&registry)] {
        let output = registry.shell(&script);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("error: ") && said.contains("eu.db"), "{said}");
    }
    assert_eq!(tags(&registry), before);
    for image in stock.stays.iter().chain(&stock.goes) {
        pull(&registry, image);
    }
}

fn list(registry: &Registry) -> String {
    with(&block("regctl tag ls"), GUIDES_NAME, &registry.name())
}

fn delete() -> String {
    with(&block("echo regctl tag delete"), "echo regctl", "regctl")
}

fn tag_what_stays(registry: &Registry) -> String {
    with(&block(":kept-"), GUIDES_NAME, &registry.name())
}

fn read(registry: &Registry, file: &str) -> String {
    fs::read_to_string(registry.folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The tags of all repositories, sorted, without those that the guide adds.
fn tags(registry: &Registry) -> Vec<String> {
    let of = |repository: &str| {
        let tags = registry.done(&format!("regctl tag ls {}/team/{repository}", registry.name()));
        tags.lines().map(|tag| format!("{repository}:{tag}")).collect::<Vec<_>>()
    };
    let mut tags = [of("shop"), of("web")].concat();
    tags.sort_unstable();
    tags
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// Pulls by digest all that the image is made of, to where nothing is yet.
#[track_caller]
fn pull(registry: &Registry, image: &Image) {
    let Image { repository, digest } = image;
    registry.done(&format!("regctl image copy {repository}@{digest} ocidir://pulled/{}", image.hex()));
}

#[track_caller]
fn assert_gone(registry: &Registry, image: &Image) {
    let Image { repository, digest } = image;
    let output = registry.shell(&format!("regctl manifest head {repository}@{digest}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("not found"), "{image:?} is still there: {said}");
}
