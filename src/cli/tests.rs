use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;

use super::{
    DemoAsked, ImagesAsked, Invocation, RecordAt, RecordPlace, Source, TableForm, WatchAsked, parse,
};
use crate::answers::When;
use crate::lines::Output;
use crate::record::Limits;
use crate::record::past::Span;

fn invocation(line: &str) -> Result<Invocation, clap::Error> {
    parse(line.split(' ').map(|word| OsString::from(word.replace('~', " "))))
}

fn watch(line: &str) -> WatchAsked {
    match invocation(line) {
        Ok(Invocation::Watch(asked)) => asked,
        other => panic!("{line}: {other:?}"),
    }
}

fn images(line: &str) -> ImagesAsked {
    match invocation(line) {
        Ok(Invocation::Images(asked)) => asked,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_command_line_is_sound() {
    super::command().debug_assert();
}

#[test]
fn without_a_word_kimager_watches_with_the_same_flags() {
    for line in ["kimager -n b -n a -n b --output json", "kimager watch -n b -n a -n b --output json"] {
        let asked = watch(line);
        let scopes: Vec<String> = asked.scopes.iter().map(ToString::to_string).collect();
        assert_eq!(scopes, ["namespace a", "namespace b"]);
        assert_eq!(asked.output, Output::Json);
        assert_eq!(asked.record, RecordPlace::Usual);
    }
}

#[test]
fn scopes_are_all_namespaces_less_exclusions_or_those_that_are_named() {
    let check = |line: &str, expected: &[&str]| {
        let scopes: Vec<String> = watch(line).scopes.iter().map(ToString::to_string).collect();
        assert_eq!(scopes, expected, "{line}");
    };
    check("kimager", &["all namespaces"]);
    check("kimager -A", &["all namespaces"]);
    check("kimager --exclude-namespace b --exclude-namespace a", &["all namespaces except a, b"]);
    check("kimager -n a -l app=web", &["namespace a where app=web"]);
}

#[test]
fn no_image_has_a_series_unless_told_and_never_more_than_ten_thousand() {
    assert_eq!(watch("kimager").metrics_images, 0);
    assert_eq!(watch("kimager --metrics-images 10000").metrics_images, 10_000);
    for refused in ["10001", "-1", "many", "1e3"] {
        let error = invocation(&format!("kimager --metrics-images={refused}")).unwrap_err();
        assert!(error.to_string().contains("give a number up to 10000"), "{error}");
    }
}

#[test]
fn audits_are_six_hours_apart_or_as_told_but_never_without_end() {
    assert_eq!(watch("kimager").audit_every, crate::watch::AUDIT_EVERY);
    assert_eq!(watch("kimager --audit-every 90m").audit_every, Duration::from_mins(90));
    assert!(invocation("kimager --audit-every 999ms").is_err());
}

#[test]
fn images_linger_for_as_long_as_told_and_by_themselves_not_at_all() {
    for (typed, linger) in [("kimager", 0), ("kimager --linger 0", 0), ("kimager --linger 2h", 7200)] {
        assert_eq!(watch(typed).linger, Duration::from_secs(linger));
    }
    assert!(invocation("kimager --linger -1s").is_err());
}

#[test]
fn a_record_is_a_file_or_memory() {
    assert_eq!(watch("kimager --record x.db").record, RecordPlace::File(PathBuf::from("x.db")));
    assert_eq!(watch("kimager --record memory").record, RecordPlace::Memory);
    assert_eq!(watch("kimager --record ./memory").record, RecordPlace::File(PathBuf::from("./memory")));
}

#[test]
fn a_record_grows_as_far_as_told() {
    let check = |line: &str, keep_for: i64, max_size: Option<u64>, fine_for: i64| {
        let [keep_for, fine_for] = [keep_for, fine_for].map(jiff::SignedDuration::from_hours);
        assert_eq!(watch(line).limits, Limits { keep_for, max_size, fine_for }, "{line}");
    };
    check("kimager", 400 * 24, None, 7 * 24);
    assert_eq!(watch("kimager").limits, Limits::default());
    check("kimager --keep-for 30d --fine-for 36h", 30 * 24, None, 36);
    check("kimager --keep-for 1w --max-size 500MB", 7 * 24, Some(500_000_000), 7 * 24);
    check("kimager --max-size 1GiB", 400 * 24, Some(1 << 30), 7 * 24);
}

#[test]
fn images_come_from_a_cluster_or_a_file() {
    let asked = images("kimager images nginx -o wide --active --kind init --context c");
    assert!(matches!(&asked.source, Source::Live { cluster, .. } if cluster.context.as_deref() == Some("c")));
    assert_eq!(asked.form, TableForm::Wide);
    assert!(asked.filter.active && asked.filter.image.is_some());
    let asked = images("kimager images -f - -n a");
    assert!(matches!(&asked.source, Source::File { path: None, scopes, .. } if scopes.len() == 1));
    let asked = images("kimager images -f pods.json");
    assert!(matches!(&asked.source, Source::File { path: Some(path), .. } if path == "pods.json"));
}

#[test]
fn questions_about_the_past_name_records_and_times() {
    let line = "kimager at 2026-11-23 nginx --record a.db --record b.db -n shop --active -o csv";
    match invocation(line) {
        Ok(Invocation::At(asked)) => {
            assert_eq!(asked.at.to_string(), "2026-11-23T00:00:00Z");
            assert_eq!(asked.past.records.places, ["a.db", "b.db"].map(|file| RecordAt::File(file.into())));
            assert_eq!((asked.past.namespaces, asked.past.form), (vec!["shop".to_owned()], TableForm::Csv));
            assert!(asked.past.filter.active && asked.past.filter.image.is_some());
        }
        other => panic!("{line}: {other:?}"),
    }
    let line = "kubectl-kimager history --record http://127.0.0.1:8080 --record svc://a/b";
    match invocation(line) {
        Ok(Invocation::History(asked)) => {
            let places =
                ["http://127.0.0.1:8080", "svc://a/b"].map(|place| RecordAt::Running(place.parse().unwrap()));
            assert_eq!(asked.past.records.places, places);
            assert!(asked.past.records.is_plugin);
        }
        other => panic!("{line}: {other:?}"),
    }
    let is = |line: &str, is_meant: fn(&Invocation) -> bool| {
        let invocation = invocation(line).expect(line);
        assert!(is_meant(&invocation), "{line}: {invocation:?}");
    };
    is("kimager diff 2h --record a.db", |it| matches!(it, Invocation::Diff(asked) if asked.until.is_none()));
    is(
        "kimager diff 3d~ago 2h --record a.db",
        |it| matches!(it, Invocation::Diff(asked) if asked.until.is_some()),
    );
    is(
        "kimager history --since 2h --record a.db",
        |it| matches!(it, Invocation::History(asked) if asked.since.is_some() && asked.until.is_none()),
    );
    is(
        "kimager images --record a.db -n shop",
        |it| matches!(it, Invocation::Recorded(asked) if asked.namespaces == ["shop"]),
    );
}

#[test]
fn what_must_stay_is_asked_of_a_window_in_days_and_of_gaps_that_may_be_none() {
    let keep = |line: &str| match invocation(line) {
        Ok(Invocation::Keep(asked)) => (asked.within.as_hours(), asked.max_gap.as_mins(), asked.form),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(keep("kimager keep --record a.db"), (30 * 24, 10, TableForm::Name));
    assert_eq!(keep("kimager keep --record a.db --within 2w --max-gap 0"), (14 * 24, 0, TableForm::Name));
    assert_eq!(keep("kimager keep --record a.db --within 1d12h -o json"), (36, 10, TableForm::Json));
    // As long as the longest, for what is kept too long harms nobody.
    assert_eq!(keep("kimager keep --record a.db --within 1y"), (366 * 24, 10, TableForm::Name));
    assert_eq!(keep("kimager keep --record a.db --within 3mo1d"), (94 * 24, 10, TableForm::Name));
    assert_eq!(keep("kimager keep --record a.db --filter - --also b"), (30 * 24, 10, TableForm::Name));
}

#[test]
fn a_record_that_is_not_named_is_that_of_the_cluster_as_it_was_called() {
    for question in ["history", "at 1h", "diff 1h", "keep", "export -A"] {
        let records = match invocation(&format!("kimager {question} --cluster-name prod")) {
            Ok(Invocation::Keep(asked)) => asked.records,
            Ok(Invocation::Export(asked)) => asked.records,
            Ok(Invocation::At(asked)) => asked.past.records,
            Ok(Invocation::Diff(asked)) => asked.past.records,
            Ok(Invocation::History(asked)) => asked.past.records,
            other => panic!("{question}: {other:?}"),
        };
        assert_eq!(records.cluster.cluster_name.as_deref(), Some("prod"), "{question}");
    }
}

#[test]
fn an_export_is_of_a_moment_or_a_span() {
    let when = |line: &str| match invocation(line) {
        Ok(Invocation::Export(asked)) => asked.when,
        other => panic!("{line}: {other:?}"),
    };
    let (from, until) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2026-01-02T00:00:00Z".parse().unwrap());
    assert_eq!(when("kimager export --record a.db"), When::Last);
    assert_eq!(when("kimager export --record a.db --at 2026-01-01"), When::At(from));
    assert_eq!(when("kimager export --record a.db --since 2026-01-01"), When::Since(from));
    let span = When::Span(Span { from, until });
    assert_eq!(when("kimager export --record a.db --since 2026-01-01 --until 2026-01-02"), span);
    assert_eq!(when("kimager export --record a.db --since 2026-01-02 --until 2026-01-01"), span);
}

#[test]
fn a_demonstration_has_a_length_in_plain_words() {
    let check = |line: &str, length: Option<Duration>| match invocation(line) {
        Ok(Invocation::Demo(asked)) => assert_eq!(asked, DemoAsked { length, output: Output::Text }),
        other => panic!("{line}: {other:?}"),
    };
    check("kimager demo", None);
    check("kimager demo --for 20s", Some(Duration::from_secs(20)));
    check("kimager demo --for 1h30m", Some(Duration::from_mins(90)));
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let check = |line: &str, kind: ErrorKind, says: &str| {
        let refusal = invocation(line).expect_err(line);
        assert_eq!(refusal.kind(), kind, "{line}");
        assert!(refusal.to_string().contains(says), "{line}: {refusal}");
    };
    let (conflict, invalid) = (ErrorKind::ArgumentConflict, ErrorKind::ValueValidation);
    check("kimager -n a -A", conflict, "--all-namespaces");
    check("kimager -n a --exclude-namespace b", conflict, "--exclude-namespace");
    check("kimager images -f x --context y", conflict, "--context");
    check("kimager graph -f x --kubeconfig y", conflict, "--kubeconfig");
    check("kimager images -f x -l app=web", conflict, "--selector");
    check("kimager -n a images", conflict, "images");
    check("kimager -n ", invalid, "1 to 63");
    check("kimager -n Shop", invalid, "a-z");
    check("kimager -n a,b", invalid, "repeat the flag");
    check("kimager -n -a", ErrorKind::UnknownArgument, "-a");
    check("kimager --exclude-namespace a_b", invalid, "a-z");
    check("kimager -l ~", invalid, "app=web");
    check("kimager --workload-label a/b/c", invalid, "example.com/app");
    check("kimager --cluster-name ~", invalid, "printable");
    check("kimager --record http://host", invalid, "a file");
    check("kimager --record ", invalid, "memory");
    check("kimager --keep-for 0d", invalid, "30d");
    check("kimager --max-size 500", invalid, "500MB");
    check("kimager --max-size 1kB", invalid, "1MB at least");
    check("kimager --max-size 99999999999999999999GB", invalid, "500MB");
    check("kimager images sha256:beef", invalid, "12 characters");
    check("kimager images a[", invalid, "glob");
    check("kimager images --kind pod", invalid, "sidecar");
    check("kimager images -o yaml", ErrorKind::InvalidValue, "csv");
    check("kimager images --record x -f y", conflict, "--file");
    check("kimager images --record x --context y", conflict, "--context");
    check("kimager at", ErrorKind::MissingRequiredArgument, "<TIME>");
    check("kimager at 3d ago", invalid, "'3d ago' is a time of several words: quote it");
    check("kimager at 2026-11-22 02:04 --record a.db", invalid, "docker.io/library/02:04");
    check("kimager at 1h 30m", invalid, "'1h 30m'");
    check("kimager at 2h --record x --context y", conflict, "--context");
    check("kimager at soon --record x", invalid, "3d ago");
    check("kimager history --record svc://a", invalid, "svc://NAMESPACE/NAME");
    check("kimager demo --for soon", invalid, "20s");
    check("kimager keep --record a.db --filter - -o json", conflict, "--output");
    check("kimager keep --record a.db --within 0", invalid, "30d");
    check("kimager keep --record a.db --within 101y", invalid, "100y");
    check("kimager keep --record a.db --within 1y-1mo", invalid, "100y");
    check("kimager keep --record a.db --filter - --also -", conflict, "standard input");
    check("kimager keep --record a.db --also - --also -", conflict, "standard input");
    check("kimager export --record a.db -n a -A", conflict, "--all-namespaces");
    check("kimager export --record a.db --cluster-name a", conflict, "--cluster-name");
    check("kimager keep --record a.db --max-gap 3", invalid, "10m");
    check("kimager keep --record a.db --map team=a.io", invalid, "docker.io=");
    check("kimager export --record a.db --at 1h --since 2h", conflict, "--since");
    check("kimager export --record a.db --until 2h", ErrorKind::MissingRequiredArgument, "--since");
    check("kimager export --record a.db --at 2999-01-01", invalid, "future");
    check("kimager demo --for 0s", invalid, "20s");
    check("kimager demo --for -5s", ErrorKind::UnknownArgument, "-5");
    check("kimager --nope", ErrorKind::UnknownArgument, "--nope");
    check("kimager nope", ErrorKind::InvalidSubcommand, "nope");
}

#[test]
fn as_a_plugin_it_speaks_as_kubectl_does() {
    let help = |line: &str| invocation(line).expect_err(line).to_string();
    assert!(help("/usr/bin/kubectl-kimager images --help").contains("Usage: kubectl kimager images"));
    assert!(help("kubectl-kimager --nope").contains("Usage: kubectl kimager"));
    assert!(help("kimager images --help").contains("Usage: kimager images"));
}
