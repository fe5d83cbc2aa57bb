//! Values of the core as columns.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, Type, Value, ValueRef};
use rusqlite::{Error, Result, Row};

use crate::inventory::{Cause, ContainerKind};

/// A time as it is stored.
pub(super) fn stored(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A stored time.
pub(super) fn time_of(column: &str, millisecond: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millisecond).map_err(|e| damaged(column, &e.to_string()))
}

/// A time.
pub(super) fn time(row: &Row<'_>, column: &str) -> Result<Timestamp> {
    time_of(column, row.get(column)?)
}

/// A time that may be absent.
pub(super) fn time_or_none(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>> {
    let millisecond: Option<i64> = row.get(column)?;
    millisecond.map(|millisecond| time_of(column, millisecond)).transpose()
}

/// More images or shapes than any cluster has at a time. Their numbers are reused, lowest first, and
/// room is made up to the highest: a damaged one must not take all memory.
const NUMBERS: u32 = 1 << 24;

/// The number of an image or a shape.
pub(super) fn number(row: &Row<'_>) -> Result<u32> {
    let number: i64 = row.get("id")?;
    u32::try_from(number)
        .ok()
        .filter(|number| *number < NUMBERS)
        .ok_or_else(|| damaged("id", &number.to_string()))
}

/// Words that are stored as their place in a list, which never changes.
pub(super) fn word<T: Copy>(row: &Row<'_>, column: &str, words: &[T]) -> Result<T> {
    word_of(column, row.get(column)?, words)
}

/// The word of a stored place.
pub(super) fn word_of<T: Copy>(column: &str, code: i64, words: &[T]) -> Result<T> {
    usize::try_from(code)
        .ok()
        .and_then(|code| words.get(code).copied())
        .ok_or_else(|| damaged(column, &code.to_string()))
}

/// The place of a word in its list.
pub(super) fn code<T: Copy + PartialEq>(word: T, words: &[T]) -> i64 {
    (0..).zip(words).find(|(_, known)| **known == word).map_or(-1, |(code, _)| code)
}

/// Kinds of containers in the order of their codes.
pub(super) const KINDS: [ContainerKind; 5] = [
    ContainerKind::App,
    ContainerKind::Init,
    ContainerKind::Sidecar,
    ContainerKind::Ephemeral,
    ContainerKind::Volume,
];

/// Causes of events in the order of their codes.
pub(super) const CAUSES: [Cause; 3] = [Cause::Start, Cause::Watch, Cause::Relist];

/// The algorithm of digests that are stored as bytes.
const SHA256: &str = "sha256:";

/// A digest as it is stored: the bytes of a sha256 in lower case, any other text as it is.
pub(super) fn digest_value(digest: &str) -> Value {
    match digest.strip_prefix(SHA256).and_then(bytes_of) {
        Some(bytes) if bytes.len() == 32 => Value::Blob(bytes),
        _ => Value::Text(digest.to_owned()),
    }
}

/// The bytes of lower-case hexadecimal text.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| Some(nibble(*pair.first()?)? << 4 | nibble(*pair.get(1)?)?)).collect()
}

/// The digest of a stored value.
pub(super) fn digest_of(value: ValueRef<'_>) -> Result<Arc<str>> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match value {
        ValueRef::Blob(bytes) => {
            let mut text = String::with_capacity(SHA256.len() + 2 * bytes.len());
            text.push_str(SHA256);
            for byte in bytes {
                text.push(char::from(HEX[usize::from(byte >> 4)]));
                text.push(char::from(HEX[usize::from(byte & 15)]));
            }
            Ok(text.into())
        }
        ValueRef::Text(text) => Ok(String::from_utf8_lossy(text).as_ref().into()),
        other => Err(damaged("value", &format!("{:?}", other.data_type()))),
    }
}

/// The range of stored sha256 digests whose hexadecimal text begins so: the first, and the first
/// after them, if there is one.
pub(super) fn digests_from(hex: &str) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    if hex.len() > 64 {
        return None;
    }
    let first = bytes_of(&format!("{hex:0<64}"))?;
    let mut last = bytes_of(&format!("{hex:f<64}"))?;
    let end = last.iter().rposition(|byte| *byte != u8::MAX).map(|at| {
        last.truncate(at + 1);
        last[at] += 1;
        last
    });
    Some((first, end))
}

/// A value by reference.
pub(super) fn borrowed(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(value.into())
}

/// The error for a column that holds what kimager never wrote there.
pub(super) fn damaged(column: &str, found: &str) -> Error {
    Error::FromSqlConversionFailure(0, Type::Text, format!("column {column} holds {found:?}").into())
}

#[cfg(test)]
mod tests {
    use rusqlite::types::Type;

    use super::{digest_of, digest_value, digests_from};

    #[test]
    fn a_digest_comes_back_as_it_went() {
        let hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        for text in [format!("sha256:{hex}"), format!("sha256:{}", hex.to_uppercase())] {
            assert_eq!(&*digest_of((&digest_value(&text)).into()).unwrap(), text);
        }
        for text in ["sha512:00", "sha256:", "sha256:é", "", "sha256:0"] {
            assert_eq!(&*digest_of((&digest_value(text)).into()).unwrap(), text);
        }
    }

    /// It takes half the room so; what is shorter would not lie in the range of what it begins with.
    #[test]
    fn only_a_whole_sha256_in_lower_case_is_stored_as_bytes() {
        let check = |digest: &str, kind| assert_eq!(digest_value(digest).data_type(), kind, "{digest}");
        check(&format!("sha256:{}", "0a".repeat(32)), Type::Blob);
        check(&format!("sha256:{}", "0A".repeat(32)), Type::Text);
        check(&format!("sha256:{}", "0a".repeat(31)), Type::Text);
        check(&format!("sha512:{}", "0a".repeat(32)), Type::Text);
    }

    #[test]
    fn a_range_holds_the_digests_that_begin_so() {
        let check = |hex: &str, end: Option<&[u8]>| {
            let (first, found) = digests_from(hex).unwrap();
            assert_eq!(first.len(), 32);
            assert_eq!(found.as_deref(), end, "{hex}");
        };
        check("", None);
        check("ff", None);
        check("12", Some(&[0x13]));
        check("1", Some(&[0x20]));
        check("12f", Some(&[0x13]));
        assert_eq!(digests_from("xy"), None);
    }
}
