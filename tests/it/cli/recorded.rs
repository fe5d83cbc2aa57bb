//! `history`, `at`, `diff` and `images --record`.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::past::{DAY, PastOf};
use super::simulated::{Simulated, about};
use super::{Ran, kimager, program, ran};

/// A cluster whose record has a gap: `nginx` stayed, `redis` went and `mail` came meanwhile.
struct Past {
    simulated: Simulated,
    /// Before the watch.
    begun: String,
    /// While `nginx` and `redis` were seen.
    before: String,
    /// In the gap.
    inside: String,
}

fn now() -> String {
    Timestamp::now().to_string()
}

impl Past {
    fn new(is_blind: bool) -> Self {
        let mut simulated = Simulated::new();
        simulated.create("shop/web", "nginx:1", Some(0xaa));
        simulated.create("shop/cache", "redis:7", Some(0xbb));
        let begun = now();
        let watching = simulated.watch(&[]).says("nginx:1").says("redis:7");
        simulated.create("pay/bank", "bank:2", None);
        let watching = watching.says("bank:2");
        let before = simulated.seen("nginx:1");
        watching.stop();
        let inside = now();
        simulated.delete("shop/cache");
        simulated.create("shop/mail", "mail:1", Some(0xcc));
        if is_blind {
            simulated.forget();
        }
        let watching = simulated.watch(&[]).says("mail:1");
        // Not by what is asked about: what comes as the gap ends may have come in it.
        simulated.seen("bank:2");
        watching.stop();
        Self { simulated, begun, before, inside }
    }

    fn record(&self) -> PathBuf {
        self.simulated.record()
    }

    fn ask(&self, line: &str) -> Ran {
        ran(&mut about(&self.record(), line))
    }

    /// The images that are named, without what is understood.
    fn names(&self, line: &str) -> (Option<i32>, String) {
        let ran = self.ask(&format!("{line} -o name"));
        let names: Vec<&str> =
            ran.out.lines().map(|name| name.trim_start_matches("docker.io/library/")).collect();
        (ran.code, names.join(" "))
    }
}

#[test]
fn a_record_tells_what_was_used_at_any_time_that_was_seen() {
    let past = Past::new(false);
    let check = |line: &str, code: i32, expected: &str| {
        assert_eq!(past.names(line), (Some(code), expected.to_owned()), "{line}");
    };
    let Past { begun, before, inside, .. } = &past;
    check("images", 0, "bank:2 mail:1 nginx:1");
    check("images redis", 0, "");
    check(&format!("at {before}"), 0, "bank:2 nginx:1 redis:7");
    check(&format!("at {before} nginx"), 0, "nginx:1");
    check(&format!("at {before} -n pay"), 0, "bank:2");
    check(&format!("at {before} --kind init"), 0, "");
    check(&format!("at {before} sha256:bbbbbbbbbbbb"), 0, "redis:7");
    check(&format!("at {inside} nginx"), 0, "nginx:1");
    check(&format!("at {inside}"), 3, "bank:2 nginx:1");
    check(&format!("at {begun}"), 3, "");
    check(&format!("diff {before}"), 0, "mail:1 redis:7");
    check(&format!("diff {before} -n pay"), 0, "");
    check("history", 0, "bank:2 mail:1 nginx:1 redis:7");
    check(&format!("history --since {begun}"), 3, "bank:2 mail:1 nginx:1 redis:7");
    check(&format!("history --until {before}"), 0, "bank:2 nginx:1 redis:7");
}

#[test]
fn in_a_gap_certain_and_possible_are_told_apart() {
    let past = Past::new(false);
    let ran = past.ask(&format!("at {} -n shop -n pay", past.inside));
    assert_eq!(ran.code, Some(3));
    let rows: Vec<(&str, &str)> = ran
        .out
        .lines()
        .map(|row| {
            let words: Vec<&str> = row.split_whitespace().collect();
            (words[0], words[words.len() - 1])
        })
        .collect();
    let expected =
        [("IMAGE", "CERTAIN"), ("bank:2", "yes"), ("nginx:1", "yes"), ("mail:1", "no"), ("redis:7", "no")];
    assert_eq!(rows, expected);
    assert!(ran.err.contains("warning: sim: 2 images are only possible"), "{}", ran.err);
    assert!(ran.err.contains("warning: sim: all namespaces was not seen from "), "{}", ran.err);
    let ran = past.ask(&format!("diff {} {} -n shop", past.before, past.inside));
    assert_eq!(ran.code, Some(3));
    let change = |row: &str| row.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let changes: Vec<String> = ran.out.lines().skip(1).map(change).collect();
    assert_eq!(changes, ["added mail:1", "removed redis:7"], "{}{}", ran.out, ran.err);
    assert!(ran.out.lines().skip(1).all(|row| row.ends_with("no")), "{}", ran.out);
}

