//! What extension headers say about the next entry: PAX records and GNU long names.
//!
//! It does not interpret maps of sparse files, which are spread over several records: [`SparseRecords`] does.
//!
//! Of the ways to write extended attributes it knows `SCHILY.xattr`, as Docker and containerd do. `LIBARCHIVE.xattr` repeats the same
//! attributes in base64 beside it; access control lists and labels are attributes, too, and come as such.

use crate::Moment;
use crate::sparse_records::SparseRecords;

/// Values that override those of a header; see `pax(5)` and POSIX.1-2017, `pax`, "pax Extended Header".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
    pub(crate) uid: Option<u64>,
    pub(crate) gid: Option<u64>,
    pub(crate) modified: Option<Moment>,
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) sparse: Option<SparseRecords>,
}

pub(crate) type Parsed<T> = Result<T, &'static str>;

impl Extensions {
    /// Takes over the records of one PAX header; later ones win, an empty value takes an earlier one back.
    pub(crate) fn apply(&mut self, mut records: &[u8]) -> Parsed<()> {
        while !records.is_empty() {
            let (record, rest) = split_record(records)?;
            records = rest;
            let equals = record.iter().position(|&byte| byte == b'=').ok_or("a PAX record has no value")?;
            self.record(&record[..equals], &record[equals + 1..])?;
        }
        Ok(())
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Parsed<()> {
        match key {
            b"path" => self.path = name(value)?,
            b"linkpath" => self.link = name(value)?,
            b"size" => self.size = decimal(value)?,
            b"uid" => self.uid = decimal(value)?,
            b"gid" => self.gid = decimal(value)?,
            b"mtime" => self.modified = moment(value)?,
            _ => {
                if let Some(xattr) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.xattr(xattr, value)?;
                } else if let Some(sparse) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.get_or_insert_default().record(sparse, value)?;
                }
            }
        }
        Ok(())
    }

    fn xattr(&mut self, name: &[u8], value: &[u8]) -> Parsed<()> {
        if name.is_empty() || name.contains(&0) {
            return Err("an extended attribute has no name");
        }
        self.xattrs.retain(|(other, _)| other != name);
        self.xattrs.push((name.to_vec(), value.to_vec()));
        Ok(())
    }
}

/// `"<length> <key>=<value>\n"`, the length counting all of it.
fn split_record(records: &[u8]) -> Parsed<(&[u8], &[u8])> {
    const BAD: &str = "a PAX record has a bad length";
    let space = records.iter().take(12).position(|&byte| byte == b' ').ok_or(BAD)?;
    let length = decimal(&records[..space])?.ok_or(BAD)?;
    let length = usize::try_from(length).map_err(|_| BAD)?;
    if length < space + 2 || length > records.len() || records[length - 1] != b'\n' {
        return Err(BAD);
    }
    Ok((&records[space + 1..length - 1], &records[length..]))
}

pub(crate) fn name(value: &[u8]) -> Parsed<Option<Vec<u8>>> {
    if value.contains(&0) {
        return Err("a PAX path contains NUL");
    }
    Ok((!value.is_empty()).then(|| value.to_vec()))
}

pub(crate) fn decimal(value: &[u8]) -> Parsed<Option<u64>> {
    if value.is_empty() {
        return Ok(None);
    }
    let digits = value.iter().try_fold(0_u64, |sum, &digit| {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    });
    digits.map(Some).ok_or("a PAX number is invalid")
}

/// Decimal seconds with any number of digits after the point, of which nine count.
fn moment(value: &[u8]) -> Parsed<Option<Moment>> {
    let (negative, magnitude) = match value.strip_prefix(b"-") {
        Some(magnitude) => (true, magnitude),
        None => (false, value),
    };
    let mut halves = magnitude.splitn(2, |&byte| byte == b'.');
    let (whole, fraction) = (halves.next().unwrap_or(&[]), halves.next().unwrap_or(&[]));
    let Some(seconds) = decimal(whole)? else { return Ok(None) };
    let seconds = i64::try_from(seconds).map_err(|_| "a PAX time is out of range")?;
    let mut digits = [b'0'; 9];
    let known = fraction.len().min(9);
    digits[..known].copy_from_slice(&fraction[..known]);
    decimal(&fraction[known..fraction.len().min(known + 18)])?;
    let nanoseconds = u32::try_from(decimal(&digits)?.unwrap_or(0)).unwrap_or(0);
    Ok(Some(match (negative, nanoseconds) {
        (false, _) => Moment { seconds, nanoseconds },
        (true, 0) => Moment { seconds: -seconds, nanoseconds },
        (true, _) => Moment { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(records: &str) -> Parsed<Extensions> {
        let mut extensions = Extensions::default();
        extensions.apply(records.as_bytes()).map(|()| extensions)
    }

    #[test]
    fn records_override_and_an_empty_value_takes_back() {
        let parsed = parse("12 path=a/b\n14 size=12345\n13 uid=70000\n7 uid=\n").unwrap();
        assert_eq!(parsed.path.as_deref(), Some(&b"a/b"[..]));
        assert_eq!((parsed.size, parsed.uid), (Some(12345), None));
    }

    #[test]
    fn times_have_a_fraction_and_a_sign() {
        let modified = |text: &str| moment(text.as_bytes()).unwrap().unwrap();
        assert_eq!(modified("1.5"), Moment { seconds: 1, nanoseconds: 500_000_000 });
        assert_eq!(modified("-1.25"), Moment { seconds: -2, nanoseconds: 750_000_000 });
        assert_eq!(modified("-3"), Moment { seconds: -3, nanoseconds: 0 });
        assert_eq!(modified("7.1234567899999"), Moment { seconds: 7, nanoseconds: 123_456_789 });
        assert!(moment(b"1.x").is_err() && moment(b"99999999999999999999").is_err());
    }

    #[test]
    fn attribute_values_are_bytes() {
        let mut extensions = Extensions::default();
        extensions.apply(b"28 SCHILY.xattr.user.a=\0\n=\xff\n").unwrap();
        assert_eq!(extensions.xattrs, [(b"user.a".to_vec(), b"\0\n=\xff".to_vec())]);
    }

    #[test]
    fn records_that_lie_about_their_length_are_refused() {
        for records in ["99 path=a\n", "3 a\n", "path=a\n", "10 path=aa", "11 path=a\0b\n", "9 patha\n\n"] {
            assert!(parse(records).is_err(), "{records:?}");
        }
    }
}
