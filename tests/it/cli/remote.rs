//! `--record http://…`: a kimager that runs is asked as its file is.

use jiff::Timestamp;

use super::listen::wait_for_any;
use super::simulated::{Simulated, about};
use super::{Ran, program, ran};
use crate::http::free_address;

#[test]
fn a_kimager_that_runs_answers_what_its_file_does() {
    let (mut cluster, address) = (Simulated::new(), free_address());
    let begun = Timestamp::now().to_string();
    cluster.create("shop/web", "nginx:1", Some(0xaa));
    cluster.create("shop/cache", "redis:7", Some(0xbb));
    let watching = cluster.watch(&[]).says("nginx:1").says("redis:7");
    let before = cluster.seen("nginx:1");
    watching.stop();
    cluster.delete("shop/cache");
    cluster.create("pay/evil", "e\u{301}vil\n\"<&>:1", None);
    cluster.forget();
    let watching = cluster.watch(&["--listen", &address.to_string()]).says("redis:7");
    let now = cluster.seen("redis:7");

    let at = |record: &str, line: &str| -> Ran {
        ran(program(line.split_whitespace()).args(["--record", record]))
    };
    let place = format!("http://{address}");
    let lines = [
        format!("history -o json --until {now}"),
        format!("history nginx -o wide --until {now}"),
        format!("history sha256:bbbbbbbbbbbb -o csv --since {begun} --until {now}"),
        format!("at {before} -o json"),
        format!("at {now} -n shop -o csv"),
        format!("diff {before} {now} -o json"),
        format!("export --at {now} -o json"),
        "keep --within 1s --max-gap 1h -o name".to_owned(),
        "keep --within 100d -o name".to_owned(),
        "images -o name".to_owned(),
    ];
    for line in lines {
        let (file, running) = (ran(&mut about(&cluster.record(), &line)), at(&place, &line));
        assert_eq!(running.code, file.code, "{line}: {}", running.err);
        assert!(file.code != Some(1) && file.code != Some(2), "{line}: {}", file.err);
        assert_eq!(
            running.out.replace(&place, ""),
            file.out.replace(&cluster.record().display().to_string(), ""),
            "{line}"
        );
    }
    let same = ran(about(&cluster.record(), "images").args(["--record", &place]));
    same.refused(1, &[&place, "are the same record"]);
    watching.stop();
    at(&place, "images --active").refused(1, &["cannot ask the record at http://127.0.0.1", "--listen"]);
}

#[test]
fn what_cannot_be_asked_is_refused_in_one_form() {
    let (cluster, address) = (Simulated::new(), free_address());
    let _watching = cluster.watch(&["--listen", &address.to_string()]);
    let check = |path: &str, status: u16, reason: &str, words: &str| {
        let (found, body) = wait_for_any(address, &format!("GET /api/v1/record/{path}"));
        let told: serde_json::Value =
            serde_json::from_str(&body).unwrap_or_else(|_| panic!("{path}: {body}"));
        assert_eq!((found, &told["reason"]), (status, &reason.into()), "{path}: {body}");
        assert!(told["message"].as_str().is_some_and(|message| message.contains(words)), "{path}: {body}");
    };
    check("nothing", 404, "unknown_path", "docs/api.md");
    check("uses?form=json", 400, "bad_parameter", "\"form\"");
    check("uses?from=yesterday", 400, "bad_parameter", "\"from\"");
    check("latest", 400, "bad_parameter", "\"versions\"");
    check("latest?versions=-1", 400, "bad_parameter", "\"versions\"");
    check("about?from=2026-11-23T00:00:00Z", 400, "bad_parameter", "\"from\"");
    check("sight?reading=0123456789abcdef", 410, "reading_ended", "no longer kept");
}

#[test]
fn a_kimager_that_keeps_nothing_says_so() {
    let (cluster, address) = (Simulated::new(), free_address());
    let mut command =
        program(["watch", "--record", "memory", "--listen", &address.to_string(), "--kubeconfig"]);
    let mut watching = command
        .arg(cluster.kubeconfig())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    wait_for_any(address, "GET /livez");
    let asked = ran(program(["history"]).args(["--record", &format!("http://{address}")]));
    watching.kill().and_then(|()| watching.wait()).expect("it can be ended");
    asked.refused(1, &["404", "--record memory"]);
}

#[test]
fn a_place_that_is_none_is_an_error_of_usage() {
    for place in ["ftp://a", "svc://a", "http://me:secret@a/"] {
        ran(program(["history"]).args(["--record", place])).refused(2, &["--record"]);
    }
}