#[test]
fn a_history_is_complete_without_a_blind_gap() {
    for (is_blind, code, kind) in [(false, 0, "bridged"), (true, 3, "blind")] {
        let past = Past::new(is_blind);
        let ran = past.ask("history redis -o json");
        assert_eq!(ran.code, Some(code), "{}", ran.err);
        let answer: Value = serde_json::from_str(&ran.out).expect("it is JSON");
        assert_eq!(answer["complete"], !is_blind);
        let record = &answer["records"][0];
        assert_eq!(record["cluster"], "sim");
        assert_eq!(record["gaps"][0]["kind"], kind);
        assert_eq!(record["gaps"][0]["blind"], is_blind);
        let used = &record["uses"][0];
        assert_eq!((&used["tag"], &used["workload"]), (&"7".into(), &"Pod/cache".into()));
        let interval = &used["intervals"][0];
        assert_eq!((&interval["state"], &interval["until_exact"]), (&"ended".into(), &false.into()));
        let happened = record["events"].as_array().expect("events are a list").iter();
        let words: Vec<&str> = happened.filter_map(|event| event["event"].as_str()).collect();
        assert_eq!(words, ["added", "removed"]);
        assert_eq!(past.names("images"), (Some(0), "bank:2 mail:1 nginx:1".to_owned()));
    }
}

/// Its digest becomes known once it is pulled, and while it lingers no pod tells it any more.
#[test]
fn the_history_of_a_digest_has_what_happened_to_its_image() {
    let mut simulated = Simulated::new();
    simulated.create("shop/mailer", "mailer:1", Some(0xee));
    let watching = simulated.watch(&["--linger", "10ms"]).says("mailer:1");
    simulated.delete("shop/mailer");
    simulated.create("shop/web", "web:1", Some(0xaa));
    let watching = watching.says("web:1").says("[-|image]  mailer:1");
    // A history goes to when all was seen last; what the clock told after that comes with the next sight.
    simulated.create("shop/last", "last:1", Some(0xbb));
    watching.says("last:1").stop();
    let ran = ran(&mut about(&simulated.record(), "history sha256:eeeeeeeeeeee -o json"));
    let answer: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let events = answer["records"][0]["events"].as_array().expect("events are a list");
    let words: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(words, ["added", "removed"], "{}", ran.out);
    assert_eq!(events[1]["digest"], format!("sha256:{}", "ee".repeat(32)), "{}", ran.out);
}

#[test]
fn each_form_tells_the_same() {
    let past = Past::new(false);
    let out = past.ask("history redis").out;
    let rows: Vec<&str> = out.lines().collect();
    assert!(rows[0].starts_with("IMAGE "), "{out}");
    assert!(rows[1].starts_with("redis:7  sha256:bbbbbbbbbbbb  <=20"), "{out}");
    assert_eq!((rows[2], rows.len()), ("", 6), "{out}");
    let out = past.ask("history -o csv").out;
    assert!(out.starts_with("cluster,reference,registry,"), "{out}");
    assert_eq!(out.lines().filter(|row| row.contains("/redis:7,")).count(), 1, "{out}");
    assert!(out.contains(",used,"), "{out}");
    let out = past.ask(&format!("at {} -o csv", past.before)).out;
    assert_eq!(out.lines().filter(|row| row.starts_with("sim,yes,docker.io/library/")).count(), 3, "{out}");
    let out = past.ask(&format!("diff {} -o csv", past.before)).out;
    assert!(out.lines().any(|row| row.starts_with("sim,removed,yes,docker.io/library/redis:7,")), "{out}");
    let answer: Value =
        serde_json::from_str(&past.ask(&format!("diff {} -o json", past.before)).out).expect("it is JSON");
    assert_eq!(answer["records"][0]["changes"][0]["change"], "added");
    let out = past.ask("images -o wide").out;
    assert!(out.contains("shop/Pod/web") && !out.contains("CERTAIN") && !out.contains("PODS"), "{out}");
}

