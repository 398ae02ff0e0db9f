//! Medians with their extremes.
//!
//! No means and no deviations: samples of a busy machine are skewed, and few.

use serde::Serialize;

/// The middle and the ends of a set of samples, in the samples' unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// How many there were.
    pub count: usize,
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Summary {
    /// Of any order; `None` of nothing.
    #[must_use]
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Option<Summary> {
        let mut samples: Vec<f64> = samples.into_iter().collect();
        samples.sort_by(f64::total_cmp);
        let (min, max) = (*samples.first()?, *samples.last()?);
        Some(Summary { count: samples.len(), median: median_of_sorted(&samples), min, max })
    }
}

fn median_of_sorted(samples: &[f64]) -> f64 {
    let middle = samples.len() / 2;
    if samples.len().is_multiple_of(2) {
        f64::midpoint(samples[middle - 1], samples[middle])
    } else {
        samples[middle]
    }
}

/// How often `unit` fits into `value`; `None` where that says nothing.
#[must_use]
pub fn ratio(value: f64, unit: f64) -> Option<f64> {
    (unit > 0.0).then(|| value / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_sample_does_not_move_the_median() {
        let summary = Summary::of([3.0, 1.0, 900.0, 2.0, 4.0]).unwrap();
        assert_eq!(summary, Summary { count: 5, median: 3.0, min: 1.0, max: 900.0 });
    }

    #[test]
    fn an_even_number_of_samples_has_its_median_between_two() {
        assert_eq!(Summary::of([4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
    }

    #[test]
    fn nothing_has_no_summary_and_no_ratio() {
        assert_eq!(Summary::of([]), None);
        assert_eq!((ratio(3.0, 0.0), ratio(3.0, 1.5)), (None, Some(2.0)));
    }
}
