//! Help, completions, manual pages, and readers that go away.

use std::io::Read as _;
use std::process::Stdio;

use super::{kimager, program};

#[test]
fn help_is_short_and_shows_examples() {
    for command in ["", "watch", "images", "graph", "history", "at", "diff", "demo"] {
        let long = kimager(&format!("{command} --help")).done();
        assert_eq!(long, kimager(&format!("{command} -h")).done());
        assert!(long.contains("Example"), "{command}");
        assert!(long.lines().count() < 60, "{command}: a screen is enough");
        assert!(long.lines().all(|line| line.chars().count() <= 100), "{command}");
    }
    assert!(kimager("--help").done().contains("Exit codes: 0 done"));
    assert!(kimager("--version").done().starts_with("kimager 0."));
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = kimager(&format!("completions {shell}")).done();
        assert!(script.contains("kimager") && script.contains("exclude-namespace"), "{shell}");
    }
}

#[test]
fn manual_pages_go_to_the_output_or_into_a_folder() {
    assert!(kimager("man").done().contains(".TH kimager 1"));
    let folder = tempfile::tempdir().expect("a folder");
    kimager(&format!("man --dir {}", folder.path().display())).done();
    for page in ["kimager.1", "kimager-watch.1", "kimager-images.1"] {
        assert!(folder.path().join(page).is_file(), "{page}");
    }
    kimager("man --dir /nowhere/at/all").refused(1, &["/nowhere/at/all", "No such file"]);
}

#[test]
fn a_reader_that_goes_away_has_read_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pods.json");
    let pods: Vec<String> = (0..20_000)
        .map(|number| {
            format!(
                r#"{{"kind":"Pod","metadata":{{"name":"p{number}"}},"spec":{{"containers":[{{"name":"a","image":"image-{number}"}}]}}}}"#
            )
        })
        .collect();
    std::fs::write(&path, pods.concat()).expect("it is written");
    let path = path.display().to_string();
    for args in [vec!["images", "-f", &path], vec!["graph", "-f", &path], vec!["completions", "bash"]] {
        let mut child =
            program(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut output = child.stdout.take().expect("its output is a pipe");
        output.read_exact(&mut [0; 16]).expect("it writes");
        drop(output);
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(ended.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{args:?}");
    }
}
