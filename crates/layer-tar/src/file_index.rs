//! The format of a layer's file index: what, together with the unpacked layer, makes its archive again byte for byte.
//!
//! After [`MAGIC`] stand records, each a byte that says which, and numbers as LEB128: bytes of the archive as they are, or where in which
//! file of the layer they are. The last one says how long the archive is, so an index that breaks off is noticed.
//!
//! It neither writes nor reads files: [`crate::recording`] and [`crate::recreate`] do.

use std::io::{self, Read, Write};

/// What an index begins with; its last byte but one is the version of the format.
pub(crate) const MAGIC: &[u8; 8] = b"crtnidx\x01";

/// What a record says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// So many bytes of the archive follow.
    Literal(u64),
    /// Contents from here on are of this file, whose path has so many bytes in common with that of the last one.
    File {
        /// Of the path before.
        shared: u64,
        /// Which follows.
        rest: u64,
        /// Its length, holes included.
        size: u64,
    },
    /// These bytes of that file.
    Content {
        /// Where in the file they begin.
        offset: u64,
        /// How many they are.
        length: u64,
        /// Theirs.
        checksum: u64,
    },
    /// The archive ends here.
    End {
        /// How long it is.
        length: u64,
    },
    /// There is no making the archive again: a later entry replaced the file whose path, of so many bytes, follows.
    Lost(u64),
}

impl Record {
    pub(crate) fn write(&self, into: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let (tag, numbers): (u8, &[u64]) = match self {
            Self::Literal(length) => (1, &[*length]),
            Self::File { shared, rest, size } => (2, &[*shared, *rest, *size]),
            Self::Content { offset, length, checksum } => (3, &[*offset, *length, *checksum]),
            Self::End { length } => (4, &[*length]),
            Self::Lost(length) => (5, &[*length]),
        };
        into.write_all(&[tag])?;
        numbers.iter().try_for_each(|number| write_number(*number, into))
    }

    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for what is no record.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let tag = byte(from)?;
        let mut next = || read_number(from);
        Ok(match tag {
            1 => Self::Literal(next()?),
            2 => Self::File { shared: next()?, rest: next()?, size: next()? },
            3 => Self::Content { offset: next()?, length: next()?, checksum: next()? },
            4 => Self::End { length: next()? },
            5 => Self::Lost(next()?),
            _ => return Err(io::Error::from(io::ErrorKind::InvalidData)),
        })
    }
}

fn write_number(mut number: u64, into: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let mut bytes = [0; 10];
    let mut length = 0;
    loop {
        let more = number >> 7 != 0;
        bytes[length] = (number & 0x7f) as u8 | u8::from(more) << 7;
        length += 1;
        number >>= 7;
        if !more {
            return into.write_all(&bytes[..length]);
        }
    }
}

fn read_number(from: &mut impl Read) -> io::Result<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = byte(from)?;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            break;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(io::Error::from(io::ErrorKind::InvalidData))
}

fn byte(from: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    from.read_exact(&mut byte)?;
    Ok(byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let records = [
            Record::Literal(0),
            Record::File { shared: 127, rest: 128, size: u64::MAX },
            Record::Content { offset: 1 << 63, length: 300, checksum: 0xffff_ffff },
            Record::End { length: 1 << 40 },
            Record::Lost(7),
        ];
        let mut bytes = Vec::new();
        records.iter().for_each(|record| record.write(&mut bytes).unwrap());
        let mut bytes = &bytes[..];
        for record in records {
            assert_eq!(Record::read(&mut bytes).unwrap(), record);
        }
        assert!(bytes.is_empty());
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bytes in [&b"\x09"[..], b"\x01", b"\x01\x80", b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"] {
            assert!(Record::read(&mut &bytes[..]).is_err(), "{bytes:?}");
        }
    }
}
