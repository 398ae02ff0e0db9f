//! When an optional JSON field is left out, and how a `null` in its place is read.
//! Nothing here knows any document.

use serde::{Deserialize, Deserializer};

pub(crate) fn is_false(value: &bool) -> bool {
    !value
}

pub(crate) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads `null` as the empty value: encoders written in Go write an absent list or map so.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
