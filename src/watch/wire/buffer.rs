//! Bytes that have arrived and were not read yet.

use bytes::{Bytes, BytesMut};

/// A body's unread bytes. A piece that lies within one chunk is cut out of it without a copy; only
/// what spans chunks is put together.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// The beginning of a piece whose end had not arrived with it.
    begun: BytesMut,
    /// The rest of the newest chunk.
    chunk: Bytes,
}

impl Buffer {
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.begun.extend_from_slice(&self.chunk);
        self.chunk = chunk;
    }

    pub(super) fn len(&self) -> usize {
        self.begun.len() + self.chunk.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first bytes, up to `N`.
    pub(super) fn peek<'a, const N: usize>(&self, into: &'a mut [u8; N]) -> &'a [u8] {
        let first = self.begun.iter().chain(&self.chunk);
        let count = into.iter_mut().zip(first).map(|(to, from)| *to = *from).count();
        &into[..count]
    }

    /// The position of the first `wanted` that is not before `from`.
    pub(super) fn find(&self, wanted: u8, from: usize) -> Option<usize> {
        let position = |bytes: &[u8], from: usize| {
            let found = bytes.get(from..)?.iter().position(|&byte| byte == wanted)?;
            Some(from + found)
        };
        position(&self.begun, from).or_else(|| {
            let begun = self.begun.len();
            Some(begun + position(&self.chunk, from.saturating_sub(begun))?)
        })
    }

    /// The next `length` bytes, once they have all arrived.
    pub(super) fn take(&mut self, length: usize) -> Option<Bytes> {
        if self.begun.is_empty() {
            return (length <= self.chunk.len()).then(|| self.chunk.split_to(length));
        }
        let missing = length.saturating_sub(self.begun.len());
        if missing > self.chunk.len() {
            return None;
        }
        self.begun.extend_from_slice(&self.chunk.split_to(missing));
        Some(self.begun.split_to(length).freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    #[test]
    fn pieces_come_out_as_they_went_in_whatever_the_chunks() {
        let body = b"one two three four";
        for size in 1..=body.len() {
            let mut buffer = Buffer::default();
            let mut words = Vec::new();
            for chunk in body.chunks(size) {
                buffer.push(chunk.to_vec().into());
                while let Some(blank) = buffer.find(b' ', 0) {
                    words.push(buffer.take(blank).unwrap());
                    assert_eq!(buffer.take(1).unwrap(), " ");
                }
            }
            assert_eq!(words, ["one", "two", "three"]);
            assert_eq!(buffer.peek(&mut [0; 3]), b"fou");
            assert_eq!(buffer.take(5), None);
            assert_eq!(buffer.take(4).unwrap(), "four");
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn chunks_that_are_not_read_at_once_are_kept_in_order() {
        let mut buffer = Buffer::default();
        for chunk in ["ab", "c", "", "def"] {
            buffer.push(chunk.into());
        }
        assert!(!buffer.is_empty());
        assert_eq!(buffer.find(b'e', 0), Some(4));
        assert_eq!(buffer.find(b'b', 2), None);
        assert_eq!(buffer.peek(&mut [0; 8]), b"abcdef");
        assert_eq!(buffer.take(2).unwrap(), "ab");
        assert_eq!(buffer.take(4).unwrap(), "cdef");
    }
}
