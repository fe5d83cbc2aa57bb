//! What a release is made of: archives, the manifest for Krew, notes; and the image's bytes.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use regex::Regex;

use crate::repository::{hex, read, root};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The output of a script of this repository.
fn script(name: &str, arguments: &[&str]) -> Output {
    Command::new(root().join(name)).args(arguments).output().unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Packs a stand-in for the program, for each system that there is an archive for.
fn archives(folder: &Path) {
    let program = folder.join("program");
    fs::write(&program, "#!/bin/sh\n").expect("a program is written");
    for system in ["darwin", "linux"] {
        for architecture in ["amd64", "arm64"] {
            let [program, folder] = [&program, folder].map(|path| path.to_str().expect("Unicode"));
            let path = said(script("hack/release/pack", &[program, system, architecture, folder]));
            assert_eq!(path, format!("{folder}/kimager-{VERSION}-{system}-{architecture}.tar.gz\n"));
        }
    }
}

fn listed(archive: &Path) -> String {
    said(Command::new("tar").arg("-tzf").arg(archive).output().expect("tar starts"))
}

#[test]
fn an_archive_holds_the_program_and_its_licence() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    archives(folder.path());
    let archive = folder.path().join(format!("kimager-{VERSION}-linux-amd64.tar.gz"));
    assert_eq!(listed(&archive), "CHANGELOG.md\nLICENSE\nREADME.md\nkimager\n");
}

#[test]
fn the_manifest_for_krew_names_each_archive_and_what_it_hashes_to() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    archives(folder.path());
    let manifest = said(script("hack/release/krew", &[VERSION, folder.path().to_str().expect("Unicode")]));

    assert!(
        manifest.starts_with("apiVersion: krew.googlecontainertools.github.com/v1alpha2\nkind: Plugin\n")
    );
    assert!(manifest.contains(&format!("\n  version: v{VERSION}\n")), "{manifest}");
    let platform = Regex::new(
        r"      matchLabels:
          os: (\w+)
          arch: (\w+)
      uri: (\S+)
      sha256: ([0-9a-f]{64})
      bin: kimager
",
    )
    .expect("an expression");
    let platforms: Vec<_> = platform.captures_iter(&manifest).map(|hit| hit.extract::<4>().1).collect();
    assert_eq!(platforms.len(), 4, "{manifest}");
    for [system, architecture, uri, hash] in platforms {
        let name = format!("kimager-{VERSION}-{system}-{architecture}.tar.gz");
        let releases = "https://github.com/nickgerace/kimager/releases/download";
        assert_eq!(uri, format!("{releases}/v{VERSION}/{name}"));
        let content = fs::read(folder.path().join(name)).expect("an archive");
        let sum = ring::digest::digest(&ring::digest::SHA256, &content);
        assert_eq!(hash, hex(sum.as_ref()), "{uri}");
    }
}

#[test]
fn there_is_no_manifest_without_all_archives() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    archives(folder.path());
    fs::remove_file(folder.path().join(format!("kimager-{VERSION}-darwin-arm64.tar.gz"))).expect("it goes");
    let error = refused(&script("hack/release/krew", &[VERSION, folder.path().to_str().expect("Unicode")]));
    assert!(error.contains("darwin-arm64.tar.gz is missing"), "{error}");
}

#[test]
fn the_notes_of_a_release_are_its_chapter_of_the_changelog() {
    let notes = said(script("hack/release/notes", &[VERSION]));
    assert!(read("CHANGELOG.md").contains(&notes), "{notes}");
    assert!(!notes.contains("\n## "), "{notes}");
    let error = refused(&script("hack/release/notes", &["0.0.7"]));
    assert!(error.contains("says nothing of 0.0.7"), "{error}");
}

#[test]
fn a_release_is_of_the_version_that_its_tag_says() {
    let error = refused(&script("hack/release/version", &["v0.0.7"]));
    assert!(error.contains(&format!("the tag is v0.0.7, and Cargo.toml says {VERSION}")), "{error}");
}

#[test]
fn the_same_program_makes_the_same_image() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("program");
    fs::write(&program, "#!/bin/sh\n").expect("a program is written");
    let [first, second] = ["first.tar", "second.tar"].map(|name| {
        let archive = folder.path().join(name);
        let arguments = [program.to_str(), Some("amd64"), archive.to_str()];
        let output = Command::new(root().join("hack/image/pack"))
            .args(arguments.map(|argument| argument.expect("Unicode")))
            .env("SOURCE_DATE_EPOCH", "1700000000")
            .output()
            .expect("hack/image/pack starts");
        said(output);
        // What is packed later differs in nothing else.
        fs::remove_file(&program).expect("it goes");
        fs::write(&program, "#!/bin/sh\n").expect("a program is written");
        fs::read(archive).expect("an archive")
    });
    assert_eq!(first, second);
}
