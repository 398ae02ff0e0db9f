//! A point in time with nanoseconds.
//! Reading and writing it have files of their own.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parse::{TimeError, parse_rfc3339};

/// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted; from 1677-09-21 to 2262-04-11.
///
/// [`Timestamp::ZERO`] means "never": Go's zero time, which Docker's API shows for what has not happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl Timestamp {
    /// Never: prints as `0001-01-01T00:00:00Z` and comes before every other.
    pub const ZERO: Self = Self(i64::MIN);

    /// The last one that there is.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From seconds since the epoch and nanoseconds; none outside the range.
    pub fn from_unix(seconds: i64, nanos: u32) -> Option<Self> {
        // In 128 bits, because the first second of the range begins before it.
        let total = i128::from(seconds) * i128::from(NANOS_PER_SECOND) + i128::from(nanos);
        i64::try_from(total).ok().map(Self)
    }

    /// The same; times outside the range become the nearest inside.
    pub fn from_unix_clamped(seconds: i64, nanos: u32) -> Self {
        let nearest = if seconds < 0 { Self(i64::MIN + 1) } else { Self::MAX };
        Self::from_unix(seconds, nanos).unwrap_or(nearest)
    }

    /// From the system's clock type; times outside the range become the nearest inside.
    pub fn from_system_time(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(i64::try_from(after.as_nanos()).unwrap_or(i64::MAX)),
            Err(before) => {
                let nanos = i64::try_from(before.duration().as_nanos()).unwrap_or(i64::MAX);
                Self(-nanos)
            }
        }
    }

    /// Nanoseconds since the epoch. Meaningless for [`Self::ZERO`].
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down. Meaningless for [`Self::ZERO`].
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }

    /// Nanoseconds into the second of [`Self::unix_seconds`].
    pub const fn subsec_nanos(self) -> u32 {
        self.0.rem_euclid(NANOS_PER_SECOND) as u32
    }

    /// Whether this is [`Self::ZERO`].
    pub const fn is_zero(self) -> bool {
        self.0 == Self::ZERO.0
    }

    /// Time from `earlier` to this; nothing when it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        let nanos = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
    }

    /// This and `nanos` more (or, negative, less); stays inside the range.
    pub fn saturating_add_nanos(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.rfc3339_nano())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339_nano())
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_rfc3339(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339_nano())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        parse_rfc3339(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_clock_converts_on_both_sides_of_1970() {
        let half = Duration::from_millis(1_500);
        assert_eq!(Timestamp::from_system_time(UNIX_EPOCH + half).as_nanos(), 1_500_000_000);
        assert_eq!(Timestamp::from_system_time(UNIX_EPOCH - half).as_nanos(), -1_500_000_000);
    }

    #[test]
    fn seconds_are_rounded_down_and_nanoseconds_are_the_rest() {
        let before = Timestamp::from_nanos(-1);
        assert_eq!((before.unix_seconds(), before.subsec_nanos()), (-1, 999_999_999));
        assert_eq!(Timestamp::from_unix(-1, 999_999_999), Some(before));
        assert_eq!(Timestamp::from_unix(i64::MAX, 0), None);
    }

    #[test]
    fn time_passed_is_never_negative() {
        let (early, late) = (Timestamp::from_nanos(1), Timestamp::from_nanos(5));
        assert_eq!(late.since(early), Duration::from_nanos(4));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(Timestamp::MAX.since(Timestamp::ZERO), Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn json_holds_rfc3339() {
        let json = serde_json::to_string(&Timestamp::from_nanos(1_500_000_000)).unwrap();
        assert_eq!(json, r#""1970-01-01T00:00:01.5Z""#);
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), Timestamp::from_nanos(1_500_000_000));
        assert!(serde_json::from_str::<Timestamp>("1").is_err());
    }
}
