//! The JSON form of a line; `schema/event.schema.json` describes it.

use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::inventory::Time;
use crate::inventory::change::{Event, Happening, ImageEvent, PodLine};
use crate::record::Entry;

/// An event as programs read it. The order of the fields is the order in the line; one that does
/// not apply, or is not known, is absent.
#[derive(Serialize)]
pub(super) struct EventLine<'a> {
    id: String,
    event: &'static str,
    cluster: &'a str,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_before: Option<bool>,
    pod: Pod<'a>,
    workload: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<Container<'a>>,
    cause: &'static str,
    observed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<String>,
}

#[derive(Serialize)]
struct Image<'a> {
    reference: &'a str,
    spelling: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned_digest: Option<&'a str>,
}

#[derive(Serialize)]
struct Pod<'a> {
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Container<'a> {
    name: &'a str,
    kind: &'static str,
}

impl<'a> EventLine<'a> {
    pub(super) fn new(entry: &'a Entry, cluster: &'a str) -> Self {
        let (image, pod, workload, cause) = match &entry.event {
            Event::Image(event) => {
                let pod = Pod { namespace: &event.user.namespace, name: &event.user.pod };
                (Some(event), pod, &event.user.workload, event.cause)
            }
            Event::Pod(PodLine { added: _, namespace, name, workload, scope: _, cause }) => {
                (None, Pod { namespace, name }, workload, *cause)
            }
        };
        let moved = image.and_then(|image| match &image.happening {
            Happening::Moved { old, seen_before } => Some((&**old, *seen_before)),
            _ => None,
        });
        Self {
            id: entry.id.to_string(),
            event: entry.event.word(),
            cluster,
            scope: entry.event.scope(),
            image: image.map(Image::new),
            digest: image.and_then(|image| image.digest.as_deref()),
            old_digest: moved.map(|(old, _)| old),
            seen_before: moved.map(|(_, seen_before)| seen_before),
            pod,
            workload,
            container: image
                .map(|image| Container { name: &image.user.container, kind: image.user.kind.word() }),
            cause: cause.word(),
            observed: rfc3339(entry.observed),
            not_before: entry.not_before.map(rfc3339),
            not_after: entry.not_after.map(rfc3339),
            last_used: image.and_then(|image| image.last_used).and_then(timestamp).map(rfc3339),
        }
    }
}

impl<'a> Image<'a> {
    fn new(event: &'a ImageEvent) -> Self {
        let reference = &event.image;
        Self {
            reference: reference.text(),
            spelling: &event.spelling,
            registry: reference.registry(),
            repository: reference.repository(),
            tag: reference.tag(),
            pinned_digest: reference.digest(),
        }
    }
}

/// A time of the inventory; `None` where a damaged record holds one that no calendar has.
fn timestamp(Time(millisecond): Time) -> Option<Timestamp> {
    Timestamp::from_millisecond(millisecond).ok()
}

/// Microseconds, always: so times of one width sort as text.
fn rfc3339(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// Writes `value` as one line of plain ASCII, without its end.
///
/// # Errors
/// Only those of `out`; the structs of this program always serialise.
pub(super) fn write_json(value: &impl Serialize, out: impl io::Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Ascii))?;
    Ok(())
}

/// Writes all that is not visible ASCII as `\uXXXX`: the same text to a JSON parser, and a line
/// that no reader splits and no terminal obeys. By itself `serde_json` leaves DEL, the C1 controls,
/// U+2028 and bidi marks as they are.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
        if fragment.chars().all(is_plain) {
            return out.write_all(fragment.as_bytes());
        }
        for c in fragment.chars() {
            if is_plain(c) {
                write!(out, "{c}")?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
