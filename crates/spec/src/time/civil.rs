//! Days since the epoch and dates of the proleptic Gregorian calendar.
//!
//! Years begin in March here, so that the leap day is a year's last day and month lengths repeat every five months.

const DAYS_PER_400_YEARS: u32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_OFFSET: i64 = 719_468;

/// The year, month (1–12) and day (1–31) of a day counted from 1970-01-01 and not before 0000-03-01.
///
/// On the hot path of container logs, so in 32 bits, where a division by a constant is cheapest.
pub(super) fn date_of_day(day: i64) -> (u32, u32, u32) {
    let shifted = (day + EPOCH_OFFSET) as u32;
    let (era, day_of_era) = (shifted / DAYS_PER_400_YEARS, shifted % DAYS_PER_400_YEARS);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + u32::from(month <= 2), month, day_of_month)
}

/// The day counted from 1970-01-01 of a date that [`is_date`] accepts.
pub(super) fn day_of_date(year: i64, month: u32, day: u32) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let march_year = year - i64::from(month <= 2);
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * i64::from(DAYS_PER_400_YEARS) + day_of_era - EPOCH_OFFSET
}

/// Whether the calendar has that date.
pub(super) fn is_date(year: i64, month: u32, day: u32) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_inverse_over_the_whole_range() {
        let mut day = day_of_date(1677, 9, 21);
        let last = day_of_date(2262, 4, 11);
        let mut previous = (0, 0, 0);
        while day <= last {
            let (year, month, day_of_month) = date_of_day(day);
            assert!(is_date(i64::from(year), month, day_of_month), "{year}-{month}-{day_of_month}");
            assert_eq!(day_of_date(i64::from(year), month, day_of_month), day);
            assert!((year, month, day_of_month) > previous);
            previous = (year, month, day_of_month);
            day += 1;
        }
    }

    #[test]
    fn known_days_have_their_dates() {
        for (day, date) in
            [(0, (1970, 1, 1)), (-1, (1969, 12, 31)), (11_016, (2000, 2, 29)), (19_782, (2024, 2, 29))]
        {
            assert_eq!(date_of_day(day), date);
        }
    }

    #[test]
    fn dates_that_the_calendar_lacks_are_none() {
        for (year, month, day) in [
            (2023, 2, 29),
            (1900, 2, 29),
            (2024, 4, 31),
            (2024, 0, 1),
            (2024, 13, 1),
            (2024, 1, 0),
            (2024, 1, 32),
        ] {
            assert!(!is_date(year, month, day), "{year}-{month}-{day}");
        }
        assert!(is_date(2000, 2, 29) && is_date(2024, 12, 31));
    }
}
