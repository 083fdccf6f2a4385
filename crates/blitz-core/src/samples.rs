//! Typed buffers of samples whose element type is known only at run time.
//!
//! The `match` over the element type happens once, at the border of a kernel, through
//! [`with_samples!`](crate::with_samples); everything below is generic over [`Sample`].

use serde::{Deserialize, Serialize};

use crate::{DType, Sample};

macro_rules! sample_enums {
    ($($v:ident($t:ty)),*) => {
        /// Owned samples of one element type.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Samples { $(
            #[doc = concat!("Samples of type ", stringify!($t), ".")]
            $v(Vec<$t>)
        ),* }

        /// Borrowed samples of one element type.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum SamplesRef<'a> { $(
            #[doc = concat!("Samples of type ", stringify!($t), ".")]
            $v(&'a [$t])
        ),* }

        /// Mutably borrowed samples of one element type.
        #[derive(Debug, PartialEq)]
        pub enum SamplesMut<'a> { $(
            #[doc = concat!("Samples of type ", stringify!($t), ".")]
            $v(&'a mut [$t])
        ),* }

        impl Samples {
            /// `len` zeros of type `dtype`.
            pub fn zeros(dtype: DType, len: usize) -> Self {
                match dtype { $(DType::$v => Self::$v(vec![<$t>::default(); len])),* }
            }

            /// The samples, borrowed.
            pub fn as_ref(&self) -> SamplesRef<'_> {
                match self { $(Self::$v(s) => SamplesRef::$v(s)),* }
            }

            /// The samples, mutably borrowed.
            pub fn as_mut(&mut self) -> SamplesMut<'_> {
                match self { $(Self::$v(s) => SamplesMut::$v(s)),* }
            }
        }

        impl<'a> SamplesRef<'a> {
            /// Views native-endian bytes as samples.
            ///
            /// # Panics
            /// If the bytes are not aligned for the type or are not a whole number of samples. Stores
            /// guarantee both (see [`Layout`](crate::Layout)).
            pub fn from_bytes(dtype: DType, bytes: &'a [u8]) -> Self {
                match dtype { $(DType::$v => Self::$v(bytemuck::cast_slice(bytes))),* }
            }

            /// The samples as native-endian bytes.
            pub fn bytes(self) -> &'a [u8] {
                match self { $(Self::$v(s) => bytemuck::cast_slice(s)),* }
            }

            /// Element type.
            pub fn dtype(self) -> DType {
                match self { $(Self::$v(_) => DType::$v),* }
            }

            /// Number of samples.
            pub fn len(self) -> usize {
                match self { $(Self::$v(s) => s.len()),* }
            }

            /// An owned copy.
            pub fn to_owned(self) -> Samples {
                match self { $(Self::$v(s) => Samples::$v(s.to_vec())),* }
            }

            /// The samples `range`.
            ///
            /// # Panics
            /// If the range leaves the buffer.
            #[must_use]
            pub fn slice(self, range: std::ops::Range<usize>) -> Self {
                match self { $(Self::$v(s) => Self::$v(&s[range])),* }
            }

            /// Sample `index` as f64 (exact for every type).
            ///
            /// # Panics
            /// If the index is out of range.
            #[inline]
            pub fn get_f64(self, index: usize) -> f64 {
                match self { $(Self::$v(s) => s[index].to_f64()),* }
            }
        }

        impl<'a> SamplesMut<'a> {
            /// Views native-endian bytes as samples.
            ///
            /// # Panics
            /// As [`SamplesRef::from_bytes`].
            pub fn from_bytes(dtype: DType, bytes: &'a mut [u8]) -> Self {
                match dtype { $(DType::$v => Self::$v(bytemuck::cast_slice_mut(bytes))),* }
            }

            /// The samples as native-endian bytes.
            pub fn bytes(&mut self) -> &mut [u8] {
                match self { $(Self::$v(s) => bytemuck::cast_slice_mut(s)),* }
            }

            /// Element type.
            pub fn dtype(&self) -> DType {
                match self { $(Self::$v(_) => DType::$v),* }
            }

            /// Number of samples.
            pub fn len(&self) -> usize {
                match self { $(Self::$v(s) => s.len()),* }
            }

            /// Whether there is no sample.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// A shorter borrow of the same samples.
            pub fn reborrow(&mut self) -> SamplesMut<'_> {
                match self { $(Self::$v(s) => SamplesMut::$v(s)),* }
            }
        }

        $(
            impl From<Vec<$t>> for Samples {
                fn from(samples: Vec<$t>) -> Self { Self::$v(samples) }
            }
            impl<'a> From<&'a [$t]> for SamplesRef<'a> {
                fn from(samples: &'a [$t]) -> Self { Self::$v(samples) }
            }
            impl<'a> From<&'a mut [$t]> for SamplesMut<'a> {
                fn from(samples: &'a mut [$t]) -> Self { Self::$v(samples) }
            }
        )*
    };
}

