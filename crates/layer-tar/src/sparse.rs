//! Maps of sparse files: where the bytes that the archive has belong in the file.
//!
//! It does not read them: they stand in headers, in PAX records or before the content, see [`crate::read_map`]. The formats are
//! GNU's, see the manual of GNU tar, "Storing Sparse Files".

use crate::content::{Layout, Region};
use crate::error::LimitOf;
use crate::limits::Limits;

/// A map that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadMap {
    /// It contradicts itself or its header.
    Invalid(&'static str),
    /// It asks for more than the limits allow.
    Limit(LimitOf),
}

impl From<&'static str> for BadMap {
    fn from(problem: &'static str) -> Self {
        Self::Invalid(problem)
    }
}

/// A map under construction: fragments of data in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct SparseMap {
    regions: Vec<Region>,
    end: u64,
    stored: u64,
}

impl SparseMap {
    /// Adds a fragment. Each has to begin where the one before it ends, or later.
    pub(crate) fn push(&mut self, offset: u64, length: u64, limits: &Limits) -> Result<(), BadMap> {
        let count = self.regions.len() as u64 + 1;
        if count > limits.fragments {
            let what = "fragments of a sparse file";
            return Err(BadMap::Limit(LimitOf { what, value: count, limit: limits.fragments }));
        }
        let hole = offset.checked_sub(self.end).ok_or("fragments overlap or are out of order")?;
        self.end = offset.checked_add(length).ok_or("a fragment ends beyond all numbers")?;
        // No more than the end, which is a number.
        self.stored += length;
        self.regions.push(Region { hole, data: length });
        Ok(())
    }

    /// The layout of a file of `size` bytes of which the archive has `stored`.
    pub(crate) fn finish(mut self, size: u64, stored: u64) -> Result<Layout, BadMap> {
        let tail = size.checked_sub(self.end).ok_or("a fragment ends beyond the end of the file")?;
        if self.stored != stored {
            return Err("the fragments together are not as long as what the archive has of the file".into());
        }
        self.regions.push(Region { hole: tail, data: 0 });
        Ok(Layout::sparse(self.regions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fragments: &[(u64, u64)], size: u64, stored: u64) -> Result<Vec<Region>, BadMap> {
        let limits = Limits { fragments: 3, ..Limits::default() };
        let mut map = SparseMap::default();
        for &(offset, length) in fragments {
            map.push(offset, length, &limits)?;
        }
        let mut layout = map.finish(size, stored)?;
        let mut regions = Vec::new();
        while layout.next() != Region::default() {
            let Region { hole, data } = layout.next();
            regions.push(Region { hole, data });
            if hole > 0 {
                assert_eq!(layout.consume(hole), 0);
            }
            if data > 0 {
                assert_eq!(layout.consume(data), data);
            }
        }
        Ok(regions)
    }

    #[test]
    fn a_map_says_where_holes_and_data_are() {
        let region = |hole, data| Region { hole, data };
        assert_eq!(
            map(&[(10, 5), (15, 5), (100, 0)], 100, 10),
            Ok(vec![region(10, 5), region(0, 5), region(80, 0)])
        );
        assert_eq!(map(&[], 7, 0), Ok(vec![region(7, 0)]));
        assert_eq!(map(&[], 0, 0), Ok(vec![]));
    }

    #[test]
    fn a_map_that_contradicts_itself_is_refused() {
        let invalid = |fragments: &[(u64, u64)], size, stored| match map(fragments, size, stored) {
            Err(BadMap::Invalid(problem)) => problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(invalid(&[(0, 5), (4, 1)], 9, 6), "fragments overlap or are out of order");
        assert_eq!(invalid(&[(7, 1), (2, 1)], 9, 2), "fragments overlap or are out of order");
        assert_eq!(invalid(&[(0, 5), (u64::MAX, 1)], 9, 6), "a fragment ends beyond all numbers");
        assert_eq!(invalid(&[(8, 2)], 9, 2), "a fragment ends beyond the end of the file");
        assert!(invalid(&[(8, 1)], 9, 2).starts_with("the fragments together"));
    }

    #[test]
    fn a_map_of_too_many_fragments_is_refused() {
        let what = "fragments of a sparse file";
        assert_eq!(map(&[(0, 0); 4], 9, 0), Err(BadMap::Limit(LimitOf { what, value: 4, limit: 3 })));
    }
}
