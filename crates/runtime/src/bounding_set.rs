//! The bounding set: what no program that is executed from here on can get back (capabilities(7)).

use std::io;

use rustix::io::Errno;
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

/// A capability that could not be taken out of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undroppable {
    /// Its number in linux/capability.h.
    pub number: u32,
    /// What prctl(2) said: `EPERM` without `CAP_SETPCAP`.
    pub cause: Errno,
}

/// Takes all but `kept` out of the calling thread's bounding set, those without a name too.
///
/// # Errors
/// The first that stays; the ones before it are gone.
pub fn limit_to(kept: CapabilitySet) -> Result<(), Undroppable> {
    for number in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        if kept.contains(capability) {
            continue;
        }
        match remove_capability_from_bounding_set(capability) {
            // The first that this kernel does not have; there is none after it.
            Err(Errno::INVAL) => break,
            removed => removed.map_err(|cause| Undroppable { number, cause })?,
        }
    }
    Ok(())
}

impl From<Undroppable> for io::Error {
    fn from(undroppable: Undroppable) -> Self {
        undroppable.cause.into()
    }
}
