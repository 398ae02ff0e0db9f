//! Random bytes of the kernel, for ids and made-up names.

use rustix::rand::{GetRandomFlags, getrandom};

use crate::error::EngineError;

/// `N` random bytes; at most 256, which the kernel gives whole (getrandom(2)).
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], EngineError> {
    let mut bytes = [0; N];
    getrandom(&mut bytes, GetRandomFlags::empty()).map_err(|error| EngineError::Random(error.into()))?;
    Ok(bytes)
}

/// 64 hex digits, for things that are known by an id.
pub(crate) fn hex_id() -> Result<String, EngineError> {
    let bytes: [u8; 32] = bytes()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
