//! The values of single flags.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use crate::inventory::ContainerKind;
use crate::remote::{Place, PlaceError};

use super::{RecordAt, RecordPlace};

const LENGTH_HINT: &str = "a length of time looks like 10m, 36h, 30d, 3mo or 1y, up to 100y";
/// Records and times are younger.
const LONGEST: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// The API server's rule for namespaces, RFC 1123's label.
pub(super) fn namespace(text: &str) -> Result<String, String> {
    let is_edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    let bytes = text.as_bytes();
    let is_name = text.len() <= 63
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes.iter().all(|b| is_edge(Some(b)) || *b == b'-');
    let hint = if text.contains(',') { "; for several, repeat the flag" } else { "" };
    is_name.then(|| text.to_owned()).ok_or_else(|| {
        format!("a namespace has 1 to 63 of a-z, 0-9 and '-', and begins and ends with neither '-'{hint}")
    })
}

/// Only the API server knows what a selector may say; but an empty one would quietly select all.
pub(super) fn selector(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err(
            "a selector names labels, as in app=web,tier!=test; leave the flag out for all pods".into()
        );
    }
    if text.chars().any(char::is_control) {
        return Err("a selector has no control characters".into());
    }
    Ok(text.to_owned())
}

/// A label's key: an optional DNS name and a slash, then up to 63 characters.
pub(super) fn label_key(text: &str) -> Result<String, String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let is_word = |part: &str, longest: usize, inner: &[char]| {
        let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        part.len() <= longest
            && is_edge(part.chars().next())
            && is_edge(part.chars().next_back())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || inner.contains(&c))
    };
    let is_key =
        prefix.is_none_or(|prefix| is_word(prefix, 253, &['-', '.'])) && is_word(name, 63, &['-', '_', '.']);
    is_key
        .then(|| text.to_owned())
        .ok_or_else(|| "a label's key looks like app or example.com/app".to_owned())
}

/// A name that stands in lines and answers.
pub(super) fn cluster_name(text: &str) -> Result<String, String> {
    let is_name = !text.trim().is_empty() && text.len() <= 253 && !text.chars().any(char::is_control);
    is_name.then(|| text.to_owned()).ok_or_else(|| "a name has 1 to 253 printable characters".to_owned())
}

pub(super) fn record(text: &str) -> Result<RecordPlace, String> {
    match text {
        "" => Err("give a file, or 'memory' to keep nothing".into()),
        "memory" => Ok(RecordPlace::Memory),
        url if url.contains("://") => Err("a watch keeps its record in a file, or in 'memory'".into()),
        file => Ok(RecordPlace::File(PathBuf::from(file))),
    }
}

/// A record to be asked.
pub(super) fn record_to_ask(text: &str) -> Result<RecordAt, String> {
    match text {
        "" => Err("give the file of a record, or where kimager runs".into()),
        place if Place::is_meant(place) => {
            place.parse().map(RecordAt::Running).map_err(|error: PlaceError| error.to_string())
        }
        file => Ok(RecordAt::File(PathBuf::from(file))),
    }
}

pub(super) fn kind(text: &str) -> Result<ContainerKind, String> {
    ContainerKind::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = ContainerKind::ALL.into_iter().map(ContainerKind::word).collect();
        format!("the kinds are {}", words.join(", "))
    })
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let hint = "a duration looks like 20s, 2m or 1h30m";
    let signed: SignedDuration = text.parse().map_err(|_| hint.to_owned())?;
    Duration::try_from(signed).ok().filter(|length| !length.is_zero()).ok_or_else(|| hint.to_owned())
}

/// A length of time in which a day is 24 hours, and months and years are as long as the longest.
pub(super) fn length(text: &str) -> Result<SignedDuration, String> {
    length_or_none(text)
        .and_then(|length| (!length.is_zero()).then_some(length).ok_or_else(|| LENGTH_HINT.to_owned()))
}

/// As [`length`], and none too.
pub(super) fn length_or_none(text: &str) -> Result<SignedDuration, String> {
    if text == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let span: Span = text.parse().map_err(|_| LENGTH_HINT.to_owned())?;
    // An i64 holds the days of whatever months and years a span can hold.
    let days = i64::from(span.get_years()) * 366 + i64::from(span.get_months()) * 31;
    span.years(0)
        .months(0)
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .ok()
        .and_then(|rest| rest.checked_add(SignedDuration::from_hours(days * 24)))
        .filter(|length| !span.is_negative() && *length <= LONGEST)
        .ok_or_else(|| LENGTH_HINT.to_owned())
}

/// As [`length_or_none`], for a clock.
pub(super) fn linger(text: &str) -> Result<Duration, String> {
    length_or_none(text).and_then(|length| Duration::try_from(length).map_err(|_| LENGTH_HINT.to_owned()))
}

/// A list costs the server work: a slip of the pen must not have it list without end.
pub(super) fn audit_every(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|every| {
        (every >= Duration::from_secs(1)).then_some(every).ok_or_else(|| "not more often than 1s".to_owned())
    })
}

/// Each series costs whoever scrapes it far more than it costs kimager.
pub(super) fn metrics_images(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|images| *images <= 10_000).ok_or_else(|| "give a number up to 10000".to_owned())
}

/// A size in bytes. An empty record has some hundred thousand already.
pub(super) fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 4] =
        [("GiB", 1 << 30), ("MiB", 1 << 20), ("GB", 1_000_000_000), ("MB", 1_000_000)];
    let hint = "a size looks like 500MB, 2GB or 1GiB, and is 1MB at least";
    let bytes = UNITS.iter().find_map(|(unit, bytes)| {
        let number: u64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        number.checked_mul(*bytes)
    });
    bytes.filter(|bytes| *bytes >= 1_000_000).ok_or_else(|| hint.to_owned())
}
