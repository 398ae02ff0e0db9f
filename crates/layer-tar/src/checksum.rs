//! A checksum that costs next to nothing beside copying the bytes: it tells which file has changed, where a digest over all of them tells that one has.
//!
//! It is no digest: whoever wants to make other bytes with the same checksum can.

/// Words that are taken in beside each other, since multiplications take a while each.
const LANES: usize = 8;
const BLOCK: usize = LANES * 8;

/// Odd, so that multiplying loses nothing: no change of a single word goes unnoticed. The digits are those of the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Computes a checksum piece by piece.
#[derive(Debug, Clone)]
pub(crate) struct Checksum {
    lanes: [u64; LANES],
    /// The beginning of a block.
    rest: [u8; BLOCK],
    length: u64,
}

impl Default for Checksum {
    fn default() -> Self {
        Self { lanes: [FACTOR, 2, 3, 4, 5, 6, 7, 8], rest: [0; BLOCK], length: 0 }
    }
}

impl Checksum {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        let begun = (self.length % BLOCK as u64) as usize;
        self.length += bytes.len() as u64;
        if begun > 0 {
            let taken = bytes.len().min(BLOCK - begun);
            self.rest[begun..begun + taken].copy_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if begun + taken < BLOCK {
                return;
            }
            self.lanes = add(self.lanes, &self.rest);
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        self.lanes = blocks.iter().fold(self.lanes, add);
        self.rest[..rest.len()].copy_from_slice(rest);
    }

    pub(crate) fn finish(mut self) -> u64 {
        let begun = (self.length % BLOCK as u64) as usize;
        self.rest[begun..].fill(0);
        let lanes = add(self.lanes, &self.rest);
        lanes.iter().fold(self.length, |sum, lane| mix(sum, *lane))
    }
}

fn add(lanes: [u64; LANES], block: &[u8; BLOCK]) -> [u64; LANES] {
    let (words, _) = block.as_chunks::<8>();
    std::array::from_fn(|at| mix(lanes[at], u64::from_le_bytes(words[at])))
}

fn mix(sum: u64, word: u64) -> u64 {
    (sum ^ word).wrapping_mul(FACTOR).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(pieces: &[&[u8]]) -> u64 {
        let mut checksum = Checksum::default();
        pieces.iter().for_each(|piece| checksum.update(piece));
        checksum.finish()
    }

    #[test]
    fn it_is_the_same_whatever_the_pieces() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let whole = checksum(&[&bytes]);
        for at in 0..bytes.len() {
            assert_eq!(checksum(&[&bytes[..at], &bytes[at..at], &bytes[at..]]), whole, "{at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(checksum(&single), whole);
    }

    #[test]
    fn each_bit_and_the_length_matter() {
        let bytes = [0; 200];
        let whole = checksum(&[&bytes]);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(checksum(&[&changed]), whole, "{bit}");
        }
        assert_ne!(checksum(&[&bytes[1..]]), whole);
    }
}
