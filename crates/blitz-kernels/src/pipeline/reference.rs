//! Making references.

use super::Working;
use rayon::prelude::*;

/// Samples summed by one task. Fixed, so that the sum does not depend on the threads.
const CHUNK: usize = 64 * 1024;

/// `a − b` in the working type: the span of a flat field from the flat and its dark frame.
///
/// # Panics
/// If they differ in size.
pub fn difference<W: Working>(a: &[W], b: &[W]) -> Vec<W> {
    assert_eq!(a.len(), b.len(), "both frames have the same size");
    a.iter().zip(b).map(|(&a, &b)| a - b).collect()
}

/// Mean of the finite values, all channels together; `None` if there is none. Added up in f64.
pub fn finite_mean<W: Working>(values: &[W]) -> Option<f64> {
    let parts: Vec<(f64, u64)> = values
        .par_chunks(CHUNK)
        .map(|chunk| {
            let finite = chunk.iter().filter(|v| v.is_finite());
            finite.fold((0.0, 0), |(sum, n), v| (sum + v.to_f64(), n + 1))
        })
        .collect();
    let (sum, n) = parts.iter().fold((0.0, 0), |(sum, n), &(part, m)| (sum + part, n + m));
    (n > 0).then(|| sum / n as f64)
}

/// Divides a reference by its [`finite_mean`], so that dividing by it keeps the source's unit, and returns
/// that mean. Values that are not finite stay as they are.
///
/// `None`, and nothing is changed, if there is no finite value or their mean is 0 or overflows.
pub fn normalise_to_mean_one<W: Working>(reference: &mut [W]) -> Option<f64> {
    let mean = finite_mean(reference).filter(|m| *m != 0.0 && m.is_finite())?;
    // Divided in f64 and rounded once.
    reference.par_chunks_mut(CHUNK).for_each(|chunk| {
        for v in chunk {
            *v = W::from_f64(v.to_f64() / mean);
        }
    });
    Some(mean)
}