#[test]
fn rows_of_several_records_carry_their_cluster() {
    let (one, other) = (Past::new(false), Simulated::new());
    let flags = ["--cluster-name", "other"];
    let mut other = other;
    other.create("a/b", "nginx:1", None);
    other.watch(&flags).says("nginx:1").stop();
    let asked = |form: &str| {
        ran(about(&one.record(), &format!("images nginx -o {form}")).arg("--record").arg(other.record()))
    };
    let table = asked("table").done();
    let clusters: Vec<&str> = table.lines().map(|row| row.split_whitespace().next().unwrap_or("")).collect();
    assert_eq!(clusters, ["CLUSTER", "sim", "other"]);
    assert_eq!(asked("name").done(), "docker.io/library/nginx:1\n");
    let namesake =
        PastOf::cluster(one.simulated.record().parent().expect("a folder"), "sim", DAY).seen(DAY, 0).made();
    let both = ran(about(&one.record(), "images").arg("--record").arg(&namesake));
    let note =
        format!("note: {} and {} are both of the cluster sim", one.record().display(), namesake.display());
    assert!(both.code == Some(0) && both.err.contains(&note), "{}", both.err);
    let twice = ran(about(&one.record(), "at 1s").arg("--record").arg(one.record()));
    twice.refused(1, &["are the same record", "once"]);
}

#[test]
fn another_namespace_than_was_watched_makes_an_answer_incomplete() {
    let mut simulated = Simulated::new();
    simulated.create("shop/web", "nginx:1", None);
    simulated.create("pay/bank", "bank:2", None);
    simulated.watch(&["-n", "shop"]).says("nginx:1").stop();
    let asked = |line: &str| ran(&mut about(&simulated.record(), line));
    assert_eq!(asked("images -n shop -o name").out, "docker.io/library/nginx:1\n");
    let ran = asked("images -n pay -o name");
    assert_eq!((ran.code, &*ran.out), (Some(3), ""));
    assert!(ran.err.contains("namespace pay was not watched"), "{}", ran.err);
}

