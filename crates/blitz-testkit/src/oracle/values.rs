//! Statistics of a few values. NaN is ignored; nothing left gives NaN.

use blitz_core::{Mask, Samples};

/// The values that are not NaN.
pub fn valid(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|v| !v.is_nan()).collect()
}

/// The values that are finite.
pub fn finite(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|v| v.is_finite()).collect()
}

/// Sum.
pub fn sum(values: &[f64]) -> f64 {
    let valid = valid(values);
    if valid.is_empty() { f64::NAN } else { valid.iter().sum() }
}

/// Arithmetic mean.
pub fn mean(values: &[f64]) -> f64 {
    sum(values) / valid(values).len() as f64
}

/// Standard deviation with divisor `n − ddof`; NaN if that is not positive. Two passes.
pub fn std(values: &[f64], ddof: u32) -> f64 {
    let valid = valid(values);
    let divisor = valid.len() as f64 - f64::from(ddof);
    if divisor <= 0.0 {
        return f64::NAN;
    }
    let mean = mean(&valid);
    (valid.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / divisor).sqrt()
}

/// Smallest value.
pub fn min(values: &[f64]) -> f64 {
    valid(values).into_iter().reduce(f64::min).unwrap_or(f64::NAN)
}

/// Largest value.
pub fn max(values: &[f64]) -> f64 {
    valid(values).into_iter().reduce(f64::max).unwrap_or(f64::NAN)
}

/// Percentile `q`, 0 to 100, linear between the sorted values beside position `q/100 · (n − 1)`.
pub fn percentile(values: &[f64], q: f64) -> f64 {
    let mut sorted = valid(values);
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = last as f64 * (q / 100.0);
    let (lower, upper) = (sorted[at.floor() as usize], sorted[(at.ceil() as usize).min(last)]);
    let t = at - at.floor();
    if lower == upper || t == 0.0 { lower } else { lower * (1.0 - t) + upper * t }
}

/// Applies a statistic to every sample's history: `statistic` gets the values over time in frame order, of a
/// masked pixel none.
pub fn reduce(
    frames: &[Samples],
    mask: Option<&Mask>,
    channels: usize,
    statistic: impl Fn(&[f64]) -> f64,
) -> Vec<f64> {
    let samples = frames.first().map_or(0, Samples::len);
    (0..samples)
        .map(|i| {
            if mask.is_some_and(|mask| !mask.valid[i / channels]) {
                return statistic(&[]);
            }
            let history: Vec<f64> = frames.iter().map(|frame| frame.as_ref().get_f64(i)).collect();
            statistic(&history)
        })
        .collect()
}

/// Whether two numbers are the same, both NaN, or at most `ulps` representable f32 (if `single`) or f64
/// numbers apart.
pub fn within_ulps(a: f64, b: f64, ulps: u64, single: bool) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    if !(a.is_finite() && b.is_finite()) {
        return false;
    }
    let scale = a.abs().max(b.abs());
    let unit = if single {
        let scale = scale as f32;
        f64::from(scale.next_up()) - f64::from(scale)
    } else {
        scale.next_up() - scale
    };
    (a - b).abs() <= ulps as f64 * unit
}
