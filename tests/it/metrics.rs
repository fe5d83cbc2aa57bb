//! What is scraped, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::http::ask;
use crate::repository::read;

const DOCUMENT: &str = "docs/metrics.md";

/// Long enough for a machine on which compilers run beside the tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// A family's type, and the names of its labels.
pub(crate) type Family = (String, BTreeSet<String>);

/// Scrapes until all of these lines, or beginnings of lines, are there.
#[track_caller]
pub(crate) fn scrape(address: SocketAddr, expected: &[&str]) -> String {
    let since = Instant::now();
    loop {
        let answer = ask(address, "GET /metrics");
        if let Ok((200, text)) = &answer {
            let is_there = |start: &&str| text.lines().any(|line| line.starts_with(*start));
            if expected.iter().all(is_there) {
                return text.clone();
            }
        }
        assert!(since.elapsed() < PATIENCE, "{expected:?} is not all in {answer:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The families of a text by name.
pub(crate) fn families(text: &str) -> BTreeMap<String, Family> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let mut families: BTreeMap<String, Family> =
        types.map(|(name, kind)| (name.to_owned(), (kind.to_owned(), BTreeSet::new()))).collect();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let end = line.find(['{', ' ']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let of = ["", "_bucket", "_sum", "_count"]
            .iter()
            .find_map(|part| name.strip_suffix(part).filter(|name| families.contains_key(*name)));
        let (_, labels) = families.get_mut(of.unwrap_or(name)).unwrap_or_else(|| panic!("no type of {line}"));
        let names = rest.split("=\"").filter_map(|part| part.rsplit(['{', ',', ' ']).next());
        labels
            .extend(names.take(rest.matches("=\"").count()).filter(|name| *name != "le").map(str::to_owned));
    }
    families
}

#[test]
fn families_are_read_with_their_types_and_labels() {
    let text = "# HELP a_total A.\n# TYPE a_total counter\na_total{b=\"x y\",c=\"z\"} 1\n\
                # TYPE d histogram\nd_bucket{le=\"1.0\"} 0\nd_sum 0\nd_count 0\n# TYPE e gauge\ne 1\n";
    let family =
        |kind: &str, labels: &[&str]| (kind.to_owned(), labels.iter().map(ToString::to_string).collect());
    let expected = [
        ("a_total", family("counter", &["b", "c"])),
        ("d", family("histogram", &[])),
        ("e", family("gauge", &[])),
    ];
    assert_eq!(families(text), expected.map(|(name, family)| (name.to_owned(), family)).into());
}

/// The rows of the document.
pub(crate) fn documented() -> BTreeMap<String, Family> {
    let document = read(DOCUMENT);
    let rows =
        document.lines().filter(|line| line.starts_with("| `kimager_") || line.starts_with("| `process_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let code = |cell: &str| cell.trim_matches('`').to_owned();
        assert!(cells[4].len() > 5, "{row} tells nothing");
        let labels = cells[3].split(", ").filter(|label| !label.is_empty()).map(code);
        (code(cells[1]), (cells[2].to_owned(), labels.collect()))
    })
    .collect()
}

/// That what is scraped is documented, and what is documented scraped.
#[track_caller]
pub(crate) fn check_documented(text: &str) {
    let mut documented = documented();
    if !cfg!(target_os = "linux") {
        documented.retain(|name, _| !name.starts_with("process_"));
    }
    assert_eq!(families(text), documented, "what is scraped, and what {DOCUMENT} says");
}

/// That Prometheus' own tool finds no fault with it.
#[cfg(feature = "cluster-tests")]
#[track_caller]
pub(crate) fn check_with_promtool(text: &str) {
    use std::io::Write as _;
    use std::process::Stdio;

    let mut child = crate::monitoring::promtool::command(&["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    let mut input = child.stdin.take().expect("its input is a pipe");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}\n{text}", String::from_utf8_lossy(&said));
}