#[test]
fn every_answer_about_a_part_of_a_cluster_says_which() {
    let folder = tempfile::tempdir().expect("a folder");
    let scope = "namespace kube-system";
    let part = PastOf::scope(folder.path(), "part", scope, DAY).seen_of(scope, DAY, 0).made();
    let all = PastOf::cluster(folder.path(), "all", DAY).seen(DAY, 0).made();
    let mut asked = Vec::new();
    for question in ["images", "at 1h", "diff 2h", "history"] {
        asked.extend(["table", "wide", "json", "csv", "name"].map(|form| format!("{question} -o {form}")));
    }
    asked.extend(["cyclonedx", "json", "csv"].map(|form| format!("export -o {form}")));
    asked.push("images -n kube-system".to_owned());
    for line in asked {
        let told = |record: &Path| {
            let ran = ran(&mut about(record, &line));
            assert_eq!(ran.code, Some(0), "{line}: {}", ran.err);
            ran.err
                .lines()
                .filter(|line| line.contains("of the cluster"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let note = "note: part: this is about a part of the cluster, namespace kube-system";
        assert_eq!(told(&part), [note], "{line}");
        assert_eq!(told(&all), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn an_answer_of_before_another_part_was_watched_says_so_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, ci) = ("namespace shop", "namespace ci");
    let began = |name| PastOf::scope(folder.path(), name, shop, DAY).seen_of(shop, DAY, 5);
    let awaited = began("awaited").started_again(4, &[ci, shop]).made();
    let seen = began("seen").started_again(4, &[ci, shop]).seen_of(shop, 3, 0).seen_of(ci, 3, 0).made();
    let same = began("same").started_again(4, &[shop]).made();
    for line in ["images", "diff 1h", "history", "export"] {
        let check = |record: &Path, expected: bool| {
            let ran = ran(&mut about(record, line));
            let words = "when namespace ci, namespace shop were not yet seen";
            assert_eq!(ran.err.contains(words), expected, "{line} {}: {}", record.display(), ran.err);
        };
        check(&awaited, true);
        check(&seen, false);
        check(&same, false);
    }
    let ran = ran(&mut about(&awaited, "images -n shop"));
    assert!(!ran.err.contains("not yet seen"), "shop was watched all along: {}", ran.err);
}

/// A record is always a little behind the clock.
#[test]
fn now_is_answered_as_of_when_all_was_seen_last_while_a_record_is_written() {
    let mut simulated = Simulated::new();
    simulated.create("shop/web", "nginx:1", None);
    let watching = simulated.watch(&[]).says("nginx:1");
    let begun = simulated.seen("nginx:1");
    let asked = |line: &str| ran(&mut about(&simulated.record(), line));
    for line in ["at now", "history --until now", &format!("diff {begun} now")] {
        let ran = asked(&format!("{line} -o name"));
        assert_eq!(ran.code, Some(0), "{line}: {}", ran.err);
        assert!(ran.err.contains("note: sim: as of 20"), "{line}: {}", ran.err);
    }
    assert_eq!(asked("at now -o name").out, "docker.io/library/nginx:1\n");
    let export = asked("export --at now -o csv");
    assert_eq!(export.code, Some(0), "{}", export.err);
    assert!(export.out.contains("docker.io/library/nginx:1"), "{}", export.out);
    let answer: Value = serde_json::from_str(&asked("at now -o json").out).expect("it is JSON");
    let record = &answer["records"][0];
    assert_eq!(answer["complete"], true);
    assert!(record["as_of"].as_str() < record["at"].as_str(), "{record}");
    watching.stop();
}

#[test]
fn from_after_the_end_of_a_record_nothing_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = PastOf::cluster(folder.path(), "dead", 90 * DAY)
        .seen(90 * DAY, 30 * DAY)
        .used("quay.io/web:1", None, 60 * DAY, None)
        .made();
    let asked = |line: &str| ran(&mut about(&record, line));
    for line in ["history --since 2d", "diff 2d", "at 2d", "at now"] {
        let ran = asked(line);
        assert_eq!(ran.code, Some(3), "{line}: {}", ran.err);
        assert!(ran.err.contains("dead: all namespaces was not seen since"), "{line}: {}", ran.err);
        assert!(!ran.err.contains("as of"), "{line}: {}", ran.err);
        assert!(!ran.out.contains("removed"), "{line}: {}", ran.out);
    }
    let swapped =
        [asked("history --since 40d --until 50d -o csv"), asked("history --since 50d --until 40d -o csv")];
    assert_eq!(swapped[0].out, swapped[1].out);
    assert_eq!(swapped[0].out.lines().count(), 2);
}

/// Two clusters under one name, one after the other in one record.
#[test]
fn an_adopted_cluster_is_told_apart_from_the_one_before() {
    let (mut first, mut second) = (Simulated::new(), Simulated::new());
    first.create("shop/web", "nginx:1", None);
    let watching = first.watch(&[]).says("nginx:1");
    let before = first.seen("nginx:1");
    watching.stop();
    std::fs::copy(first.record(), second.record()).expect("it is at rest");
    second.create("shop/web", "redis:7", None);
    let watching = second.watch(&["--adopt"]).says("redis:7");
    second.seen("redis:7");
    watching.stop();
    let asked = |line: &str| ran(&mut about(&second.record(), line));
    assert_eq!(asked(&format!("at {before} -o name")).done(), "docker.io/library/nginx:1\n");
    assert_eq!(asked("images -o name").done(), "docker.io/library/redis:7\n");
    for line in
        [&format!("diff {before}"), &format!("diff {before} -n shop"), &format!("history --since {before}")]
    {
        let ran = asked(line);
        assert_eq!(ran.code, Some(3), "{line}: {}", ran.err);
        assert!(ran.err.contains("another cluster was adopted"), "{line}: {}", ran.err);
    }
    asked("keep --max-gap 30d").refused(3, &["another cluster was adopted"]);
}

#[test]
fn hostile_text_in_a_record_neither_breaks_a_line_nor_reaches_the_terminal() {
    let mut simulated = Simulated::new();
    simulated.create("shop/web", "evil\u{1b}[2J\nimage", None);
    simulated.create("shop/calc", "=HYPERLINK()", None);
    simulated.watch(&[]).says("HYPERLINK").says("evil").stop();
    for line in ["images", "history", "diff 2026-01-01", "at 1s"] {
        for form in ["table", "wide", "csv", "name"] {
            let ran = ran(&mut about(&simulated.record(), &format!("{line} -o {form}")));
            let is_raw = |c: char| c.is_control() && c != '\n';
            assert!(!ran.out.contains(is_raw) && !ran.err.contains(is_raw), "{line} {form}: {}", ran.out);
            assert!(!ran.out.contains("\nimage"), "{line} {form}: {}", ran.out);
            assert!(form != "csv" || !ran.out.contains(",=HYPERLINK"), "{line}: {}", ran.out);
        }
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let words = |args: &[&str], code: i32, words: &[&str]| {
        let ran = ran(&mut program(args));
        assert_eq!(ran.code, Some(code), "{}", ran.err);
        for word in words {
            assert!(ran.err.contains(word), "{word}: {}", ran.err);
        }
    };
    words(&["at", "2h"], 1, &["--record", "kubeconfig"]);
    words(&["at", "tomorrow", "--record", "x"], 2, &["3d ago"]);
    words(&["at", "3d", "ago", "--record", "x"], 2, &["'3d ago'", "quote it"]);
    words(&["at", "2999-01-01", "--record", "x"], 2, &["in the future"]);
    words(&["history", "--record", "ftp://host"], 2, &["svc://NAMESPACE/NAME"]);
    words(&["images", "--record", "x", "-f", "y"], 2, &["--file"]);
    words(&["images", "--record", "x", "-l", "a=b"], 2, &["--selector"]);
    kimager("at 2h --record /nowhere/at.db").refused(1, &["/nowhere/at.db"]);
    kimager("at 2h --record pods.json").refused(1, &["pods.json", "no record"]);
}
