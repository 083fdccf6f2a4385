//! Repeatable noise.

use blitz_core::{DType, Samples, with_samples_mut};

/// The `SplitMix64` generator: the same numbers from the same seed on every machine, for ever.
#[derive(Clone, Debug)]
pub struct Noise(u64);

impl Noise {
    /// A generator that starts from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly distributed, 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number from 0 to below `end`.
    ///
    /// # Panics
    /// If `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// `len` samples over the whole range of an integer type, or from −1000 to 1000 for floats.
    pub fn samples(&mut self, dtype: DType, len: usize) -> Samples {
        let mut samples = Samples::zeros(dtype, len);
        if dtype.is_float() {
            with_samples_mut!(samples.as_mut(), s => {
                for v in s.iter_mut() {
                    *v = blitz_core::Sample::from_f64(self.unit() * 2000.0 - 1000.0);
                }
            });
        } else {
            samples.as_mut().bytes().iter_mut().for_each(|byte| *byte = (self.bits() >> 56) as u8);
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_numbers_are_those_of_the_published_generator() {
        let mut noise = Noise::new(1_234_567);
        assert_eq!(noise.bits(), 6_457_827_717_110_365_317);
        assert_eq!(noise.bits(), 3_203_168_211_198_807_973);
    }
}
