//! `keep` on records in files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::past::{DAY, PastOf};
use super::{Ran, kimager, program, ran, said};

const NGINX: &str = "docker.io/library/nginx:1";
const OLD: &str = "quay.io/team/web:1";
const NEW: &str = "quay.io/team/web:2";

fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// A record of the cluster `a` with 90 days behind it.
fn record(folder: &Path) -> PathBuf {
    PastOf::cluster(folder, "a", 90 * DAY)
        .seen(90 * DAY, 0)
        .used(NGINX, None, 80 * DAY, None)
        .used(OLD, Some(&digest('a')), 80 * DAY, Some(40 * DAY))
        .used(NEW, Some(&digest('b')), 40 * DAY, Some(DAY))
        .made()
}

/// `keep` in a folder, with what it is fed.
fn keep(folder: &TempDir, words: &str, input: &str) -> Ran {
    let mut command = program(std::iter::once("keep").chain(words.split_whitespace()));
    command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("its input is a pipe");
    // It may have refused by now, and closed its input.
    let _ = pipe.write_all(input.as_bytes());
    drop(pipe);
    said(child.wait_with_output().expect("the program ends"))
}

/// That it answered, and what.
#[track_caller]
fn answered(ran: &Ran) -> Vec<&str> {
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.out.lines().collect()
}

#[test]
fn what_was_used_in_the_window_is_kept_by_tag_and_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let (old, new) =
        (format!("quay.io/team/web@{}", digest('a')), format!("quay.io/team/web@{}", digest('b')));
    let check = |words: &str, expected: &[&str]| {
        assert_eq!(answered(&keep(&folder, &format!("--record a.db {words}"), "")), expected, "{words}");
    };
    check("", &[NGINX, NEW, &new]);
    check("--within 12h", &[NGINX]);
    check("--within 60d", &[NGINX, OLD, NEW, &old, &new]);
    check("--within 12h --versions 3", &[NGINX, OLD, NEW, &old, &new]);
    check("--within 12h --map docker.io=m.io", &[NGINX, "m.io/library/nginx:1"]);
}

#[test]
fn json_tells_why_and_how_far_the_answer_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let ran = keep(&folder, "--record a.db --within 12h --versions 2 -o json", "");
    let answer: Value = serde_json::from_str(&answered(&ran).join("\n")).expect("it is JSON");
    assert_eq!(answer["complete"], true);
    assert_eq!(answer["records"][0]["cluster"], "a");
    assert_eq!(answer["records"][0]["scopes"][0], "all namespaces");
    let behind = &answer["records"][0]["tolerated_gaps"][0];
    assert_eq!((&behind["kind"], &behind["blind"]), (&"since".into(), &true.into()));
    assert_eq!(behind["from"], answer["records"][0]["as_of"]);
    assert!(ran.err.contains("note: a: all namespaces was not seen since"), "{}", ran.err);
    assert!(answer["untold"].as_array().is_some_and(|untold| untold.len() > 5));
    let nginx = &answer["kept"][0];
    assert_eq!((&nginx["name"], &nginx["used_now"]), (&NGINX.into(), &true.into()));
    assert_eq!(nginx["why"], serde_json::json!(["window", "version"]));
    assert_eq!(nginx["clusters"], serde_json::json!(["a"]));
    let new = &answer["kept"][1];
    assert_eq!((&new["why"], &new["used_now"]), (&serde_json::json!(["version"]), &false.into()));
    assert!(new["last_used"].is_string());
}

#[test]
fn a_table_and_values_tell_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let table = keep(&folder, "--record a.db --within 12h -o table", "");
    assert_eq!(answered(&table), ["IMAGE    WHY     LAST-USED", "nginx:1  window  now"]);
    let values = keep(&folder, "--record a.db --within 12h -o csv", "");
    assert_eq!(answered(&values)[1], "docker.io/library/nginx:1,docker.io,library/nginx,1,,window,now,a");
    fs::write(folder.path().join("also.txt"), digest('d') + "\n").expect("a file");
    let values = keep(&folder, "--record a.db --within 12h --also also.txt -o csv", "");
    let digest = digest('d');
    assert_eq!(answered(&values)[2], format!("{digest},,,,{digest},also,,"), "it is in no repository");
}

