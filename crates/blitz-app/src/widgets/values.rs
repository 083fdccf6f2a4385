//! Values as text, beside a scale.

/// Digits that tell values apart on a scale of `span`.
fn decimals(span: f64, integer: bool) -> usize {
    if integer || span.is_nan() || span <= 0.0 {
        return 0;
    }
    (3.0 - span.log10().floor()).clamp(0.0, 9.0) as usize
}

/// A value as it is shown beside a scale of `span`: short, never with a digit that means nothing.
pub(crate) fn value_text(value: f64, span: f64, integer: bool) -> String {
    let large = value.abs().max(span);
    if large >= 1e7 || (large > 0.0 && large < 1e-4) {
        return format!("{value:.3e}");
    }
    format!("{value:.*}", decimals(span, integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_digits_that_matter() {
        assert_eq!(value_text(117.0, 200.0, true), "117");
        assert_eq!(value_text(0.123_456, 1.0, false), "0.123");
        assert_eq!(value_text(1234.567, 5000.0, false), "1235");
        assert_eq!(value_text(0.000_012_34, 0.000_05, false), "1.234e-5");
        assert_eq!(value_text(0.0, 0.0, false), "0");
    }
}
