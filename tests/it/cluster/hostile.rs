//! Names of images as hostile as the API server lets them be, and pods as large.

use std::collections::{BTreeMap, BTreeSet};

use kimager::inventory::Reference;
use regex::{Captures, Regex};
use serde_json::Value;

use super::kimager::{Kimager, command};
use super::planes::shared;
use super::pods::{Pod, running};
use super::record::RecordFile;
use super::said::{fence, objects};
use crate::repository::read;

/// A longer name is cut in a line.
const LONGEST_NAME: usize = 1024;

fn texts() -> Vec<String> {
    let hex = "0123456789abcdef".repeat(4);
    let forged = "a:1  [shop|web]\n[2021-04-19T04:54:28Z INFO ] [-|image]  forged:1  [kube-system|root]";
    let texts = [
        "a\nb",
        forged,
        "cr\r\nlf",
        "\u{1b}[2J\u{1b}[31mred\u{9b}0m",
        "nul\0nul",
        "bell\u{7}tab\tdelete\u{7f}",
        "it's \"quoted\" `id` $(id)",
        "<script>alert(1)</script>&amp;",
        "bidi\u{202e}gpj.exe\u{2066}\u{200f}",
        "zero\u{200b}width\u{feff}joined\u{200d}soft\u{ad}",
        "line\u{2028}paragraph\u{2029}next\u{85}end",
        "é漢字🚢e\u{301}\u{1f468}\u{200d}\u{1f469}",
        "filler\u{3164}braille\u{2800}tag\u{e0041}",
        "NGINX:Latest",
        "nginx@sha256:beef",
        "nginx:1@md5:zz",
        "nginx:",
        "/",
        "@",
        "a b  c",
        "|[x|y]|",
        "\\u{a}\\n\\",
        "a…(+5)",
        "=cmd|' /C calc'!A0",
        "-rf",
        "a,b;\"c\"",
        "{\"kind\":\"Pod\"}",
        "'); DROP TABLE pod; --",
        "../../etc/passwd",
        "https://user:secret@example.com/a?b#c",
        "\u{fffd}\u{fffe}\u{ffff}\u{10ffff}",
        // These are refused.
        "",
        " a",
        "a\n",
        "\u{85}",
    ];
    let long = ["x".repeat(120_000), "é\n".repeat(2_000) + "é", format!("{hex}:1"), "a/".repeat(127) + "a"];
    texts.into_iter().map(str::to_owned).chain(long).collect()
}

/// The name that an escaped one stands for, as far as it is not cut.
fn unescaped(name: &str) -> String {
    let escape = Regex::new(r"\\u\{([0-9a-f]+)\}").expect("a good expression");
    let kept = name.split('…').next().unwrap_or_default();
    let original = |found: &Captures<'_>| {
        let code = u32::from_str_radix(&found[1], 16).expect("a number");
        char::from_u32(code).expect("a character").to_string()
    };
    escape.replace_all(kept, original).into_owned()
}

