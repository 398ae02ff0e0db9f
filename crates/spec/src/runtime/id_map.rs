//! The ids of a user namespace: a checked list of ranges.
//!
//! It writes no file of /proc.

use std::fmt;

use super::IdMapping;

/// The most ranges that the kernel takes (user_namespaces(7), Linux 4.15).
const MOST_RANGES: usize = 340;

/// Ids inside and the ids outside that they stand for: at least one range, and none that overlaps another on either side.
///
/// Displayed as the text that uid_map takes (user_namespaces(7)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdMap(Vec<IdMapping>);

/// Why ranges make no map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdMap {
    /// There is none.
    #[error("it has no range")]
    Empty,
    /// There are more than the kernel takes.
    #[error("it has {0} ranges, and the kernel takes {MOST_RANGES}")]
    TooMany(usize),
    /// A range without ids, or one that goes beyond the last id.
    #[error("`{0}` is no range of ids")]
    Range(IdMapping),
    /// An id in two ranges.
    #[error("`{0}` and `{1}` overlap")]
    Overlap(IdMapping, IdMapping),
}

impl IdMap {
    /// # Errors
    /// What the kernel would answer with a bare `EINVAL`.
    pub fn new(ranges: Vec<IdMapping>) -> Result<Self, InvalidIdMap> {
        if ranges.is_empty() {
            return Err(InvalidIdMap::Empty);
        }
        if ranges.len() > MOST_RANGES {
            return Err(InvalidIdMap::TooMany(ranges.len()));
        }
        if let Some(range) = ranges.iter().find(|range| !is_range(range)) {
            return Err(InvalidIdMap::Range(*range));
        }
        for (position, one) in ranges.iter().enumerate() {
            if let Some(other) = ranges[..position].iter().find(|other| overlap(one, other)) {
                return Err(InvalidIdMap::Overlap(*other, *one));
            }
        }
        Ok(Self(ranges))
    }

    /// The id outside that `inside` stands for.
    #[must_use]
    pub fn outside(&self, inside: u32) -> Option<u32> {
        let offset = |range: &IdMapping| inside.checked_sub(range.container_id).filter(|id| *id < range.size);
        self.0.iter().find_map(|range| Some(range.host_id + offset(range)?))
    }

    /// The ranges, in the order in which they were given.
    #[must_use]
    pub fn ranges(&self) -> &[IdMapping] {
        &self.0
    }
}

/// The last id, -1, means "none" to system calls.
fn is_range(range: &IdMapping) -> bool {
    let ends = |first: u32| first.checked_add(range.size).is_some();
    range.size > 0 && ends(range.container_id) && ends(range.host_id)
}

fn overlap(one: &IdMapping, other: &IdMapping) -> bool {
    let meet = |a: u32, b: u32| a < b + other.size && b < a + one.size;
    meet(one.container_id, other.container_id) || meet(one.host_id, other.host_id)
}

impl fmt::Display for IdMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|range| writeln!(f, "{} {} {}", range.container_id, range.host_id, range.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(container_id: u32, host_id: u32, size: u32) -> IdMapping {
        IdMapping { container_id, host_id, size }
    }

    #[test]
    fn an_id_is_translated_by_the_range_that_holds_it() {
        let map = IdMap::new(vec![range(0, 100_000, 1000), range(1000, 5, 1)]).unwrap();
        assert_eq!(map.outside(0), Some(100_000));
        assert_eq!(map.outside(999), Some(100_999));
        assert_eq!(map.outside(1000), Some(5));
        assert_eq!(map.outside(1001), None);
        assert_eq!(map.to_string(), "0 100000 1000\n1000 5 1\n");
    }

    #[test]
    fn what_the_kernel_refuses_without_a_word_is_told() {
        assert_eq!(IdMap::new(vec![]), Err(InvalidIdMap::Empty));
        let none = range(0, 0, 0);
        assert_eq!(IdMap::new(vec![none]), Err(InvalidIdMap::Range(none)));
        let beyond = range(0, u32::MAX, 2);
        assert_eq!(IdMap::new(vec![beyond]), Err(InvalidIdMap::Range(beyond)));
        let (one, inside) = (range(0, 100, 10), range(9, 500, 10));
        assert_eq!(IdMap::new(vec![one, inside]), Err(InvalidIdMap::Overlap(one, inside)));
        let outside = range(50, 109, 1);
        assert_eq!(IdMap::new(vec![one, outside]), Err(InvalidIdMap::Overlap(one, outside)));
        assert!(IdMap::new(vec![one, range(10, 110, 1)]).is_ok());
        assert_eq!(IdMap::new(vec![range(0, 0, 1); 341]), Err(InvalidIdMap::TooMany(341)));
    }
}
