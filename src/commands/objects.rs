//! Pods and pod templates out of JSON: a file of any length in the memory of one object.

use std::fmt;
use std::io::{self, BufRead};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

#[cfg(test)]
mod fuzz;
mod holder;

pub(super) use holder::Finder;

/// As much of a text as shows what it is.
const BEGINNING: usize = 24;

/// Why a file told no pods.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObjectsError {
    #[error("cannot open {name}: {cause}")]
    Open { name: String, cause: io::Error },
    #[error("cannot read {name}: {cause}")]
    Read { name: String, cause: io::Error },
    #[error("{name} is empty; did the command that should have written it fail?")]
    Empty { name: String },
    #[error(
        "{name} is not JSON, it begins with {beginning:?}; kimager reads what `kubectl get pods -A -o json` writes \
         (from YAML: `yq -o json`)"
    )]
    NotJson { name: String, beginning: String },
    #[error("{name} is in UTF-16, as PowerShell writes it; write it with `| Out-File -Encoding utf8`")]
    Utf16 { name: String },
    #[error("{name} ends in the middle of an object; was it, or the command that wrote it, cut off?")]
    Truncated { name: String },
    #[error("{name} is broken JSON: {cause}")]
    Broken { name: String, cause: serde_json::Error },
    #[error(
        "{name} holds neither pods nor pod templates; kimager looks for `containers` that name an `image`, \
         as in `kubectl get pods -A -o json`"
    )]
    NoPods { name: String },
}

/// Gives every object of `input` to `take`, with the kind of the list that it stands in where that
/// is known by then. Documents may follow each other; `name` is for messages.
pub(super) fn read(
    mut input: impl BufRead,
    name: &str,
    mut take: impl FnMut(Value, Option<&str>),
) -> Result<(), ObjectsError> {
    let named = || name.to_owned();
    let mut is_empty = true;
    while let Some(first) =
        next_visible(&mut input).map_err(|cause| ObjectsError::Read { name: named(), cause })?
    {
        if !matches!(first, b'{' | b'[') {
            return Err(unlike_json(&mut input, name));
        }
        is_empty = false;
        // Objects and lists end with a bracket of their own, so nothing behind them is consumed.
        let mut json = serde_json::Deserializer::from_reader(&mut input);
        Document { take: &mut take }.deserialize(&mut json).map_err(|cause| match cause.classify() {
            Category::Eof => ObjectsError::Truncated { name: named() },
            Category::Io => ObjectsError::Read { name: named(), cause: cause.into() },
            Category::Syntax | Category::Data => ObjectsError::Broken { name: named(), cause },
        })?;
    }
    if is_empty { Err(ObjectsError::Empty { name: named() }) } else { Ok(()) }
}

/// The next byte that is no blank, nor the mark that Windows begins UTF-8 files with; not consumed.
fn next_visible(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    loop {
        let bytes = input.fill_buf()?;
        let Some(&first) = bytes.first() else {
            return Ok(None);
        };
        let blank = if bytes.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
        };
        if blank == 0 {
            return Ok(Some(first));
        }
        input.consume(blank);
    }
}

fn unlike_json(input: &mut impl BufRead, name: &str) -> ObjectsError {
    let name = name.to_owned();
    let bytes = match input.fill_buf() {
        Ok(bytes) => bytes,
        Err(cause) => return ObjectsError::Read { name, cause },
    };
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return ObjectsError::Utf16 { name };
    }
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let beginning = String::from_utf8_lossy(line).chars().take(BEGINNING).collect();
    ObjectsError::NotJson { name, beginning }
}

/// One JSON document: an object, or a list of them. The items of a list are given away one by one.
struct Document<'a, F> {
    take: &'a mut F,
}

impl<'de, F: FnMut(Value, Option<&str>)> DeserializeSeed<'de> for Document<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value, Option<&str>)> Visitor<'de> for Document<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object or a list of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        Items { take: self.take, list: None }.visit_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if key == "items" {
                let list = object.get("kind").and_then(Value::as_str);
                fields.next_value_seed(Items { take: &mut *self.take, list })?;
            } else {
                object.insert(key, fields.next_value()?);
            }
        }
        (self.take)(Value::Object(object), None);
        Ok(())
    }
}

/// The items of a list.
struct Items<'a, F> {
    take: &'a mut F,
    list: Option<&'a str>,
}

impl<'de, F: FnMut(Value, Option<&str>)> DeserializeSeed<'de> for Items<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Value, Option<&str>)> Visitor<'de> for Items<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of Kubernetes objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.take)(item, self.list);
        }
        Ok(())
    }

    /// Go writes `null` for a list without items.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
