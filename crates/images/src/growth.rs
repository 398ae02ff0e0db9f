//! How much larger than what it came as an image may become: the end of small archives that fill disks.
//!
//! It does not limit what is not compressed; [`corten_layer_tar::Limits`] does.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What anything may unpack to, however small it is: an image that is little more than a disk or a file of a few GiB of zeros.
const ALLOWANCE: u64 = 4 << 30;

/// How many times what is compressed, beyond that. Programs and texts compress to a half or a tenth. Zeros do to a thousandth with gzip
/// and to less with zstd; layers with a disk that is mostly empty come near a hundredth.
const RATIO: u64 = 200;

/// What an archive, or all layers of an image together, may unpack to. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Growth {
    counters: Arc<Counters>,
    allowance: u64,
}

#[derive(Debug, Default)]
struct Counters {
    packed: AtomicU64,
    unpacked: AtomicU64,
}

/// It grew too large.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "unpacked it has {unpacked} bytes or more, and at most {limit} are allowed: {RATIO} times the {packed} bytes that it came as, \
     and {allowance}"
)]
pub struct Outgrown {
    /// As far as it was counted.
    pub unpacked: u64,
    /// How many bytes it might have had.
    pub limit: u64,
    /// What it came as.
    pub packed: u64,
    /// What anything may unpack to.
    pub allowance: u64,
}

impl Growth {
    /// Of something of which so many compressed bytes are known already.
    pub(crate) fn of(packed: u64) -> Self {
        let counters = Counters { packed: AtomicU64::new(packed), unpacked: AtomicU64::new(0) };
        Self { counters: Arc::new(counters), allowance: ALLOWANCE }
    }

    /// Of what is known to be as large as it is.
    pub(crate) fn unbounded() -> Self {
        Self { counters: Arc::default(), allowance: u64::MAX }
    }

    /// How many compressed bytes there were so far.
    pub(crate) fn packed(&self) -> u64 {
        self.counters.packed.load(Ordering::Relaxed)
    }

    /// Counts uncompressed bytes.
    pub(crate) fn add(&self, bytes: usize) -> Result<(), Outgrown> {
        let bytes = bytes as u64;
        let unpacked = self.counters.unpacked.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let (packed, allowance) = (self.packed(), self.allowance);
        let limit = packed.saturating_mul(RATIO).saturating_add(allowance);
        if unpacked > limit { Err(Outgrown { unpacked, limit, packed, allowance }) } else { Ok(()) }
    }

    /// A reader whose bytes count as compressed ones.
    pub(crate) fn count_packed<R: Read>(&self, inner: R) -> impl Read {
        let growth = self.clone();
        let count = move |bytes| {
            growth.counters.packed.fetch_add(bytes as u64, Ordering::Relaxed);
            Ok(())
        };
        Counted { inner, count }
    }

    /// A reader whose bytes count as uncompressed ones; it fails once there are too many.
    pub(crate) fn count_unpacked<R: Read>(&self, inner: R) -> impl Read {
        let growth = self.clone();
        let count =
            move |bytes| growth.add(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
        Counted { inner, count }
    }
}

struct Counted<R, F> {
    inner: R,
    count: F,
}

impl<R: Read, F: FnMut(usize) -> io::Result<()>> Read for Counted<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        (self.count)(length)?;
        Ok(length)
    }
}

#[cfg(test)]
impl Growth {
    /// With a small allowance.
    pub(crate) fn with_allowance(packed: u64, allowance: u64) -> Self {
        Self { allowance, ..Self::of(packed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_as_more_may_become_more() {
        let growth = Growth::with_allowance(10, 1000);
        assert_eq!(growth.add(3000), Ok(()));
        assert_eq!(
            growth.clone().add(1).unwrap_err().to_string(),
            "unpacked it has 3001 bytes or more, and at most 3000 are allowed: 200 times the 10 bytes that it came as, and 1000"
        );
    }

    #[test]
    fn a_stream_that_grows_too_much_ends_with_an_error() {
        let zeros = |length: usize| {
            let packed = zstd::encode_all(&vec![0; length][..], 3).unwrap();
            let growth = Growth::with_allowance(0, 0);
            let decoder = zstd::Decoder::new(growth.count_packed(&packed[..])).unwrap();
            io::copy(&mut growth.count_unpacked(decoder), &mut io::sink())
        };
        assert_eq!(zeros(500).unwrap(), 500);
        assert_eq!(zeros(1 << 20).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
