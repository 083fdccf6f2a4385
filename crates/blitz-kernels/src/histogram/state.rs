//! Histograms as bytes.

use blitz_core::DType;

use super::{Histogram, Kind, LEAST_EXPONENT, MAX_BINS};
use crate::element::Element;
use crate::state::{Reader, StateError, Writer};

/// The largest finite f64 is below 2 to this power.
const MOST_EXPONENT: i32 = 1024;

impl Kind {
    /// What tells the types apart whose histograms are not alike; of the others one stands for all.
    fn dtype(self, histogram: &Histogram) -> DType {
        match self {
            Self::Table if histogram.counts.len() == 1 << 8 => DType::U8,
            Self::Table if histogram.first == 0 => DType::U16,
            Self::Table => DType::I16,
            Self::Integer => DType::I32,
            Self::Float => DType::F64,
        }
    }
}

impl Histogram {
    /// The state as bytes, little-endian: 2 KiB for u8, 512 KiB for u16 and i16, up to 128 KiB for others.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer::default();
        to.dtype(self.kind.dtype(self));
        let numbers = [self.finite, self.missing, self.below, self.above, self.lowest, self.highest];
        numbers.into_iter().chain([self.or_bits]).for_each(|number| to.number(number));
        to.number(i64::from(self.exponent).cast_unsigned());
        to.number(self.first.cast_unsigned());
        to.number(self.counts.len() as u64);
        to.values(&self.counts);
        to.into_bytes()
    }

    /// What [`Histogram::to_bytes`] wrote.
    ///
    /// # Errors
    /// If the bytes are cut or too many, or contradict each other: bins that do not hold the range, counts that do not
    /// add up.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let mut from = Reader::new(bytes);
        let mut all = Self::new(from.dtype()?);
        let empty = all.clone();
        // So few that sums of many histograms stay numbers of 64 bits.
        let mut samples = || from.number_within("samples", 0..=1 << 56);
        (all.finite, all.missing) = (samples()?, samples()?);
        (all.below, all.above) = (samples()?, samples()?);
        all.lowest = from.number()?;
        all.highest = from.number()?;
        all.or_bits = from.number()?;
        let exponent = from.number()?.cast_signed();
        let first = from.number()?.cast_signed();
        let most = if all.kind == Kind::Table { all.counts.len() as u64 } else { MAX_BINS as u64 };
        let count = from.number_within("bins", 0..=most)?;
        all.counts = from.values(count as usize)?;
        let sum = all.counts.iter().try_fold(0_u64, |sum, &n| sum.checked_add(n));
        if sum != Some(all.finite) {
            return Err(from.fault(format!("the bins do not add up to {} values", all.finite)));
        }
        let found = (exponent, first, all.counts.len() as i64);
        let expected = all.bins_expected(&empty);
        if expected.is_none_or(|(e, first, len)| found != (i64::from(e), first, len)) {
            return Err(from.fault(format!(
                "{} bins from {first} of width 2^{exponent} do not fit the values",
                found.2
            )));
        }
        if let Some((exponent, first, _)) = expected {
            (all.exponent, all.first) = (exponent, first);
        }
        from.end()?;
        Ok(all)
    }

    /// Exponent, first bin and number of bins that the noted range has; `None` if it is none.
    fn bins_expected(&self, empty: &Self) -> Option<(i32, i64, i64)> {
        if self.finite == 0 {
            let fits = (self.lowest, self.highest) == (empty.lowest, empty.highest);
            return fits.then_some((empty.exponent, empty.first, empty.counts.len() as i64));
        }
        let (low, high) = (f64::from_key(self.lowest), f64::from_key(self.highest));
        // No integer of 32 bit lies beyond; floats may have any size.
        let limit = if self.kind == Kind::Float { f64::MAX } else { 4_294_967_296.0 };
        if !(-limit..=limit).contains(&low) || !(low..=limit).contains(&high) {
            return None;
        }
        if self.kind == Kind::Table {
            let (first, end) = (empty.first as f64, (empty.first + empty.counts.len() as i64) as f64);
            return (low >= first && high < end).then_some((0, empty.first, empty.counts.len() as i64));
        }
        let (exponent, from, to) = self.fitting();
        (LEAST_EXPONENT..MOST_EXPONENT).contains(&exponent).then_some((exponent, from, to - from + 1))
    }
}

impl From<Histogram> for Vec<u8> {
    fn from(histogram: Histogram) -> Self {
        histogram.to_bytes()
    }
}

impl TryFrom<Vec<u8>> for Histogram {
    type Error = StateError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, StateError> {
        Self::from_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use blitz_core::SamplesRef;
    use blitz_testkit::noise_frames;
    use proptest::prelude::*;

    use super::*;

    fn of(dtype: DType, seed: u64) -> Histogram {
        let shape = blitz_core::FrameShape::new(9, 11, 1);
        let mut histogram = Histogram::new(dtype);
        for frame in noise_frames(seed, dtype, 3, shape) {
            histogram.push(frame.as_ref(), None, 1);
        }
        histogram
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(dtype in 0..DType::ALL.len(), seed: u64, parts in 1_u64..4) {
            let dtype = DType::ALL[dtype];
            let mut whole = Histogram::new(dtype);
            let mut read = Histogram::from_bytes(&whole.to_bytes()).expect("none seen");
            prop_assert_eq!(&read, &whole);
            for part in 0..parts {
                let part = of(dtype, seed.wrapping_add(part));
                whole.merge(&part);
                read.merge(&Histogram::from_bytes(&part.to_bytes()).expect("read"));
            }
            prop_assert_eq!(read, whole);
        }

        /// Nothing that was spoilt panics, now or when it is used.
        #[test]
        fn spoilt_bytes_are_refused_or_do_no_harm(dtype in 0..DType::ALL.len(), at: usize, by in 1_u8..) {
            let dtype = DType::ALL[dtype];
            let mut bytes = of(dtype, 5).to_bytes();
            prop_assert!(Histogram::from_bytes(&bytes[..at % bytes.len()]).is_err(), "cut");
            let at = at % bytes.len();
            bytes[at] ^= by;
            if let Ok(mut read) = Histogram::from_bytes(&bytes) {
                read.levels(1.0);
                read.bins(50);
                let same = read.clone();
                read.merge(&same);
                if read.kind == of(dtype, 6).kind && read.counts.len() == of(dtype, 6).counts.len() {
                    read.merge(&of(dtype, 6));
                }
            }
        }
    }

    #[test]
    fn ends_of_the_range_are_kept() {
        for values in [vec![f64::MIN, f64::MAX], vec![5e-324, f64::NAN, f64::INFINITY], vec![-0.0]] {
            let mut histogram = Histogram::new(DType::F64);
            histogram.push(SamplesRef::F64(&values), None, 1);
            assert_eq!(Histogram::from_bytes(&histogram.to_bytes()).as_ref(), Ok(&histogram), "{values:?}");
        }
        let mut histogram = Histogram::new(DType::U32);
        histogram.push(SamplesRef::U32(&[0, u32::MAX]), None, 1);
        assert_eq!(Histogram::from_bytes(&histogram.to_bytes()), Ok(histogram));
    }
}
