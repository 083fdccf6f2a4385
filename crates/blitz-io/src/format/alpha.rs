//! Alpha that is opaque everywhere says nothing and is dropped; any other is kept.

use blitz_core::{Sample, SamplesMut, SamplesRef, typed, with_samples, with_samples_mut};

/// Whether the last of `channels` channels is `full` everywhere.
pub(crate) fn is_opaque(samples: SamplesRef<'_>, channels: usize, full: f64) -> bool {
    with_samples!(samples, s => s.iter().skip(channels - 1).step_by(channels).all(|v| v.to_f64() == full))
}

/// Copies all but the last channel.
///
/// # Panics
/// If the types differ, or `out` is not one channel of the `channels` smaller.
pub(crate) fn drop_last(samples: SamplesRef<'_>, channels: usize, out: SamplesMut<'_>) {
    fn copy<S: Sample>(from: &[S], to: &mut [S], channels: usize) {
        assert_eq!(from.len() / channels * (channels - 1), to.len(), "one channel less");
        for (pixel, source) in to.chunks_exact_mut(channels - 1).zip(from.chunks_exact(channels)) {
            pixel.copy_from_slice(&source[..channels - 1]);
        }
    }
    with_samples_mut!(out, out => copy(typed(samples), out, channels));
}

/// Why a frame fails whose alpha says something although the first frame's did not.
pub(crate) const NOT_OPAQUE: &str =
    "the alpha channel is not opaque everywhere, but that of the first frame said nothing and was dropped";

/// Note for people.
pub(crate) const DROPPED: &str = "The alpha channel is opaque everywhere in the first frame and was dropped.";
