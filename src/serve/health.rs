//! `/livez` and `/readyz`, worded as the Kubernetes API server words its own.

use std::fmt::Write as _;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use tokio::sync::watch;

use crate::recorder::Health;

/// Whoever gets an answer knows that the program goes on; one that cannot go on ends by itself.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Whether all is seen and kept.
pub(super) async fn ready(
    State(health): State<watch::Receiver<Health>>,
    RawQuery(query): RawQuery,
) -> (StatusCode, String) {
    let is_verbose = query.is_some_and(|query| query.split('&').any(|one| one.starts_with("verbose")));
    answer(&health.borrow(), is_verbose)
}

fn answer(health: &Health, is_verbose: bool) -> (StatusCode, String) {
    let is_ready = health.is_whole();
    if is_ready && !is_verbose {
        return (StatusCode::OK, "ok\n".to_owned());
    }
    let mut text = String::new();
    let mut check = |name: &str, holds: bool, failure: &str| {
        let (mark, outcome) = if holds { ('+', "ok") } else { ('-', failure) };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "[{mark}]{name} {outcome}");
    };
    for (scope, is_in_sight) in &health.scopes {
        check(&format!("watch of {scope}"), *is_in_sight, "failed: what happens there is not seen now");
    }
    check("record", health.takes_writes, "failed: it takes no writes");
    text.push_str(if is_ready { "readyz check passed\n" } else { "readyz check failed\n" });
    (if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, text)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::answer;
    use crate::recorder::Health;

    #[test]
    fn an_answer_names_what_fails_and_on_demand_also_what_does_not() {
        let check = |sees: [bool; 2], takes_writes: bool, is_verbose: bool, expected: (StatusCode, &str)| {
            let scopes = vec![("namespace a".into(), sees[0]), ("namespace b".into(), sees[1])];
            let (status, text) = answer(&Health { scopes, takes_writes }, is_verbose);
            assert_eq!((status, text.as_str()), expected);
        };
        check([true, true], true, false, (StatusCode::OK, "ok\n"));
        let all =
            "[+]watch of namespace a ok\n[+]watch of namespace b ok\n[+]record ok\nreadyz check passed\n";
        check([true, true], true, true, (StatusCode::OK, all));
        let blind = "[+]watch of namespace a ok\n\
                     [-]watch of namespace b failed: what happens there is not seen now\n\
                     [+]record ok\nreadyz check failed\n";
        check([true, false], true, false, (StatusCode::SERVICE_UNAVAILABLE, blind));
        let full = "[+]watch of namespace a ok\n[+]watch of namespace b ok\n\
                    [-]record failed: it takes no writes\nreadyz check failed\n";
        check([true, true], false, false, (StatusCode::SERVICE_UNAVAILABLE, full));
    }
}
