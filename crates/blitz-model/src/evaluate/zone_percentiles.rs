//! Percentiles of a zone (ROI) over time.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::{Zone, with_samples};
use serde::{Deserialize, Serialize};

use super::curves::{bounds, moved};
use super::stream::map_frames;
use super::{Answer, Basis, Coverage, EvalError, FrameSet, Input, Question, hash_shape, rasterize};

/// Percentiles of the valid samples of zones, frame by frame.
///
/// # Values
/// NaN is missing; a frame that cannot be read, or a zone without a valid sample, gives NaN. Percentiles interpolate
/// linearly between the two nearest ranks (type 7 of Hyndman and Fan 1996, NumPy's default).
///
/// # Cost
/// A copy of the zone's samples and a selection per percentile, for each frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZonePercentiles {
    /// Zones; names and colours do not matter to the answer.
    pub zones: Arc<[Zone]>,
    /// Which frames.
    pub frames: FrameSet,
    /// Percentiles, 0 to 100.
    pub percentiles: Vec<f64>,
}

/// The answer to [`ZonePercentiles`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PercentileCurves {
    /// Stack frames, ascending.
    pub frames: Arc<[usize]>,
    /// Percentiles asked for.
    pub percentiles: Vec<f64>,
    /// `values[zone][channel][percentile][i]` belongs to `frames[i]`.
    pub values: Vec<Vec<Vec<Vec<f64>>>>,
    /// Frames that they rest on.
    pub coverage: Coverage,
}

impl Answer for PercentileCurves {
    fn bytes(&self) -> u64 {
        let curves = self.values.iter().flatten().flatten();
        curves.map(|curve| size_of_val(curve.as_slice()) as u64).sum()
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.coverage)
    }
}

impl Question for ZonePercentiles {
    type Answer = PercentileCurves;

    fn title(&self) -> String {
        "percentiles of zones".into()
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        for zone in self.zones.iter() {
            hash_shape(&zone.shape, state);
        }
        self.frames.hash(&mut state);
        for percentile in &self.percentiles {
            percentile.to_bits().hash(&mut state);
        }
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    fn answer(&self, input: &Input<'_>) -> Result<PercentileCurves, EvalError> {
        let (stack, cx) = (input.stack, input.cx);
        if let Some(wrong) = self.percentiles.iter().find(|p| !(0.0..=100.0).contains(*p)) {
            return Err(EvalError::Empty(format!("percentile {wrong} found, 0 to 100 expected")));
        }
        let frames: Arc<[usize]> = match &self.frames {
            FrameSet::All => input.recipe.select(stack, None).into(),
            FrameSet::List(list) => Arc::clone(list),
        };
        let masks: Vec<_> = self.zones.iter().map(|zone| rasterize(stack, &zone.shape)).collect();
        let channels = stack.channels.len();
        cx.progress.start("percentiles", frames.len() as u64);
        // Steps are computed for the pixels around the zones alone.
        let part = bounds(&masks).and_then(|rect| stack.part(rect));
        let (place, part) = part.as_ref().map_or((None, stack), |(part, rect)| (Some(*rect), part));
        let masks: Vec<_> = masks.iter().map(|mask| moved(mask, place)).collect();
        let (found, coverage) = map_frames(part, &frames, cx, |_, guard| {
            let row = guard.shape().row();
            let of = |zone: usize, channel: usize| {
                with_samples!(guard.samples(), samples => {
                    let mut values: Vec<f64> = Vec::with_capacity(masks[zone].pixels);
                    for span in &masks[zone].spans {
                        let pixels = span.y * row + span.start * channels..span.y * row + span.end * channels;
                        let one = samples[pixels].iter().skip(channel).step_by(channels);
                        values.extend(one.map(|v| v.to_f64()).filter(|v| !v.is_nan()));
                    }
                    values.sort_unstable_by(f64::total_cmp);
                    self.percentiles.iter().map(|p| interpolated(&values, *p)).collect::<Vec<f64>>()
                })
            };
            (0..masks.len()).map(|z| (0..channels).map(|c| of(z, c)).collect::<Vec<_>>()).collect::<Vec<_>>()
        })?;
        let curve = |zone: usize, channel: usize, p: usize| {
            let at =
                |frame: &Option<Vec<Vec<Vec<f64>>>>| frame.as_ref().map_or(f64::NAN, |f| f[zone][channel][p]);
            found.iter().map(at).collect::<Vec<f64>>()
        };
        let values = (0..masks.len()).map(|zone| {
            let of_channel = |c| (0..self.percentiles.len()).map(|p| curve(zone, c, p)).collect();
            (0..channels).map(of_channel).collect()
        });
        let values = values.collect();
        Ok(PercentileCurves { frames, percentiles: self.percentiles.clone(), values, coverage })
    }
}

/// The percentile of ascending values; NaN of none.
fn interpolated(values: &[f64], percentile: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else { return f64::NAN };
    let rank = percentile / 100.0 * last as f64;
    let (below, part) = (rank.floor() as usize, rank.fract());
    let low = values[below];
    // Between equal infinities there is nothing to interpolate.
    if part == 0.0 || values[(below + 1).min(last)] == low {
        return low;
    }
    low + part * (values[below + 1] - low)
}