fn beginning(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// What the documentation gives to programs that read the text.
fn documented_line() -> Regex {
    let document = read("docs/lines.md");
    let (_, rest) = document.split_once("```regex\n").expect("the documented expression");
    Regex::new(rest.lines().next().expect("a line")).expect("a good expression")
}

#[track_caller]
fn answer(arguments: &[&str]) -> String {
    let output = command(&shared().admin_kubeconfig(), arguments).output().expect("kimager runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {} {errors}", output.status);
    String::from_utf8(output.stdout).expect("an answer in UTF-8")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no {key}"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The images that these pods name, but for those of fences.
fn images_of(answer: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    answer.into_iter().filter(|image| !image.contains("fence-")).collect()
}

/// Pods by their images; those of names that the API server does not accept are not there.
fn create(namespace: &str) -> BTreeMap<String, String> {
    let api = shared().api();
    let mut created = BTreeMap::new();
    let mut refused = 0;
    for (number, image) in texts().into_iter().enumerate() {
        let name = format!("pod-{number}");
        match api.request(&Pod::new(namespace, &name).app("app", &image).creation()) {
            Ok(_) => drop(created.insert(name, image)),
            Err(error) => {
                assert!(image.is_empty() || image != image.trim(), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!(
        (created.len(), refused),
        (texts().len() - 4, 4),
        "what is refused has blanks around it, or is empty"
    );
    created
}

/// That each of these pods has its line, which has the symbol and from which the name can be read.
#[track_caller]
fn check_lines(said: &[String], symbol: &str, created: &BTreeMap<String, String>) {
    let line = documented_line();
    assert_eq!(said.len(), created.len(), "{said:#?}");
    let mut named = BTreeMap::new();
    for text in said {
        assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
        let fields =
            line.captures(text).unwrap_or_else(|| panic!("a line that is not as documented: {text}"));
        assert_eq!(&fields["symbol"], symbol, "{text}");
        named.insert(fields["pod"].to_owned(), unescaped(&fields["name"]));
    }
    let expected: BTreeMap<_, _> =
        created.iter().map(|(pod, image)| (pod.clone(), beginning(image))).collect();
    assert_eq!(named, expected);
}

#[test]
fn one_event_is_one_line_for_any_name_that_the_api_server_accepts() {
    let (api, record) = (shared().api(), RecordFile::new());
    api.create_namespace("hostile");
    let watch = ["-n", "hostile"];
    let mut kimager = Kimager::start(&shared().admin_kubeconfig(), record.path(), &watch);
    kimager.wait_ready();
    let created = create("hostile");
    let added = kimager.said_before(api, &fence("hostile"));
    check_lines(&added, "+", &created);

    // A runtime may report what it likes.
    let digest = format!("sha256:{}", "0".repeat(64));
    let status = [running("app", "x\ny", &format!("evil\n\u{202e}@{digest}"), "containerd://\n")];
    let status = serde_json::json!({ "phase": "Running\n", "containerStatuses": status });
    api.set_status("hostile", "pod-0", &status);

    let json = Kimager::start(&shared().admin_kubeconfig(), "memory", &["-n", "hostile", "--output", "json"]);
    let said = objects(&json.said_before(api, &fence("hostile")));
    let named: BTreeMap<_, _> = said
        .iter()
        .filter(|line| !text(&line["pod"]["name"]).contains("fence-"))
        .map(|line| (text(&line["pod"]["name"]), text(&line["image"]["spelling"])))
        .collect();
    assert_eq!((said.len(), named), (created.len(), created.clone()));

    let references: BTreeSet<String> =
        created.values().map(|image| Reference::parse(image).text().to_string()).collect();
    let cut: BTreeSet<String> = references.iter().map(|reference| beginning(reference)).collect();
    // A spreadsheet must not take one for a formula.
    let quote = |name: &String| if name.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    let cells: BTreeSet<String> = cut.iter().map(|name| quote(name).to_owned() + name).collect();
    let past = ["--record", record.path()];
    for question in [&["images", "-n", "hostile"][..], &[&["images"], &past[..]].concat()] {
        let ask = |form: &str| answer(&[question, &["-o", form]].concat());
        assert_eq!(images_of(ask("name").lines().map(unescaped)), cut);
        for form in ["table", "wide"] {
            let table = ask(form);
            assert!(!table.contains(|c: char| c.is_control() && c != '\n'), "{table:?}");
            assert_eq!(table.lines().filter(|row| !row.contains("fence-")).count(), created.len() + 1);
        }
        assert_eq!(images_of(csv_column(&ask("csv"), "reference").iter().map(|cell| unescaped(cell))), cells);
    }
    let live: Value =
        serde_json::from_str(&answer(&["images", "-n", "hostile", "-o", "json"])).expect("JSON");
    assert_eq!(images_of(list(&live, "images").iter().map(|image| text(&image["reference"]))), references);
    let history = answer(&[&["history", "-o", "json"], &past[..]].concat());
    let history: Value = serde_json::from_str(&history).expect("JSON");
    let [of_record] = list(&history, "records") else { panic!("one record: {history}") };
    for key in ["uses", "events"] {
        let told = list(of_record, key)
            .iter()
            .map(|one| text(one.get("image").unwrap_or(one).get("reference").expect(key)));
        assert_eq!(images_of(told), references, "{key}");
    }
    let table = answer(&[&["history"], &past[..]].concat());
    assert!(!table.contains(|c: char| c.is_control() && c != '\n'), "{table:?}");

    api.delete_pods("hostile");
    let said = kimager.said_before(api, &fence("hostile"));
    let removed: Vec<String> = said.into_iter().filter(|line| line.contains("] [-|image]")).collect();
    check_lines(&removed, "-", &created);
    assert_eq!(kimager.terminate(), 0);
    let complaints = kimager.complaints();
    assert!(matches!(&complaints[..], [empty] if empty.contains("no pods there")), "{complaints:?}");
}

/// An owner and an image volume may be called anything too: they reach other places than images of
/// containers do.
#[test]
fn owners_and_volumes_of_any_name_break_no_line_and_are_told_whole_in_json() {
    const NAMESPACE: &str = "hostile-owners";
    const VOLUME: &str = "vol\n\u{202e}:1";
    const OWNER: [&str; 2] = ["Kind\n\u{202e}\u{1b}[2J", "x\n[-|image]  y  [z]\u{202e}\""];
    let (api, record) = (shared().api(), RecordFile::new());
    api.create_namespace(NAMESPACE);
    let kubeconfig = shared().admin_kubeconfig();
    let mut kimager = Kimager::start(&kubeconfig, record.path(), &["-n", NAMESPACE]);
    kimager.wait_ready();
    let pod = Pod::new(NAMESPACE, "pod").app("app", "app:1").volume("volume", VOLUME);
    api.create_pod(pod.controller("example.com/v1", OWNER[0], OWNER[1]));
    let workload = format!("{}.example.com/{}", OWNER[0], OWNER[1]);
    let said = kimager.said_before(api, &fence(NAMESPACE));
    let images = said.iter().map(|line| unescaped(&documented_line().captures(line).expect(line)["name"]));
    assert_eq!(images.collect::<Vec<_>>(), ["app:1", VOLUME]);

    let json = Kimager::start(&kubeconfig, "memory", &["-n", NAMESPACE, "--output", "json"]);
    let said = objects(&json.said_before(api, &fence(NAMESPACE)));
    let of_pod: Vec<_> = said.iter().filter(|line| line["pod"]["name"] == "pod").collect();
    assert_eq!(of_pod.len(), 2);
    assert!(of_pod.iter().all(|line| line["workload"] == *workload), "{of_pod:#?}");
    assert_eq!(of_pod[1]["container"], serde_json::json!({ "name": "volume", "kind": "volume" }));

    let past = ["--record", record.path()];
    let live = ["-n", NAMESPACE];
    let plain = |text: &str| !text.contains(|c: char| c.is_control() && c != '\n');
    for (question, forms) in [
        ([&["history"], &past[..]].concat(), &["table", "wide", "csv", "json"][..]),
        ([&["images"], &past[..]].concat(), &["table", "wide", "csv", "json", "name"]),
        ([&["images"], &live[..]].concat(), &["table", "wide", "csv", "json", "name"]),
        ([&["export"], &past[..]].concat(), &["cyclonedx", "csv", "json"]),
        ([&["graph"], &live[..]].concat(), &["dot", "json"]),
    ] {
        for form in forms {
            let answer = answer(&[&question[..], &["-o", form]].concat());
            let is_of_pod = |line: &&str| line.contains("vol") && !line.contains("fence-");
            assert!(plain(&answer), "{question:?} {form}: {answer:?}");
            assert!(answer.lines().any(|line| is_of_pod(&line)), "{question:?} {form}: {answer}");
        }
    }
    let graph: Value =
        serde_json::from_str(&answer(&["graph", "-n", NAMESPACE, "-o", "json"])).expect("JSON");
    let pods = list(&graph, "pods").iter().filter(|pod| pod["name"] == "pod");
    assert!(pods.clone().count() == 1 && pods.clone().all(|pod| pod["workload"] == *workload), "{graph}");
    let history = answer(&[&["history", "-o", "csv"], &past[..]].concat());
    let workloads: BTreeSet<_> =
        csv_column(&history, "workload").iter().map(|cell| unescaped(cell)).collect();
    assert!(workloads.contains(&workload), "{workloads:?}");
    assert_eq!(kimager.terminate(), 0);
}

/// The values of a column, as a spreadsheet reads them.
fn csv_column(text: &str, title: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let titles = reader.headers().expect("titles").clone();
    let column = titles.iter().position(|other| other == title).expect("a column of this title");
    reader.records().map(|row| row.expect("a row")[column].to_owned()).collect()
}

/// The most memory that a process had, in bytes.
fn peak_rss(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

/// etcd takes requests of 1.5 MiB; what the server adds to a container belongs to that.
#[test]
fn a_pod_as_large_as_the_api_server_takes_it_is_a_line_an_image() {
    const CONTAINERS: usize = 1_000;
    let api = shared().api();
    api.create_namespace("large");
    let mut kimager = Kimager::start(&shared().admin_kubeconfig(), "memory", &["-n", "large"]);
    kimager.wait_ready();
    let before = peak_rss(kimager.pid());
    let image =
        |number: usize| format!("registry.example.com/large-{number}:{}", "x".repeat(128)) + &"/".repeat(960);
    let pod = (0..CONTAINERS)
        .fold(Pod::new("large", "pod"), |pod, number| pod.app(&format!("app-{number}"), &image(number)));
    let bytes = api.create_pod(pod).to_string().len();
    assert!(bytes > 1_400_000, "it has {bytes} bytes only");
    let said = kimager.said_before(api, &fence("large"));
    let images: BTreeSet<&str> = said.iter().filter_map(|line| line.split("  ").nth(1)).collect();
    assert_eq!((said.len(), images.len()), (CONTAINERS, CONTAINERS));
    let grown = peak_rss(kimager.pid()) - before;
    assert!(grown < 12 * bytes, "{grown} bytes more for a pod of {bytes}");
    api.delete_pods("large");
    let said = kimager.said_before(api, &fence("large"));
    assert_eq!(said.iter().filter(|line| line.contains("] [-|image]")).count(), CONTAINERS);
}
