//! Values as D-Bus lays them out in bytes (D-Bus specification, "Marshaling"), little-endian.
//!
//! Only the types that this crate's messages have. Everything is aligned to its size, counted from the start of the message.

use crate::error::SystemdError;

/// Collects values.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    pub(crate) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.align(4);
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.align(8);
        self.0.extend(value.to_le_bytes());
    }

    /// A string or an object path.
    pub(crate) fn string(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    pub(crate) fn signature(&mut self, text: &str) {
        self.0.push(text.len() as u8);
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    /// An array whose elements are aligned to `align`; its length does not count the padding before the first.
    pub(crate) fn array(&mut self, align: usize, elements: impl FnOnce(&mut Writer)) {
        self.u32(0);
        let length_at = self.0.len() - 4;
        self.align(align);
        let start = self.0.len();
        elements(self);
        let length = (self.0.len() - start) as u32;
        self.0[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
    }
}

/// Takes values out again.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// How far it has come.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn align(&mut self, to: usize) -> Result<(), SystemdError> {
        let padding = self.at.next_multiple_of(to) - self.at;
        self.take(padding).map(drop)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, SystemdError> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u32(&mut self) -> Result<u32, SystemdError> {
        self.align(4)?;
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A string or an object path.
    pub(crate) fn string(&mut self) -> Result<&'a str, SystemdError> {
        let length = self.u32()? as usize;
        self.text(length)
    }

    pub(crate) fn signature(&mut self) -> Result<&'a str, SystemdError> {
        let length = self.byte()?.into();
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Result<&'a str, SystemdError> {
        let bytes = self.take(length)?;
        self.take(1)?;
        std::str::from_utf8(bytes).map_err(|_| SystemdError::Malformed { what: "a text is not UTF-8" })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], SystemdError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(SystemdError::Malformed { what: "it ends too early" })?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_aligned_and_come_out_as_they_went_in() {
        let mut writer = Writer::default();
        writer.byte(7);
        writer.u32(0x0102_0304);
        writer.string("ab");
        writer.array(8, |elements| elements.u64(5));
        writer.signature("s");
        let bytes = writer.into_bytes();
        let expected: [&[u8]; 6] = [
            &[7, 0, 0, 0],
            &[4, 3, 2, 1],
            &[2, 0, 0, 0, b'a', b'b', 0, 0],
            &[8, 0, 0, 0, 0, 0, 0, 0],
            &[5, 0, 0, 0, 0, 0, 0, 0],
            &[1, b's', 0],
        ];
        assert_eq!(bytes, expected.concat());
        let mut reader = Reader::new(&bytes);
        assert_eq!((reader.byte().unwrap(), reader.u32().unwrap()), (7, 0x0102_0304));
        assert_eq!(reader.string().unwrap(), "ab");
    }

    #[test]
    fn an_empty_array_is_padded_all_the_same() {
        let mut writer = Writer::default();
        writer.array(8, |_| {});
        assert_eq!(writer.into_bytes(), [0; 8]);
    }

    #[test]
    fn lengths_beyond_the_end_are_refused() {
        for bytes in [&[255, 255, 255, 255, 0][..], &[4, 0, 0, 0, b'a'], &[1, 0], &[1, 0, 0, 0, 0xff, 0]] {
            assert!(matches!(Reader::new(bytes).string(), Err(SystemdError::Malformed { .. })), "{bytes:?}");
        }
        assert!(Reader::new(&[9, b's']).signature().is_err());
    }
}
