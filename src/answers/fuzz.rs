//! What users type and programs write: patterns of images, and candidates to be deleted.

use std::sync::Arc;

use super::keep::{Candidates, Cluster, Fate, Keep, Mirror, Why, lines};
use super::pattern::Pattern;
use crate::fuzz::{Outcome, fuzz, holds, kind_of};
use crate::inventory::Reference;
use crate::record::past::Hint;
use crate::record::samples::used;

const WORDS: [&str; 12] = [
    "@sha256:",
    "sha256-",
    ":latest",
    "docker.io/",
    "library/",
    "index.docker.io/",
    "*",
    "{a,b}",
    "[!a]",
    "**/",
    "#",
    "\\",
];

fn hex(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// References of all forms, some of which stay.
fn images() -> Vec<String> {
    let pinned = format!("quay.io/shop/web:1@sha256:{}", hex('a'));
    let of_other_algorithm = format!("quay.io/shop/db@sha512:{0}{0}", hex('a'));
    ["nginx:1", "Host.io:5000/a/b:V1", &pinned, &of_other_algorithm, "NOT VALID"].map(str::to_owned).to_vec()
}

fn seeds() -> Vec<Vec<u8>> {
    let mut lines = images();
    lines.push(format!("quay.io/shop/other:sha256-{}.sig", hex('a')));
    lines.push(format!("docker.io/library/nginx@sha256:{}\n# a comment\n\nbusybox", hex('b')));
    let all = lines.join("\n") + "\n";
    lines.iter().map(|line| format!("{line}\n")).chain([all]).map(String::into_bytes).collect()
}

/// Nothing goes but a line that was there, that names an image in full, and that neither its name nor
/// its digest lets stay.
#[test]
fn candidates() {
    let mut keep = Keep::new(vec![Mirror::parse("docker.io=mirror.example.com/hub").expect("a mirror")]);
    let mut cluster = Cluster::default();
    for image in images() {
        cluster.need(used(&Arc::clone(Reference::parse(&image).text()), 0), Why::Window);
    }
    keep.add(cluster);
    let staying: Vec<Reference> = images().iter().map(|image| Reference::parse(image)).collect();
    fuzz("candidates", &WORDS, seeds(), |bytes| {
        let candidates = match Candidates::read(bytes) {
            Ok(candidates) => candidates,
            Err(error) => return Ok(error.to_string()),
        };
        let verdict = candidates.judge(keep.stays());
        let given: Vec<&str> = lines(bytes).map_err(|error| error.to_string())?.collect();
        let judged: Vec<&str> = verdict.candidates.iter().map(|(line, _)| *line).collect();
        holds("each line is judged, in order", given == judged)?;
        let mut fates: Vec<Fate> = Vec::new();
        for (line, fate) in &verdict.candidates {
            fates.push(*fate);
            if *fate != Fate::MayGo {
                continue;
            }
            let reference = Reference::parse(line);
            holds(&format!("what goes is a reference: {line}"), reference.is_valid())?;
            let says = line.contains('@') || line.rsplit('/').next().is_some_and(|last| last.contains(':'));
            holds(&format!("what goes has a tag or a digest: {line}"), says)?;
            for stays in &staying {
                let is_same = reference.text().to_lowercase() == stays.text().to_lowercase();
                let has_its_digest = stays.digest().is_some_and(|digest| {
                    reference.digest().is_some_and(|own| own.eq_ignore_ascii_case(digest))
                });
                let is_tag = stays.tag().is_some()
                    && (reference.repository(), reference.tag()) == (stays.repository(), stays.tag())
                    && reference.registry().map(str::to_lowercase) == stays.registry().map(str::to_lowercase);
                holds(
                    &format!("{line} goes, but {stays} stays"),
                    !(is_tag || has_its_digest || is_same && stays.digest().is_some()),
                )?;
            }
        }
        let fates = [Fate::Stays, Fate::Unclear, Fate::MayGo].map(|fate| fates.contains(&fate));
        Ok(format!("{fates:?} {} {}", verdict.without_digest.min(2), verdict.without_tag.min(2)))
    });
}

/// A pattern that is understood matches only what its hints let through.
#[test]
fn patterns() {
    let digest = format!("sha256:{}", hex('a'));
    let images: Vec<Reference> = images().iter().map(|image| Reference::parse(image)).collect();
    let globs =
        ["*/team/*", "{nginx,redis}:1", "nginx@sha256:aaaaaaaaaaaa", "aaaaaaaaaaaa", "sha512:aaaaaaaaaaaa"];
    let seeds = seeds().into_iter().chain(globs.map(|glob| glob.as_bytes().to_vec())).collect();
    fuzz("patterns", &WORDS, seeds, |bytes| pattern(&String::from_utf8_lossy(bytes), &images, &digest));
}

/// Nobody types more; a glob takes as long as it and the name it is held against are, multiplied.
const LONGEST_TYPED: usize = 2_000;

fn pattern(text: &str, images: &[Reference], digest: &str) -> Outcome {
    if text.len() > LONGEST_TYPED {
        return Ok("too long".to_owned());
    }
    let pattern = match Pattern::parse(text) {
        Ok(pattern) => pattern,
        Err(error) => return Ok(kind_of(&error.to_string())),
    };
    let hints = pattern.hints();
    let is_hinted = |image: &Reference, running: Option<&str>| {
        let digests: Vec<&str> =
            image.text().split_once('@').map(|(_, pinned)| pinned).into_iter().chain(running).collect();
        hints.is_empty()
            || hints.iter().any(|hint| match hint {
                Hint::Reference(beginning) => image.text().starts_with(&**beginning),
                Hint::Digest(beginning) => digests
                    .iter()
                    .any(|digest| digest.to_ascii_lowercase().starts_with(&beginning.to_ascii_lowercase())),
            })
    };
    let own = Reference::parse(text);
    let mut matched = Vec::new();
    for image in images.iter().chain([&own]) {
        for running in [None, Some(digest)] {
            let matches = pattern.matches(image, running);
            holds(&format!("{image} matches and is not hinted at"), !matches || is_hinted(image, running))?;
            matched.push(matches);
        }
    }
    let matches = matched.iter().filter(|matches| **matches).count();
    Ok(format!("{matches} {}", hints.len()))
}
