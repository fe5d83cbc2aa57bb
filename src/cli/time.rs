//! How a user says a time: `2026-11-23T02:04:49Z`, `2026-11-23`, `2h`, `3d ago`. UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

const HINT: &str =
    "a time looks like 2026-11-23T02:04:49Z, 2026-11-23 (its first moment, UTC), 2h or '3d ago'";

/// A time of the past, as seen from now.
pub(super) fn past(text: &str) -> Result<Timestamp, String> {
    parse(text, Timestamp::now())
}

fn parse(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let time = absolute(text).or_else(|| before(text, now)).ok_or(HINT)?;
    if time > now { Err(format!("{time:.0} lies in the future")) } else { Ok(time) }
}

/// With an offset, or without one in UTC; of a date, its first moment.
fn absolute(text: &str) -> Option<Timestamp> {
    let in_utc = |text: &str| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(|| in_utc(text))
}

/// A length of time before now, with or without the word `ago`.
fn before(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text == "now" {
        return Some(now);
    }
    let length: Span = text.strip_suffix("ago").unwrap_or(text).trim().parse().ok()?;
    if length.is_negative() {
        return None;
    }
    Some(now.to_zoned(TimeZone::UTC).checked_sub(length).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_time_is_absolute_or_so_long_ago_and_always_utc() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let check = |text: &str, expected: &str| {
            assert_eq!(parse(text, now).map(|time| time.to_string()), Ok(expected.to_owned()), "{text}");
        };
        check("2026-11-22T02:04:49Z", "2026-11-22T02:04:49Z");
        check("2026-11-22T02:04:49.5+01:00", "2026-11-22T01:04:49.5Z");
        check("2026-11-22 02:04", "2026-11-22T02:04:00Z");
        check("2026-11-22T02:04:49", "2026-11-22T02:04:49Z");
        check("2026-11-22", "2026-11-22T00:00:00Z");
        check("now", "2026-11-23T12:00:00Z");
        check("2h", "2026-11-23T10:00:00Z");
        check("1h30m", "2026-11-23T10:30:00Z");
        check("90s ago", "2026-11-23T11:58:30Z");
        check("3d ago", "2026-11-20T12:00:00Z");
        check("2 weeks ago", "2026-11-09T12:00:00Z");
        check("1mo", "2026-10-23T12:00:00Z");
        check("0s", "2026-11-23T12:00:00Z");
    }

    #[test]
    fn what_is_no_time_of_the_past_is_refused() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let check = |text: &str, says: &str| {
            let refusal = parse(text, now).expect_err(text);
            assert!(refusal.contains(says), "{text}: {refusal}");
        };
        for text in ["", "ago", "yesterday", "3", "-2h", "2026-13-01", "12:00", "h", "99999999y", "1d1"] {
            check(text, "3d ago");
        }
        check("2026-11-23T12:00:01Z", "in the future");
        check("2026-11-24", "in the future");
    }
}
