//! A list in protobuf, taken apart while it arrives.

use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};

use super::{ITEM, LIST, expect_pods};
use crate::watch::wire::WireError;
use crate::watch::wire::buffer::Buffer;
use crate::watch::wire::envelope::MAGIC;
use crate::watch::wire::schema::ListMeta;
use crate::watch::wire::schema::meta::TypeMeta;

/// Walks the fields of `Unknown { typeMeta = 1, raw = 2 }`, the `raw` being the fields of
/// `PodList { metadata = 1, items = 2 }`; the tags are told in [`schema`](crate::watch::wire::schema).
#[derive(Debug, Default)]
pub(super) struct ProtobufList {
    buffer: Buffer,
    place: Place,
    /// What the envelope says the list is; known before the list.
    kind: String,
    metadata: ListMeta,
}

/// Where in the body the next byte stands.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// Before the envelope.
    #[default]
    Start,
    /// Before a field of the envelope, the list being one of them.
    Envelope,
    /// Before a field of the list, of which this many bytes are left.
    List(u64),
    /// Behind the list; fields of the envelope may follow.
    Behind,
}

/// What stands before the value of a field.
struct Header {
    field: u32,
    wire_type: WireType,
    /// How long it is itself, in bytes.
    size: usize,
    /// How long the value after it is, in bytes.
    value: u64,
}

impl ProtobufList {
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.buffer.push(chunk);
    }

    /// The next item, if it has arrived whole.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, WireError> {
        loop {
            match self.place {
                Place::Start => {
                    let Some(magic) = self.buffer.take(MAGIC.len()) else { return Ok(None) };
                    if magic != MAGIC.as_slice() {
                        let cause = "it does not begin as protobuf of Kubernetes does";
                        return Err(WireError::broken(LIST, cause));
                    }
                    self.place = Place::Envelope;
                }
                Place::Envelope | Place::Behind => {
                    let Some(header) = self.header()? else { return Ok(None) };
                    if header.is_message(2) {
                        expect_pods(&self.kind)?;
                        self.buffer.take(header.size);
                        self.place = Place::List(header.value);
                        continue;
                    }
                    let Some(value) = self.value(&header)? else { return Ok(None) };
                    if header.is_message(1) {
                        self.kind = read::<TypeMeta>(value)?.kind;
                    }
                }
                Place::List(0) => self.place = Place::Behind,
                Place::List(left) => {
                    let Some(header) = self.header()? else { return Ok(None) };
                    let length = header.value.saturating_add(header.size as u64);
                    let Some(left) = left.checked_sub(length) else {
                        return Err(WireError::broken(LIST, "a field is longer than the list"));
                    };
                    let Some(value) = self.value(&header)? else { return Ok(None) };
                    self.place = Place::List(left);
                    if header.is_message(1) {
                        self.metadata = read(value)?;
                    } else if header.is_message(2) {
                        return Ok(Some(value));
                    }
                }
            }
        }
    }

    /// The list's metadata, once it is whole.
    pub(super) fn finish(self) -> Result<ListMeta, WireError> {
        match self.place {
            Place::Behind if self.buffer.is_empty() => Ok(self.metadata),
            _ => Err(WireError::CutOff),
        }
    }

    /// The next field's header, if it has arrived whole.
    fn header(&self) -> Result<Option<Header>, WireError> {
        const LONGEST_VARINT: usize = 10;
        let mut bytes = [0; 2 * LONGEST_VARINT];
        let bytes = self.buffer.peek(&mut bytes);
        let mut rest = bytes;
        let header = decode_key(&mut rest).and_then(|(field, wire_type)| {
            let value = match wire_type {
                WireType::LengthDelimited => decode_varint(&mut rest)?,
                WireType::Varint => decode_varint(&mut rest).map(|_value| 0)?,
                WireType::ThirtyTwoBit => 4,
                WireType::SixtyFourBit => 8,
                // Not in proto3, nor in Kubernetes: as if it never ended.
                WireType::StartGroup | WireType::EndGroup => u64::MAX,
            };
            Ok(Header { field, wire_type, size: bytes.len() - rest.len(), value })
        });
        match header {
            Ok(header) => Ok(Some(header)),
            Err(_) if bytes.len() < 2 * LONGEST_VARINT => Ok(None),
            Err(cause) => Err(WireError::broken(LIST, cause)),
        }
    }

    /// Takes a field, once it has arrived whole, and gives its value.
    fn value(&mut self, header: &Header) -> Result<Option<Bytes>, WireError> {
        let length = usize::try_from(header.value).unwrap_or(usize::MAX);
        WireError::unless_fits(length, ITEM)?;
        Ok(self.buffer.take(header.size + length).map(|mut field| field.split_off(header.size)))
    }
}

impl Header {
    fn is_message(&self, field: u32) -> bool {
        self.field == field && self.wire_type == WireType::LengthDelimited
    }
}

fn read<T: Message + Default>(value: Bytes) -> Result<T, WireError> {
    T::decode(value).map_err(|cause| WireError::broken(LIST, cause))
}
