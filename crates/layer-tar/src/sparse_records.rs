//! What PAX records say of a sparse file: `GNU.sparse.*`, versions 0.0, 0.1 and 1.0.
//!
//! It does not judge the map; [`crate::sparse`] does.

use crate::extensions::{Parsed, decimal, name};

/// The records of one file as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SparseRecords {
    /// The file's path; the one of the header is made up, for readers that know nothing of sparse files.
    pub(crate) name: Option<Vec<u8>>,
    major: Option<u64>,
    minor: Option<u64>,
    size: Option<u64>,
    count: Option<u64>,
    /// Of a fragment whose length has not come yet.
    offset: Option<u64>,
    fragments: Vec<(u64, u64)>,
}

/// Where the map of a sparse file is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RecordedMap {
    /// Versions 0.0 and 0.1: in the records.
    Here { size: u64, fragments: Vec<(u64, u64)> },
    /// Version 1.0: before the content.
    InContent { size: u64 },
}

impl SparseRecords {
    /// Takes over a record; `key` is what follows `GNU.sparse.`.
    pub(crate) fn record(&mut self, key: &[u8], value: &[u8]) -> Parsed<()> {
        match key {
            b"major" => self.major = decimal(value)?,
            b"minor" => self.minor = decimal(value)?,
            b"name" => self.name = name(value)?,
            b"size" | b"realsize" => self.size = decimal(value)?,
            b"numblocks" => self.count = decimal(value)?,
            b"offset" if self.offset.is_none() => self.offset = decimal(value)?,
            b"numbytes" => {
                const BAD: &str = "a fragment of a sparse file lacks its offset or its length";
                let fragment = (self.offset.take().ok_or(BAD)?, decimal(value)?.ok_or(BAD)?);
                self.fragments.push(fragment);
            }
            b"map" => self.fragments = map(value)?,
            _ => return Err("a PAX record says something unknown of a sparse file"),
        }
        Ok(())
    }

    /// What the records mean together.
    pub(crate) fn finish(self) -> Parsed<RecordedMap> {
        let size = self.size.ok_or("a sparse file has no size")?;
        match (self.major.unwrap_or(0), self.minor.unwrap_or(0)) {
            (1, 0) => Ok(RecordedMap::InContent { size }),
            (0, 0 | 1) => {
                if self.offset.is_some() || self.count != Some(self.fragments.len() as u64) {
                    return Err("the map of a sparse file is not complete");
                }
                Ok(RecordedMap::Here { size, fragments: self.fragments })
            }
            _ => Err("the version of a sparse file is none of 0.0, 0.1 and 1.0"),
        }
    }
}

/// `offset,length,offset,length…`
fn map(value: &[u8]) -> Parsed<Vec<(u64, u64)>> {
    const BAD: &str = "the map of a sparse file is no list of pairs of numbers";
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let mut numbers = value.split(|&byte| byte == b',').map(|number| decimal(number)?.ok_or(BAD));
    let mut fragments = Vec::new();
    while let Some(offset) = numbers.next() {
        fragments.push((offset?, numbers.next().ok_or(BAD)??));
    }
    Ok(fragments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(records: &[(&str, &str)]) -> Parsed<RecordedMap> {
        let mut sparse = SparseRecords::default();
        for (key, value) in records {
            sparse.record(key.as_bytes(), value.as_bytes())?;
        }
        sparse.finish()
    }

    #[test]
    fn every_version_has_its_records() {
        let here = Ok(RecordedMap::Here { size: 9, fragments: vec![(0, 1), (5, 2)] });
        let version_0_0 = [("size", "9"), ("numblocks", "2"), ("offset", "0"), ("numbytes", "1")];
        assert_eq!(recorded(&[&version_0_0[..], &[("offset", "5"), ("numbytes", "2")]].concat()), here);
        assert_eq!(recorded(&[("name", "a"), ("size", "9"), ("numblocks", "2"), ("map", "0,1,5,2")]), here);
        let version_1_0 = [("major", "1"), ("minor", "0"), ("name", "a"), ("realsize", "9")];
        assert_eq!(recorded(&version_1_0), Ok(RecordedMap::InContent { size: 9 }));
        assert_eq!(
            recorded(&[("size", "9"), ("numblocks", "0"), ("map", "")]),
            Ok(RecordedMap::Here { size: 9, fragments: vec![] })
        );
    }

    #[test]
    fn records_that_do_not_fit_together_are_refused() {
        for records in [
            &[("numblocks", "0")][..],
            &[("size", "9")],
            &[("size", "9"), ("numblocks", "2"), ("map", "0,1")],
            &[("size", "9"), ("numblocks", "1"), ("map", "0,1,5")],
            &[("size", "9"), ("numblocks", "1"), ("map", "0,,1")],
            &[("size", "9"), ("numblocks", "1"), ("map", "0,-1")],
            &[("size", "9"), ("numblocks", "0"), ("offset", "0")],
            &[("size", "9"), ("numblocks", "1"), ("offset", "0"), ("offset", "1"), ("numbytes", "1")],
            &[("size", "9"), ("numblocks", "1"), ("numbytes", "1")],
            &[("size", "9"), ("major", "1"), ("minor", "1")],
            &[("size", "9"), ("numblocks", "0"), ("strange", "1")],
        ] {
            assert!(recorded(records).is_err(), "{records:?}");
        }
    }
}
