//! Times, lengths of time and sizes, as users type them.

use jiff::{SignedDuration, Timestamp};

use super::{time, value};
use crate::fuzz::{Outcome, fuzz, holds, kind_of, same};

const WORDS: [&str; 20] = [
    "2026-11-23",
    "T02:04:49",
    "Z",
    "+01:00",
    "[Europe/Berlin]",
    "ago",
    " ",
    "now",
    "P1Y",
    "PT",
    "h",
    "d",
    "mo",
    "y",
    "ms",
    "1e9",
    "-",
    "GiB",
    "MB",
    "0.5",
];

#[test]
fn times_and_sizes() {
    let seeds = [
        "2026-11-23T02:04:49.5+01:00",
        "2126-11-23",
        "2026-11-23 02:04",
        "3d ago",
        "1h30m",
        "P1DT2H",
        "2 weeks",
        "500MB",
        "1 GiB",
    ];
    fuzz("times", &WORDS, seeds.map(|text| text.as_bytes().to_vec()).to_vec(), |bytes| {
        typed(&String::from_utf8_lossy(bytes))
    });
}

/// That a length that was accepted is of use, and can be said again.
fn of_length(
    parsed: Result<SignedDuration, String>,
    again: fn(&str) -> Result<SignedDuration, String>,
) -> Outcome {
    match parsed {
        Ok(length) => {
            same("a length", &again(&length.to_string()), &Ok(length))?;
            holds("a length can be taken from now", Timestamp::now().checked_sub(length).is_ok())?;
            Ok("a length".to_owned())
        }
        Err(refusal) => Ok(kind_of(&refusal)),
    }
}

/// What is accepted can be said again, and means the same then.
fn typed(text: &str) -> Outcome {
    let mut said = Vec::new();
    said.push(match time::past(text) {
        Ok(at) => {
            holds("a time lies in the past", at <= Timestamp::now())?;
            same("a time", &time::past(&at.to_string()), &Ok(at))?;
            "a time".to_owned()
        }
        Err(refusal) => kind_of(&refusal),
    });
    said.push(of_length(value::length(text), value::length)?);
    said.push(of_length(value::length_or_none(text), value::length_or_none)?);
    let signed = |parsed: Result<std::time::Duration, String>| {
        parsed.and_then(|length| SignedDuration::try_from(length).map_err(|error| error.to_string()))
    };
    said.push(of_length(signed(value::linger(text)), |text| {
        value::linger(text).and_then(|length| length.try_into().map_err(|_| "too long".to_owned()))
    })?);
    for (what, parse) in [("a duration", value::duration as fn(&str) -> _), ("audits", value::audit_every)] {
        said.push(match parse(text) {
            Ok(length) => {
                let shown = SignedDuration::try_from(length).map_err(|error| error.to_string())?.to_string();
                same(what, &parse(&shown), &Ok(length))?;
                what.to_owned()
            }
            Err(refusal) => kind_of(&refusal),
        });
    }
    said.push(match value::size(text) {
        Ok(bytes) => {
            holds("a size holds a record", bytes >= 1_000_000)?;
            "a size".to_owned()
        }
        Err(refusal) => kind_of(&refusal),
    });
    Ok(format!("{said:?}"))
}
