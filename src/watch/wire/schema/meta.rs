//! What all of Kubernetes' objects share, and the frames around them.
//!
//! Tags and names are those of `k8s.io/apimachinery` v0.37.2, `pkg/apis/meta/v1/generated.proto`,
//! and for [`Unknown`], [`TypeMeta`] and [`RawExtension`] `pkg/runtime/generated.proto`.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use prost::{Message, decode_length_delimiter};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::null::null_is_default;

/// What names an object.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMeta {
    /// `metadata.name`
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub name: String,
    /// `metadata.generateName`
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "null_is_default")]
    pub generate_name: String,
    /// `metadata.namespace`
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "null_is_default")]
    pub namespace: String,
    /// `metadata.uid`
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "null_is_default")]
    pub uid: String,
    /// `metadata.resourceVersion`
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "null_is_default")]
    pub resource_version: String,
    /// `metadata.creationTimestamp`
    #[prost(message, optional, tag = "8")]
    pub creation_timestamp: Option<Time>,
    /// `metadata.labels`, each an [`entry`]
    #[prost(bytes = "bytes", repeated, tag = "11")]
    #[serde(deserialize_with = "entries_of_map")]
    pub labels: Vec<Bytes>,
    /// `metadata.annotations`, each an [`entry`]
    #[prost(bytes = "bytes", repeated, tag = "12")]
    #[serde(deserialize_with = "entries_of_map")]
    pub annotations: Vec<Bytes>,
    /// `metadata.ownerReferences`
    #[prost(message, repeated, tag = "13")]
    #[serde(deserialize_with = "null_is_default")]
    pub owner_references: Vec<OwnerReference>,
}

/// An object of which only the metadata are of interest.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct MetadataOnly {
    /// `metadata`
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
}

/// An object of which only the name can be read.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Named {
    /// `metadata`
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Name>,
}

/// The least of an object's metadata: see [`ObjectMeta`].
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Name {
    /// `metadata.name`
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub name: String,
    /// `metadata.namespace`
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "null_is_default")]
    pub namespace: String,
    /// `metadata.uid`
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "null_is_default")]
    pub uid: String,
}

/// An entry of a map of texts: a label or an annotation.
#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    /// The key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// An [`Entry`] as protobuf writes it. Maps are kept so, because most entries are never looked at and
/// need no copy.
#[must_use]
pub fn entry(key: &str, value: &str) -> Bytes {
    Entry { key: key.into(), value: value.into() }.encode_to_vec().into()
}

/// The value of `key` in a map of [`entry`]s, if it is there and is UTF-8.
#[must_use]
pub fn value_of<'a>(entries: &'a [Bytes], key: &str) -> Option<&'a str> {
    let value = entries.iter().find_map(|entry| value_behind(key, entry))?;
    str::from_utf8(value).ok()
}

/// Every writer of protobuf puts an entry's key before its value.
fn value_behind<'a>(key: &str, entry: &'a [u8]) -> Option<&'a [u8]> {
    let (found, rest) = text_of(1, entry)?;
    if found != key.as_bytes() {
        return None;
    }
    // An empty value may be left out.
    if rest.is_empty() { Some(rest) } else { text_of(2, rest).map(|(value, _)| value) }
}

/// The text of the field `tag`, where the bytes begin with it, and what follows.
fn text_of(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const LENGTH_DELIMITED: u8 = 2;
    let (&head, mut rest) = bytes.split_first()?;
    if head != tag << 3 | LENGTH_DELIMITED {
        return None;
    }
    let length = decode_length_delimiter(&mut rest).ok()?;
    rest.split_at_checked(length)
}

fn entries_of_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Bytes>, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<Bytes>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of texts")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, Option<String>>()? {
                entries.push(entry(&key, &value.unwrap_or_default()));
            }
            Ok(entries)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_map(self)
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
    }

    deserializer.deserialize_option(Entries)
}

