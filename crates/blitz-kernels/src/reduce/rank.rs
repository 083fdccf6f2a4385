//! Where percentiles lie among sorted values.

/// Where percentile `q` of `n` ≥ 1 sorted values lies: the index of the lower neighbour and the way to the
/// upper one, 0 to below 1.
pub(crate) fn position(q: f64, n: usize) -> (usize, f64) {
    let at = (n - 1) as f64 * (q / 100.0);
    let lower = (at.floor() as usize).min(n - 1);
    (lower, if lower + 1 < n { at - lower as f64 } else { 0.0 })
}

/// The value `t` of the way from `a` to `b`, `a ≤ b`; never NaN between equal infinities.
pub(crate) fn between(a: f64, b: f64, t: f64) -> f64 {
    if t == 0.0 || a == b {
        return a;
    }
    if t == 0.5 {
        let sum = a + b;
        return if sum.is_finite() { sum / 2.0 } else { a / 2.0 + b / 2.0 };
    }
    if a.is_infinite() || b.is_infinite() {
        return a * (1.0 - t) + b * t;
    }
    let step = b - a;
    // From the nearer end, so that the result is monotonic in t and hits both ends.
    if t < 0.5 { a + step * t } else { b - step * (1.0 - t) }
}
