//! Lots that a seed decides: the same seed draws the same.
//!
//! Nothing here is fit for secrets.

/// Marsaglia's xorshift.
pub(super) struct Random(u64);

impl Random {
    /// Seeds that are neighbours draw nothing alike; 0 would draw itself for ever.
    pub(super) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1))
    }

    /// Less than `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// One of them.
    pub(super) fn of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[self.below(N as u64) as usize]
    }
}
