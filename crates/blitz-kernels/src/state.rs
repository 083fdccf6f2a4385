//! Partial results as bytes: little-endian numbers and arrays, with every length checked before it is believed.
//!
//! Nothing here guards against bytes that changed on the way: whoever writes a file puts a checksum around it.
//! What passes that and is wrong all the same (made by another program, say) is refused with a reason where it
//! would do harm later.

use std::fmt;
use std::ops::RangeInclusive;

use blitz_core::DType;

/// Why bytes are no partial result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateError {
    /// Where, in bytes from the start of the partial result.
    pub at: usize,
    /// What was found and what was expected.
    pub reason: String,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {} of the partial result)", self.reason, self.at)
    }
}

impl std::error::Error for StateError {}

/// A number of fixed size.
pub(crate) trait Plain: Copy {
    fn put(self, to: &mut Vec<u8>);
    /// From exactly as many bytes as it has.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! plain {
    ($($t:ty),*) => {$(
        impl Plain for $t {
            fn put(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$t>()];
                own.copy_from_slice(bytes);
                <$t>::from_le_bytes(own)
            }
        }
    )*};
}
plain!(u8, u16, i16, u32, i32, u64, i64, u128, f32, f64);

/// Writes a partial result.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn number(&mut self, value: u64) {
        value.put(&mut self.bytes);
    }

    pub(crate) fn dtype(&mut self, dtype: DType) {
        let place = DType::ALL.iter().position(|&d| d == dtype).unwrap_or_default();
        self.number(place as u64);
    }

    pub(crate) fn values<T: Plain>(&mut self, values: &[T]) {
        self.bytes.reserve(size_of_val(values));
        for value in values {
            value.put(&mut self.bytes);
        }
    }

    /// Counts per sample, or only that all are `frames`.
    pub(crate) fn counts(&mut self, counts: &[u32], frames: u32) {
        let differ = counts.iter().any(|&n| n != frames);
        self.number(differ.into());
        if differ {
            self.values(counts);
        }
    }

    /// One zero per sample, where nothing else is written per sample: a size is believed by the bytes it brings.
    pub(crate) fn room(&mut self, samples: usize) {
        self.bytes.resize(self.bytes.len() + samples, 0);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads a partial result.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn fault(&self, reason: impl Into<String>) -> StateError {
        StateError { at: self.at, reason: reason.into() }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], StateError> {
        let left = self.bytes.len() - self.at;
        if len > left {
            return Err(self.fault(format!("{left} bytes left, {len} expected: the partial result is cut")));
        }
        self.at += len;
        Ok(&self.bytes[self.at - len..self.at])
    }

    pub(crate) fn number(&mut self) -> Result<u64, StateError> {
        Ok(u64::get(self.take(8)?))
    }

    /// A number of something within a range.
    pub(crate) fn number_within(
        &mut self,
        what: &str,
        range: RangeInclusive<u64>,
    ) -> Result<u64, StateError> {
        let found = self.number()?;
        if range.contains(&found) {
            return Ok(found);
        }
        Err(self.fault(format!("{what}: {found} found, {} to {} expected", range.start(), range.end())))
    }

    pub(crate) fn dtype(&mut self) -> Result<DType, StateError> {
        let place = self.number_within("element type", 0..=DType::ALL.len() as u64 - 1)?;
        Ok(DType::ALL[place as usize])
    }

    /// So many numbers. Memory is taken once they are known to be there.
    pub(crate) fn values<T: Plain>(&mut self, count: usize) -> Result<Vec<T>, StateError> {
        let len = count.saturating_mul(size_of::<T>());
        Ok(self.take(len)?.chunks_exact(size_of::<T>()).map(T::get).collect())
    }

    /// Counts per sample, `None` if all are `frames`.
    pub(crate) fn counts(&mut self, samples: usize, frames: u32) -> Result<Option<Vec<u32>>, StateError> {
        if self.number_within("a mark of counts per sample", 0..=1)? == 0 {
            return Ok(None);
        }
        let counts = self.values::<u32>(samples)?;
        match counts.iter().find(|&&n| n > frames) {
            Some(n) => Err(self.fault(format!("{n} values of a sample counted in {frames} frames"))),
            None => Ok(Some(counts)),
        }
    }

    /// What [`Writer::room`] left.
    pub(crate) fn room(&mut self, samples: usize) -> Result<(), StateError> {
        self.take(samples).map(|_| ())
    }

    /// Nothing must be left.
    pub(crate) fn end(self) -> Result<(), StateError> {
        let left = self.bytes.len() - self.at;
        if left == 0 { Ok(()) } else { Err(self.fault(format!("{left} bytes too many"))) }
    }
}
