//! Which element type holds the values of texts.

use blitz_core::{DType, SamplesMut};

/// What values there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Values {
    min: f64,
    max: f64,
    /// Cells without a value.
    pub(super) missing: usize,
    /// Whether a value is no integer, infinities among them.
    has_fractions: bool,
    /// Whether a number is written with a decimal mark or an exponent: others may have fractions.
    pub(super) has_decimals: bool,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            missing: 0,
            has_fractions: false,
            has_decimals: false,
        }
    }
}

impl Values {
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a [f64]>) -> Self {
        let mut all = Self::default();
        for &value in rows.flatten() {
            // NaN is neither least nor greatest.
            all.min = all.min.min(value);
            all.max = all.max.max(value);
            all.missing += usize::from(value.is_nan());
            // Beyond 64 bits nothing is an integer type's.
            all.has_fractions |= value as i64 as f64 != value && !value.is_nan();
        }
        all
    }

    pub(super) fn merge(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            missing: self.missing + other.missing,
            has_fractions: self.has_fractions || other.has_fractions,
            has_decimals: self.has_decimals || other.has_decimals,
        }
    }

    /// The smallest type that holds all of them.
    pub(super) fn dtype(&self) -> DType {
        if self.missing > 0 || self.has_fractions || self.min > self.max {
            return DType::F64;
        }
        INTEGERS
            .into_iter()
            .find(|&(_, min, max)| self.min >= min && self.max <= max)
            .map_or(DType::F64, |(dtype, ..)| dtype)
    }

    /// A type for those and for others like them.
    pub(super) fn wider(&self) -> DType {
        match self.dtype() {
            _ if self.has_decimals => DType::F64,
            DType::U8 => DType::U16,
            DType::U16 | DType::I16 => DType::I32,
            _ => DType::F64,
        }
    }
}

/// Types of integers with their least and largest values, in the order in which they are taken.
const INTEGERS: [(DType, f64, f64); 5] = [
    (DType::U8, 0.0, u8::MAX as f64),
    (DType::U16, 0.0, u16::MAX as f64),
    (DType::I16, i16::MIN as f64, i16::MAX as f64),
    (DType::U32, 0.0, u32::MAX as f64),
    (DType::I32, i32::MIN as f64, i32::MAX as f64),
];

/// Writes rows of values into `out`, which has their size.
///
/// # Errors
/// If the type does not hold one of them: what to do about it.
pub(super) fn fill<'a>(
    rows: impl Iterator<Item = &'a [f64]> + Clone,
    out: SamplesMut<'_>,
) -> Result<(), String> {
    let dtype = out.dtype();
    if let Some(&(_, min, max)) = INTEGERS.iter().find(|(of, ..)| *of == dtype) {
        let fits = |value: f64| value >= min && value <= max && value as i64 as f64 == value;
        let found = rows
            .clone()
            .enumerate()
            .flat_map(|(y, row)| row.iter().enumerate().map(move |(x, value)| (x, y, *value)))
            .find(|(.., value)| !fits(*value));
        if let Some((x, y, value)) = found {
            let what = if value.is_nan() { "a missing value".to_owned() } else { value.to_string() };
            return Err(format!(
                "column {x}, row {y} of the picture is {what}, but the recording is of {dtype}, {min} to {max}: its type \
                 was found from the files that were looked at when it was opened; open it again (of more than 4096 files \
                 or 64 MiB of text a sample is looked at: open fewer at once)"
            ));
        }
    }
    let mut values = rows.flatten().copied();
    macro_rules! fill {
        ($($kind:ident),*) => {
            match out {
                $(SamplesMut::$kind(out) => out.iter_mut().zip(&mut values).for_each(|(o, v)| *o = v as _),)*
            }
        };
    }
    fill!(U8, U16, I16, I32, U32, F32, F64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use DType::{F64, I16, I32, U8, U16, U32};

    use super::*;

    #[test]
    fn the_smallest_type_holds_all_values() {
        let of = |values: &[f64]| {
            let found = Values::of([values].into_iter());
            (found.dtype(), found.wider())
        };
        assert_eq!(of(&[0.0, 255.0]), (U8, U16));
        assert_eq!(of(&[0.0, 256.0]), (U16, I32));
        assert_eq!(of(&[-1.0, 256.0]), (I16, I32));
        assert_eq!(of(&[-1.0, 40_000.0]), (I32, F64));
        assert_eq!(of(&[4e9]), (U32, F64));
        assert_eq!(of(&[-1.0, 4e9]), (F64, F64));
        for odd in [0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(of(&[1.0, odd]), (F64, F64), "{odd}");
        }
    }
}
