//! The whole number line cut into ranges that share an outcome.
//!
//! Does not know what an outcome is.

use std::collections::BTreeMap;

/// Outcomes of all 2^32 numbers: each range begins at its key and ends before the next.
#[derive(Debug)]
pub(crate) struct Ranges<T>(BTreeMap<u32, T>);

impl<T: Clone + PartialEq> Ranges<T> {
    /// One range with one outcome.
    pub(crate) fn new(outcome: T) -> Self {
        Ranges(BTreeMap::from([(0, outcome)]))
    }

    /// Gives the numbers from `first` to `last`, both included, another outcome.
    pub(crate) fn paint(&mut self, first: u32, last: u32, outcome: T) {
        if let Some(after) = last.checked_add(1)
            && !self.0.contains_key(&after)
            && let Some((_, old)) = self.0.range(..=last).next_back()
        {
            let old = old.clone();
            self.0.insert(after, old);
        }
        let covered: Vec<u32> = self.0.range(first..=last).map(|(start, _)| *start).collect();
        for start in covered {
            self.0.remove(&start);
        }
        self.0.insert(first, outcome);
    }

    /// The ranges in order as (start, outcome), neighbours with the same outcome made one.
    pub(crate) fn coalesced(self) -> Vec<(u32, T)> {
        let mut ranges: Vec<(u32, T)> = Vec::with_capacity(self.0.len());
        for (start, outcome) in self.0 {
            if ranges.last().is_none_or(|(_, previous)| *previous != outcome) {
                ranges.push((start, outcome));
            }
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    #[test]
    fn painting_over_splits_what_lies_below() {
        let mut ranges = Ranges::new('a');
        ranges.paint(10, 19, 'b');
        ranges.paint(15, 15, 'c');
        ranges.paint(0, 4, 'd');
        assert_eq!(ranges.coalesced(), [(0, 'd'), (5, 'a'), (10, 'b'), (15, 'c'), (16, 'b'), (20, 'a')]);
    }

    #[test]
    fn equal_neighbours_become_one_and_the_end_of_the_line_is_no_special_case() {
        let mut ranges = Ranges::new('a');
        ranges.paint(u32::MAX, u32::MAX, 'b');
        ranges.paint(3, 3, 'b');
        ranges.paint(3, 3, 'a');
        assert_eq!(ranges.coalesced(), [(0, 'a'), (u32::MAX, 'b')]);
    }
}