#[test]
fn candidates_that_may_go_are_printed_unchanged_and_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let (b, c) = (digest('b'), digest('c'));
    let candidates = format!(
        "quay.io/team/web:9@{c}\nquay.io/team/web\nnginx:1\nquay.io/team/web@{b}\n{OLD}\nnginx:1.26\n"
    );
    let ran = keep(&folder, "--record a.db --filter -", &candidates);
    assert_eq!(answered(&ran), [&*format!("quay.io/team/web:9@{c}"), OLD, "nginx:1.26"]);
    for words in ["quay.io/team/web stays", "2 of the candidates", "3 of 6 candidates", "sandbox"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

#[test]
fn a_record_that_cannot_vouch_refuses_and_says_for_what_it_could() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    record(path);
    PastOf::cluster(path, "young", 6 * DAY).seen(6 * DAY, 0).made();
    PastOf::cluster(path, "late", 90 * DAY).seen(90 * DAY, 3_600).made();
    PastOf::cluster(path, "gap", 90 * DAY).seen(90 * DAY, 9 * DAY + 660).seen(9 * DAY, 0).made();
    PastOf::scope(path, "part", "namespace shop", 90 * DAY).seen_of("namespace shop", 90 * DAY, 0).made();
    let check = |words: &str, says: &[&str]| {
        for filter in ["", "--filter -"] {
            keep(&folder, &format!("{words} {filter}"), "nginx:1.26\n").refused(3, says);
        }
    };
    check("--record young.db", &["young (young.db)", "record began", "--within 6d"]);
    // Neither a short window nor a long gap is what a record is asked for that is not written any more.
    for words in ["", "--within 10m", "--within 1m --max-gap 0", "--within 30d --max-gap 31d"] {
        check(&format!("--record late.db {words}"), &["not seen since", "no window"]);
    }
    check("--record gap.db", &["missed", "--within 9d"]);
    check("--record part.db", &["only namespace shop", "--partial-scope"]);
    check("--record a.db --record young.db --record gap.db", &["young.db", "gap.db"]);
    check("--record a.db --expect 2", &["records of 1 clusters", "2 were expected"]);
    answered(&keep(&folder, "--record young.db --within 5d", ""));
    let tolerant = keep(&folder, "--record gap.db --max-gap 11m", "");
    answered(&tolerant);
    assert!(tolerant.err.contains("gap: all namespaces was not seen from"), "{}", tolerant.err);
    let partial = keep(&folder, "--record part.db --partial-scope", "");
    answered(&partial);
    assert!(partial.err.contains("outside of namespace shop are not kept"), "{}", partial.err);
}

#[test]
fn many_clusters_are_one_answer_or_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    record(path);
    PastOf::cluster(path, "b", 90 * DAY).seen(90 * DAY, 0).used("quay.io/b:1", None, DAY, None).made();
    let both = keep(&folder, "--record a.db --record b.db --expect 2 --within 12h", "");
    assert_eq!(answered(&both), [NGINX, "quay.io/b:1"]);
    fs::create_dir(path.join("new")).expect("a folder");
    PastOf::cluster(&path.join("new"), "a", 90 * DAY).seen(90 * DAY, 0).made();
    let twice = "--record a.db --record new/a.db";
    answered(&keep(&folder, twice, ""));
    keep(&folder, &format!("{twice} --expect 2"), "").refused(3, &["one name count once"]);
    fs::copy(path.join("a.db"), path.join("copy.db")).expect("a copy");
    keep(&folder, "--record a.db --record copy.db", "").refused(1, &["a.db", "copy.db", "same record"]);
    keep(&folder, "--record a.db --record nowhere.db", "").refused(1, &["nowhere.db"]);
    fs::write(path.join("broken.db"), "no database at all, but long enough to look like one")
        .expect("a file");
    keep(&folder, "--record a.db --record broken.db", "").refused(1, &["broken.db"]);
}

#[test]
fn whatever_else_fails_prints_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    fs::write(folder.path().join("also.txt"), "# ours\nquay.io/team/web:7\n").expect("a file");
    fs::write(folder.path().join("vague.txt"), "quay.io/team/web\n").expect("a file");
    let check = |words: &str, input: &str, says: &[&str]| {
        keep(&folder, &format!("--record a.db {words}"), input).refused(1, says);
    };
    check("--filter -", "nginx:1.26\nnginx:1.2", &["candidates", "cut short"]);
    check("--filter nowhere.txt", "", &["nowhere.txt"]);
    check("--filter .", "", &["directory"]);
    check("--also nowhere.txt", "", &["nowhere.txt"]);
    fs::write(folder.path().join("empty.txt"), "# nothing\n").expect("a file");
    check("--also empty.txt", "", &["empty.txt names nothing", "Leave --also out"]);
    check("--also vague.txt", "", &["vague.txt", "quay.io/team/web", "with its tag"]);
    let kept = keep(&folder, "--record a.db --also also.txt --filter -", "quay.io/team/web:7\nnginx:1.26\n");
    assert_eq!(answered(&kept), ["nginx:1.26"]);
    kimager("keep").refused(1, &["--record", "kubeconfig"]);
    kimager("keep --record a.db --filter - -o json").refused(2, &["--filter", "--output"]);
    kimager("keep --record a.db --map docker.io").refused(2, &["FROM=TO", "harbor"]);
    kimager("keep --record a.db --within soon").refused(2, &["30d"]);
}

/// Under a limit on the size of files, as on a full disk, a part of the answer fits.
#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_does_not_fit_on_the_disk_leaves_no_part_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    record(folder.path());
    let candidates: Vec<String> = (0..20_000).map(|number| format!("nginx:1.{number}\n")).collect();
    let candidates = candidates.concat();
    fs::write(folder.path().join("candidates.txt"), candidates).expect("a file");
    let check = |script: &str, says: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(program::<&str>([]).get_program()).current_dir(&folder);
        let ran = ran(&mut command);
        assert_eq!((ran.code, &*ran.out), (Some(1), ""), "{}", ran.err);
        assert!(ran.err.contains("error: cannot write the answer") && ran.err.contains(says), "{}", ran.err);
    };
    let keep = "\"$0\" keep --record a.db --filter candidates.txt";
    check(&format!("trap '' XFSZ; ulimit -f 100; {keep} > go.txt"), "too large");
    assert_eq!(fs::read_to_string(folder.path().join("go.txt")).expect("the file is there"), "");
    fs::write(folder.path().join("go.txt"), "before\n").expect("a file");
    check(&format!("trap '' XFSZ; ulimit -f 100; {keep} >> go.txt"), "too large");
    assert_eq!(fs::read_to_string(folder.path().join("go.txt")).expect("the file is there"), "before\n");
    check(&format!("{keep} > /dev/full"), "No space");
}
