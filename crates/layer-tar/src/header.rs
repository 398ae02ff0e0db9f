//! The 512-byte tar header: v7, ustar (POSIX.1-1988), GNU and star.
//!
//! It does not join headers into entries and does not interpret PAX records.

/// Bytes of a header, and what contents are padded to.
pub(crate) const BLOCK: usize = 512;

/// A header whose checksum is right.
pub(crate) struct Header<'a>(&'a [u8; BLOCK]);

type Field<T> = Result<T, &'static str>;

impl<'a> Header<'a> {
    /// `None` when the block is all zero, which ends an archive.
    pub(crate) fn parse(block: &'a [u8; BLOCK]) -> Field<Option<Self>> {
        let stored = &block[148..156];
        // The checksum counts its own field as spaces. Some old writers summed signed bytes.
        let blank = stored.iter().fold(8 * u64::from(b' '), |sum, &byte| sum.wrapping_sub(u64::from(byte)));
        let unsigned = block.iter().fold(blank, |sum, &byte| sum.wrapping_add(u64::from(byte)));
        if unsigned == 8 * u64::from(b' ') && block.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        let negative = block.iter().zip(0..).filter(|&(&byte, at)| byte >= 128 && !(148..156).contains(&at));
        let signed = unsigned.wrapping_sub(256 * negative.count() as u64);
        let stored = number(stored)?;
        if stored != unsigned && stored != signed {
            return Err("the checksum is wrong");
        }
        Ok(Some(Self(block)))
    }

    pub(crate) fn type_flag(&self) -> u8 {
        self.0[156]
    }

    /// The name with its prefix, where the format has one.
    pub(crate) fn path(&self) -> Vec<u8> {
        let (name, prefix) = (text(&self.0[..100]), text(self.prefix()));
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    pub(crate) fn link(&self) -> Vec<u8> {
        text(&self.0[157..257]).to_vec()
    }

    pub(crate) fn mode(&self) -> Field<u64> {
        number(&self.0[100..108])
    }

    pub(crate) fn uid(&self) -> Field<u64> {
        number(&self.0[108..116])
    }

    pub(crate) fn gid(&self) -> Field<u64> {
        number(&self.0[116..124])
    }

    pub(crate) fn size(&self) -> Field<u64> {
        number(&self.0[124..136])
    }

    /// Seconds; may be negative in base 256.
    pub(crate) fn modified(&self) -> Field<i64> {
        signed_number(&self.0[136..148])
    }

    /// Major and minor number of a device.
    pub(crate) fn device(&self) -> Field<(u64, u64)> {
        Ok((number(&self.0[329..337])?, number(&self.0[337..345])?))
    }

    /// Whether the fields of a sparse file are where GNU has them; star has others there.
    pub(crate) fn is_gnu(&self) -> bool {
        &self.0[257..265] == b"ustar  \0"
    }

    /// The length of a sparse file with its holes.
    pub(crate) fn sparse_size(&self) -> Field<u64> {
        number(&self.0[483..495])
    }

    /// The beginning of the map of a sparse file.
    pub(crate) fn sparse_table(&self) -> SparseTable<'a> {
        SparseTable { fields: &self.0[386..482], is_extended: self.0[482] != 0 }
    }

    /// GNU's old format uses the place of the prefix for other things.
    fn prefix(&self) -> &'a [u8] {
        if &self.0[257..263] != b"ustar\0" {
            return &[];
        }
        let star = &self.0[508..512] == b"tar\0";
        if star { &self.0[345..476] } else { &self.0[345..500] }
    }
}

/// A part of the map of a sparse file in GNU's old format.
pub(crate) struct SparseTable<'a> {
    fields: &'a [u8],
    /// Another block with a table follows.
    pub(crate) is_extended: bool,
}

impl<'a> SparseTable<'a> {
    /// Of an offset and a length.
    const FRAGMENT: usize = 24;

    /// The table of a block that follows a header.
    pub(crate) fn of_block(block: &'a [u8; BLOCK]) -> Self {
        Self { fields: &block[..504], is_extended: block[504] != 0 }
    }

    /// How many fragments it can have.
    pub(crate) fn room(&self) -> usize {
        self.fields.len() / Self::FRAGMENT
    }

    /// Offsets and lengths, up to the first that is not filled in.
    pub(crate) fn fragments(&self) -> impl Iterator<Item = Field<(u64, u64)>> {
        let filled = self.fields.chunks_exact(Self::FRAGMENT).take_while(|fragment| fragment[12] != 0);
        filled.map(|fragment| Ok((number(&fragment[..12])?, number(&fragment[12..])?)))
    }
}

/// Up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or(field)
}

fn number(field: &[u8]) -> Field<u64> {
    signed_number(field)?.try_into().map_err(|_| "a number is negative")
}

/// Octal digits between spaces and NULs, or two's complement in base 256 when the first bit is set.
fn signed_number(field: &[u8]) -> Field<i64> {
    if field[0] & 0x80 != 0 {
        return base_256(field);
    }
    let start = field.iter().position(|&byte| byte != b' ').unwrap_or(field.len());
    let digits = field[start..].split(|&byte| byte == 0 || byte == b' ').next().unwrap_or(&[]);
    digits.iter().try_fold(0_i64, |value, &digit| match digit {
        // At most eleven digits fit into a field: no overflow.
        b'0'..=b'7' => Ok(value * 8 + i64::from(digit - b'0')),
        _ => Err("a number is not octal"),
    })
}

fn base_256(field: &[u8]) -> Field<i64> {
    let negative = field[0] & 0x40 != 0;
    let first = if negative { field[0] } else { field[0] & 0x7f };
    let fill = if negative { 0xff } else { 0 };
    let (high, low) = field.split_at(field.len() - 8);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(low);
    if high.is_empty() {
        bytes[0] = first;
    } else if first != fill || high[1..].iter().any(|&byte| byte != fill) {
        return Err("a number is too large");
    }
    let value = i64::from_be_bytes(bytes);
    if (value < 0) == negative { Ok(value) } else { Err("a number is too large") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(signed_number(b"0000644\0"), Ok(0o644));
        assert_eq!(signed_number(b"   755 \0"), Ok(0o755));
        assert_eq!(signed_number(b"\0\0\0\0\0\0\0\0"), Ok(0));
        assert_eq!(signed_number(b"77777777777\0"), Ok(0o77_777_777_777));
        assert_eq!(signed_number(&[0x80, 0, 0, 0, 0, 0, 1, 0]), Ok(256));
        assert_eq!(signed_number(&[0xff; 12]), Ok(-1));
        assert_eq!(signed_number(&[0xff; 8]), Ok(-1));
        assert_eq!(signed_number(&[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), Err("a number is too large"));
        assert_eq!(signed_number(&[0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]), Err("a number is too large"));
        assert_eq!(signed_number(b"0000648\0"), Err("a number is not octal"));
        assert_eq!(number(&[0xff; 12]), Err("a number is negative"));
    }
}