sample_enums!(U8(u8), U16(u16), I16(i16), I32(i32), U32(u32), F32(f32), F64(f64));

impl Samples {
    /// Element type.
    pub fn dtype(&self) -> DType {
        self.as_ref().dtype()
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples as native-endian bytes.
    pub fn bytes(&self) -> &[u8] {
        self.as_ref().bytes()
    }
}

impl SamplesRef<'_> {
    /// Whether there is no sample.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// All samples as f64 (exact for every type).
    pub fn to_f64_vec(self) -> Vec<f64> {
        crate::with_samples!(self, s => s.iter().map(|v| v.to_f64()).collect())
    }
}

/// Runs one generic expression for whatever element type a [`Samples`], [`SamplesRef`] or
/// [`SamplesMut`] holds: `with_samples!(view, s => kernel(s))`.
#[macro_export]
macro_rules! with_samples {
    ($samples:expr, $s:ident => $body:expr) => {{
        #[allow(unused_imports, reason = "the trait is needed only by some bodies")]
        use $crate::Sample as _;
        match $samples {
            $crate::SamplesRef::U8($s) => $body,
            $crate::SamplesRef::U16($s) => $body,
            $crate::SamplesRef::I16($s) => $body,
            $crate::SamplesRef::I32($s) => $body,
            $crate::SamplesRef::U32($s) => $body,
            $crate::SamplesRef::F32($s) => $body,
            $crate::SamplesRef::F64($s) => $body,
        }
    }};
}

/// As [`with_samples!`] for a [`SamplesMut`].
#[macro_export]
macro_rules! with_samples_mut {
    ($samples:expr, $s:ident => $body:expr) => {{
        #[allow(unused_imports, reason = "the trait is needed only by some bodies")]
        use $crate::Sample as _;
        match $samples {
            $crate::SamplesMut::U8($s) => $body,
            $crate::SamplesMut::U16($s) => $body,
            $crate::SamplesMut::I16($s) => $body,
            $crate::SamplesMut::I32($s) => $body,
            $crate::SamplesMut::U32($s) => $body,
            $crate::SamplesMut::F32($s) => $body,
            $crate::SamplesMut::F64($s) => $body,
        }
    }};
}

/// Calls a generic expression with the *type* named by a [`DType`]:
/// `with_dtype!(dtype, S => Reducer::<S>::new())`.
#[macro_export]
macro_rules! with_dtype {
    ($dtype:expr, $S:ident => $body:expr) => {
        match $dtype {
            $crate::DType::U8 => {
                type $S = u8;
                $body
            }
            $crate::DType::U16 => {
                type $S = u16;
                $body
            }
            $crate::DType::I16 => {
                type $S = i16;
                $body
            }
            $crate::DType::I32 => {
                type $S = i32;
                $body
            }
            $crate::DType::U32 => {
                type $S = u32;
                $body
            }
            $crate::DType::F32 => {
                type $S = f32;
                $body
            }
            $crate::DType::F64 => {
                type $S = f64;
                $body
            }
        }
    };
}

/// Types whose slices can be seen as [`SamplesRef`] without a run-time check.
///
/// # Panics
/// [`typed`] panics if the element type differs; callers dispatch on it first.
pub fn typed<S: Sample>(samples: SamplesRef<'_>) -> &[S] {
    assert_eq!(samples.dtype(), S::DTYPE, "element type was dispatched before");
    bytemuck::cast_slice(samples.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_for_every_type() {
        for dtype in DType::ALL {
            let mut zeros = Samples::zeros(dtype, 5);
            zeros.as_mut().bytes()[0] = 0;
            assert_eq!(zeros.bytes().len(), 5 * dtype.size());
            assert_eq!(SamplesRef::from_bytes(dtype, zeros.bytes()), zeros.as_ref());
            assert_eq!(zeros.as_ref().get_f64(4), 0.0);
        }
    }

    #[test]
    fn dispatch_reaches_the_type() {
        let samples = Samples::from(vec![1_i16, -2]);
        let sum: f64 = with_samples!(samples.as_ref(), s => s.iter().map(|v| v.to_f64()).sum());
        assert_eq!(sum, -1.0);
    }
}
