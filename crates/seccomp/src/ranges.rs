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

    /// The ranges in order as (start, outcome), with the outcomes of single numbers, given in ascending order, put over
    /// them; neighbours with the same outcome are made one.
    pub(crate) fn coalesced(self, points: Vec<(u32, T)>) -> Vec<(u32, T)> {
        let mut coalesced: Vec<(u32, T)> = Vec::new();
        let mut push = |start, outcome: &T| {
            if coalesced.last().is_none_or(|(_, previous)| previous != outcome) {
                coalesced.push((start, outcome.clone()));
            }
        };
        let mut points = points.into_iter().peekable();
        let mut ranges = self.0.into_iter().peekable();
        while let Some((start, outcome)) = ranges.next() {
            let next = ranges.peek().map(|(next, _)| *next);
            let mut at = Some(start);
            while let Some((number, over)) =
                points.next_if(|(number, _)| next.is_none_or(|next| *number < next))
            {
                if at.is_some_and(|at| at < number) {
                    at.inspect(|at| push(*at, &outcome));
                }
                push(number, &over);
                at = number.checked_add(1);
            }
            if let Some(at) = at.filter(|at| Some(*at) != next) {
                push(at, &outcome);
            }
        }
        coalesced
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
        assert_eq!(
            ranges.coalesced(vec![]),
            [(0, 'd'), (5, 'a'), (10, 'b'), (15, 'c'), (16, 'b'), (20, 'a')]
        );
    }

    #[test]
    fn equal_neighbours_become_one_and_the_end_of_the_line_is_no_special_case() {
        let mut ranges = Ranges::new('a');
        ranges.paint(u32::MAX, u32::MAX, 'b');
        assert_eq!(
            ranges.coalesced(vec![(3, 'b'), (4, 'b'), (6, 'a')]),
            [(0, 'a'), (3, 'b'), (5, 'a'), (u32::MAX, 'b')]
        );
    }

    #[test]
    fn single_numbers_may_fill_a_range_or_sit_on_its_ends() {
        let mut ranges = Ranges::new('a');
        ranges.paint(4, 5, 'b');
        let points = vec![(0, 'x'), (4, 'y'), (5, 'z'), (6, 'x'), (u32::MAX, 'y')];
        assert_eq!(
            ranges.coalesced(points),
            [(0, 'x'), (1, 'a'), (4, 'y'), (5, 'z'), (6, 'x'), (7, 'a'), (u32::MAX, 'y')]
        );
    }
}
