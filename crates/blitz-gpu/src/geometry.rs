//! Which source pixels a screen pixel covers.

/// One axis of an image on screen: the visible screen pixels and the source pixels of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Axis {
    /// First visible screen pixel.
    pub(crate) first: u32,
    /// Source pixels `[start, end)` of each visible screen pixel, never empty.
    pub(crate) ranges: Vec<[u32; 2]>,
}

impl Axis {
    /// The image lies on the screen pixels of `span`, of which `clip` are visible, and has `count` source
    /// pixels that span `extent` (less than `count` where the last is cut off). In f64, since a zoomed image
    /// reaches far beyond the screen.
    ///
    /// A screen pixel belongs to the image if its centre lies in it (at least one always does). Enlarged or
    /// 1 : 1 it takes the source pixel its centre lies in; made smaller, the source pixels between its
    /// edges, each edge rounded down, or to the nearest if `coarse`. The outermost ones take the rest of the
    /// image, so that no source pixel is left out.
    pub(crate) fn new(span: [f64; 2], clip: [f64; 2], extent: f64, count: usize, coarse: bool) -> Self {
        let [min, max] = span.map(snapped);
        if !(min.is_finite() && max.is_finite() && max > min && count > 0) {
            return Self::default();
        }
        let mut first = (min - 0.5).ceil();
        let mut end = (max - 0.5).ceil();
        if end <= first {
            first = f64::midpoint(min, max).floor();
            end = first + 1.0;
        }
        let from = first.max(clip[0]).max(0.0);
        let to = end.min(clip[1]);
        if from >= to {
            return Self::default();
        }
        let count = count as f64;
        let nearest = max - min > extent - NOISE;
        let source = |screen: f64| (screen - min) * extent / (max - min);
        let cut = |screen: f64| {
            let rounding = if coarse { 0.5 } else { 0.0 };
            let at = (source(screen) + rounding).floor().clamp(0.0, count);
            // Every screen pixel before and behind the edge has a source pixel of its own.
            let (least, most) = (screen - first, count - (end - screen));
            if least <= most { at.clamp(least, most) } else { at }
        };
        let range = |pixel: f64| {
            let mut start = if pixel == first { 0.0 } else { cut(pixel) };
            let mut stop = if pixel + 1.0 == end { count } else { cut(pixel + 1.0) };
            if nearest || stop <= start {
                start = source(pixel + 0.5).floor().clamp(0.0, count - 1.0);
                stop = start + 1.0;
            }
            [start as u32, stop as u32]
        };
        let visible = (to - from) as u32;
        Self {
            first: from as u32,
            ranges: (0..visible).map(|pixel| range(from + f64::from(pixel))).collect(),
        }
    }
}

/// Positions are points in f32 times the scale: this far from a whole pixel they mean the whole pixel.
const NOISE: f64 = 1.0 / 128.0;

fn snapped(pixel: f64) -> f64 {
    if (pixel - pixel.round()).abs() < NOISE { pixel.round() } else { pixel }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCREEN: [f64; 2] = [0.0, 4096.0];

    #[test]
    fn one_to_one_and_enlarged() {
        let one = Axis::new([3.0, 7.0], SCREEN, 4.0, 4, false);
        assert_eq!(one, Axis { first: 3, ranges: vec![[0, 1], [1, 2], [2, 3], [3, 4]] });
        let twice = Axis::new([0.0, 4.0], SCREEN, 2.0, 2, false);
        assert_eq!(twice.ranges, [[0, 1], [0, 1], [1, 2], [1, 2]]);
        let fractional = Axis::new([3.4, 7.4], SCREEN, 4.0, 4, false);
        assert_eq!(fractional, one, "within half a pixel");
    }

    #[test]
    fn a_speck_still_has_a_pixel() {
        assert_eq!(Axis::new([3.6, 3.8], SCREEN, 9.0, 9, false), Axis { first: 3, ranges: vec![[0, 9]] });
        assert_eq!(Axis::new([3.0, 3.0], SCREEN, 9.0, 9, false), Axis::default());
        assert_eq!(Axis::new([f64::NAN, 3.0], SCREEN, 9.0, 9, false), Axis::default());
        assert_eq!(Axis::new([0.0, 8.0], SCREEN, 0.0, 0, false), Axis::default());
        assert_eq!(Axis::new([-9.0, -1.0], SCREEN, 8.0, 8, false), Axis::default(), "off the screen");
    }

    #[test]
    fn edges_round_down_and_noise_is_forgiven() {
        let axis = Axis::new([1.0 - 1e-4, 4.0 + 1e-4], SCREEN, 5.0, 5, false);
        assert_eq!(axis, Axis { first: 1, ranges: vec![[0, 1], [1, 3], [3, 5]] });
        let coarse = Axis::new([1.0, 4.0], SCREEN, 4.5, 5, true);
        assert_eq!(coarse.ranges, [[0, 2], [2, 3], [3, 5]]);
    }

    proptest! {
        #[test]
        fn made_smaller_each_source_pixel_is_in_one_box(
            min in -50.0..50.0_f64,
            count in 1..3000_usize,
            step in 1.01..500.0_f64,
            coarse in any::<bool>(),
        ) {
            let max = min + count as f64 / step;
            let axis = Axis::new([min + 64.0, max + 64.0], SCREEN, count as f64, count, coarse);
            let mut next = 0;
            for [start, end] in &axis.ranges {
                prop_assert_eq!(*start, next);
                prop_assert!(end > start);
                next = *end;
            }
            prop_assert_eq!(next as usize, count);
        }

        #[test]
        fn clipping_changes_nothing(
            min in -300.0..50.0_f64,
            size in 0.5..900.0_f64,
            count in 1..700_usize,
            clip in (0..100_u32, 0..200_u32),
        ) {
            let span = [min, min + size];
            let whole = Axis::new(span, SCREEN, count as f64, count, false);
            let (low, high) = (clip.0, clip.0 + clip.1);
            let clipped = Axis::new(span, [low.into(), high.into()], count as f64, count, false);
            for (i, range) in clipped.ranges.iter().enumerate() {
                let pixel = clipped.first as usize + i;
                prop_assert!((low as usize..high as usize).contains(&pixel));
                prop_assert_eq!(range, &whole.ranges[pixel - whole.first as usize]);
                prop_assert!(range[0] < range[1] && range[1] as usize <= count);
            }
        }
    }
}
