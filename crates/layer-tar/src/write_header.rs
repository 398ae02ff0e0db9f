//! The 512-byte ustar header, as it is written.
//!
//! What does not fit stands in records before it, and its field then has a stand-in.

use crate::entry::{Entry, Kind, Moment};
use crate::header::BLOCK;

/// Bytes of the field for the name; longer ones stand in a record.
pub(crate) const NAME_LENGTH: usize = 100;
/// Bytes of the field for the target of a link.
pub(crate) const LINK_LENGTH: usize = 100;

/// Eleven octal digits.
const LONG: u64 = 0o77_777_777_777;
/// Seven octal digits.
const SHORT: u32 = 0o7_777_777;

/// Whether the header can say the size.
pub(crate) fn fits_size(size: u64) -> bool {
    size <= LONG
}

/// Whether the header can say the number of a user or group.
pub(crate) fn fits_user(id: u32) -> bool {
    id <= SHORT
}

/// Whether the header can say the time.
pub(crate) fn fits_seconds(time: Moment) -> bool {
    time.nanoseconds == 0 && u64::try_from(time.seconds).is_ok_and(fits_size)
}

/// The fields of a header.
pub(crate) struct HeaderFields<'a> {
    name: &'a [u8],
    link: &'a [u8],
    flag: u8,
    mode: u32,
    uid: u32,
    gid: u32,
    size: u64,
    modified: u64,
    device: Option<(u32, u32)>,
}

impl<'a> HeaderFields<'a> {
    /// Of an entry, whose path this is.
    pub(crate) fn of_entry(entry: &'a Entry, path: &'a [u8]) -> Self {
        let (flag, device) = match entry.kind {
            Kind::Regular => (b'0', None),
            Kind::HardLink => (b'1', None),
            Kind::Symlink => (b'2', None),
            Kind::Character { major, minor } => (b'3', Some((major, minor))),
            Kind::Block { major, minor } => (b'4', Some((major, minor))),
            Kind::Directory => (b'5', None),
            Kind::Fifo => (b'6', None),
        };
        let metadata = &entry.metadata;
        let modified = Some(metadata.modified).filter(|&time| fits_seconds(time)).unwrap_or_default();
        Self {
            name: path,
            link: &entry.link,
            flag,
            mode: metadata.mode & 0o7777,
            uid: Some(metadata.uid).filter(|&id| fits_user(id)).unwrap_or_default(),
            gid: Some(metadata.gid).filter(|&id| fits_user(id)).unwrap_or_default(),
            size: Some(entry.size).filter(|&size| fits_size(size)).unwrap_or_default(),
            modified: modified.seconds.unsigned_abs(),
            device,
        }
    }

    /// Of records that belong to the entry of that path. The name is for readers that know no records.
    pub(crate) fn of_records(path: &'a [u8], length: usize) -> Self {
        Self {
            name: path,
            link: &[],
            flag: b'x',
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: length as u64,
            modified: 0,
            device: None,
        }
    }

    /// The header with its checksum.
    pub(crate) fn block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        text(&mut block[..NAME_LENGTH], self.name);
        octal(&mut block[100..108], self.mode.into());
        octal(&mut block[108..116], self.uid.into());
        octal(&mut block[116..124], self.gid.into());
        octal(&mut block[124..136], self.size);
        octal(&mut block[136..148], self.modified);
        block[156] = self.flag;
        text(&mut block[157..157 + LINK_LENGTH], self.link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        if let Some((major, minor)) = self.device {
            octal(&mut block[329..337], major.into());
            octal(&mut block[337..345], minor.into());
        }
        // The checksum counts its own field as spaces.
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
        octal(&mut block[148..155], sum);
        block
    }
}

fn text(field: &mut [u8], value: &[u8]) {
    let length = value.len().min(field.len());
    field[..length].copy_from_slice(&value[..length]);
}

/// Digits and a NUL.
fn octal(field: &mut [u8], mut value: u64) {
    let Some((end, digits)) = field.split_last_mut() else { return };
    *end = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value & 7) as u8;
        value >>= 3;
    }
}
