//! Checksum of state files and of recordings.

/// FNV-1a with 128 bits (Fowler, Noll, Vo: draft-eastlake-fnv), over words of eight bytes instead of bytes, the
/// last filled up with zeros, and the length behind them. Each step is invertible, so a change of one word always
/// changes the result. Not made to withstand forgery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checksum(u128);

impl Checksum {
    pub(super) const NEW: Self = Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);

    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ u128::from(word)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last));
        self.word(bytes.len() as u64);
    }

    pub(super) fn of(bytes: &[u8]) -> u128 {
        let mut sum = Self::NEW;
        sum.add(bytes);
        sum.0
    }

    pub(super) fn finish(self) -> u128 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_counts() {
        let bytes: Vec<u8> = (0..21).collect();
        let sum = Checksum::of(&bytes);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                assert_ne!(Checksum::of(&other), sum);
            }
        }
        assert_ne!(Checksum::of(&[0; 3]), Checksum::of(&[0; 4]));
    }
}