/// A moment. In JSON it is RFC 3339 text; one that is not is the year 1970, for no pod shall be
/// lost over its date.
#[derive(Clone, Copy, PartialEq, Eq, Message, Deserialize)]
#[serde(from = "String")]
pub struct Time {
    /// Seconds since 1970.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
}

impl From<String> for Time {
    fn from(text: String) -> Self {
        Self { seconds: text.parse().map_or(0, Timestamp::as_second) }
    }
}

/// An owner of an object.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    /// `kind`
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub kind: String,
    /// `name`
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "null_is_default")]
    pub name: String,
    /// `apiVersion`
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "null_is_default")]
    pub api_version: String,
    /// `controller`
    #[prost(bool, tag = "6")]
    #[serde(deserialize_with = "null_is_default")]
    pub controller: bool,
}

/// What describes a list.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListMeta {
    /// `metadata.resourceVersion`
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "null_is_default")]
    pub resource_version: String,
    /// `metadata.continue`
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "null_is_default")]
    pub r#continue: String,
}

/// A server's refusal.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Status {
    /// `message`
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "null_is_default")]
    pub message: String,
    /// `reason`
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "null_is_default")]
    pub reason: String,
    /// `details`
    #[prost(message, optional, tag = "5")]
    pub details: Option<StatusDetails>,
    /// `code`
    #[prost(int32, tag = "6")]
    #[serde(deserialize_with = "null_is_default")]
    pub code: i32,
}

/// More about a server's refusal.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatusDetails {
    /// `causes`
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "null_is_default")]
    pub causes: Vec<StatusCause>,
    /// `retryAfterSeconds`
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "null_is_default")]
    pub retry_after_seconds: i32,
}

/// One cause of a server's refusal.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct StatusCause {
    /// `reason`: a word for machines.
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub reason: String,
    /// `message`
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "null_is_default")]
    pub message: String,
    /// `field`: which one it is about.
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "null_is_default")]
    pub field: String,
}

/// An event of a watch, in protobuf.
#[derive(Clone, PartialEq, Message)]
pub struct WatchEvent {
    /// `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// The object, in an envelope of its own.
    #[prost(message, optional, tag = "2")]
    pub object: Option<RawExtension>,
}

/// An object within another.
#[derive(Clone, PartialEq, Message)]
pub struct RawExtension {
    /// The object as it is written on its own.
    #[prost(bytes = "bytes", tag = "1")]
    pub raw: Bytes,
}

/// The envelope of an object in protobuf; the four bytes `k8s\0` stand before it.
#[derive(Clone, PartialEq, Message)]
pub struct Unknown {
    /// What the object is.
    #[prost(message, optional, tag = "1")]
    pub type_meta: Option<TypeMeta>,
    /// The object.
    #[prost(bytes = "bytes", tag = "2")]
    pub raw: Bytes,
}

/// What an object is.
#[derive(Clone, PartialEq, Message)]
pub struct TypeMeta {
    /// `apiVersion`
    #[prost(string, tag = "1")]
    pub api_version: String,
    /// `kind`
    #[prost(string, tag = "2")]
    pub kind: String,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{entry, value_of};

    #[test]
    fn the_value_of_a_key_is_found_and_broken_entries_are_passed_over() {
        let broken =
            [&b""[..], b"\x0a", b"\x0a\xff\xff\xff\xff\x0f", b"\x12\x01v", b"\x0a\x07broken!\x12\x09v"];
        let mut entries: Vec<Bytes> = broken.into_iter().map(Bytes::from_static).collect();
        entries.extend([entry("key", "value"), entry("key2", &"long ".repeat(100)), entry("empty", "")]);
        let check =
            |key: &str, expected: Option<&str>| assert_eq!(value_of(&entries, key), expected, "{key}");
        check("key", Some("value"));
        check("key2", Some(&"long ".repeat(100)));
        check("empty", Some(""));
        check("broken!", None);
        check("", None);
        check("ke", None);
    }
}
