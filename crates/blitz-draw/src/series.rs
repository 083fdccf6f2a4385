//! Curves of a plot: runs between gaps, thinned to what can be seen.

/// One curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Name in the legend; a curve without a name is not listed.
    pub name: String,
    /// Colour; `None` takes the theme's next one.
    pub color: Option<[u8; 3]>,
    /// Points `[x, y]` in drawing order. A point with a coordinate that is not finite is a gap.
    pub points: Vec<[f64; 2]>,
    /// A band behind the curve, such as minimum to maximum: `[x, low, high]` in drawing order, with gaps as
    /// for points. Empty for none.
    pub band: Vec<[f64; 3]>,
}

impl Series {
    /// A curve of that name through `points`, without a band.
    pub fn new(name: impl Into<String>, points: Vec<[f64; 2]>) -> Self {
        Self { name: name.into(), points, ..Self::default() }
    }

    /// Every finite `(x, y)` that the curve and its band reach.
    pub(crate) fn reach(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        let band = self.band.iter().filter(|p| p.iter().all(|v| v.is_finite()));
        let band = band.flat_map(|&[x, low, high]| [[x, low], [x, high]]);
        self.points.iter().copied().filter(|p| p.iter().all(|v| v.is_finite())).chain(band)
    }
}

/// Consecutive points whose coordinates are all finite.
pub(crate) fn runs<const N: usize>(points: &[[f64; N]]) -> impl Iterator<Item = &[[f64; N]]> {
    points.split(|p| !p.iter().all(|v| v.is_finite())).filter(|run| !run.is_empty())
}

/// Columns per pixel in which a dense curve is thinned: fine enough for four-fold magnification of an SVG.
const COLUMNS: f32 = 4.0;

/// A line that looks the same with at most four points per column: the first, lowest, highest and last of each.
/// Lines that are short are left as they are.
pub(crate) fn thinned(line: Vec<[f32; 2]>, width: f32) -> Vec<[f32; 2]> {
    if line.len() as f32 <= width * COLUMNS * 4.0 {
        return line;
    }
    let column = |p: &[f32; 2]| (p[0] * COLUMNS).floor();
    let mut kept = Vec::new();
    for group in line.chunk_by(|a, b| column(a) == column(b)) {
        let extreme = |sign: f32| {
            (0..group.len()).max_by(|&a, &b| (sign * group[a][1]).total_cmp(&(sign * group[b][1])))
        };
        let mut picks = vec![0, group.len() - 1];
        picks.extend(extreme(1.0));
        picks.extend(extreme(-1.0));
        picks.sort_unstable();
        picks.dedup();
        kept.extend(picks.into_iter().map(|i| group[i]));
    }
    kept
}

/// A band `[x, low, high]` with at most one point per column, which reaches as far as all of them.
pub(crate) fn thinned_band(band: Vec<[f32; 3]>, width: f32) -> Vec<[f32; 3]> {
    if band.len() as f32 <= width * COLUMNS * 2.0 {
        return band;
    }
    let column = |p: &[f32; 3]| (p[0] * COLUMNS).floor();
    let merge = |group: &[[f32; 3]]| {
        let middle = f32::midpoint(group[0][0], group[group.len() - 1][0]);
        // Pixel rows grow downwards: `low` is the larger one.
        group.iter().fold([middle, f32::MIN, f32::MAX], |m, p| [middle, m[1].max(p[1]), m[2].min(p[2])])
    };
    band.chunk_by(|a, b| column(a) == column(b)).map(merge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_split_runs() {
        let nan = f64::NAN;
        let points = [[nan, 0.0], [0.0, 1.0], [1.0, 2.0], [2.0, nan], [3.0, f64::INFINITY], [4.0, 1.0]];
        let lengths: Vec<usize> = runs(&points).map(<[_]>::len).collect();
        assert_eq!(lengths, [2, 1]);
    }

    #[test]
    fn thinning_keeps_the_spikes() {
        let mut line: Vec<[f32; 2]> = (0..100_000).map(|i| [i as f32 / 1000.0, 50.0]).collect();
        line[54_321][1] = 3.0;
        line[54_322][1] = 97.0;
        let kept = thinned(line.clone(), 100.0);
        assert!(kept.len() <= 1_640, "{}", kept.len());
        assert!(kept.contains(&line[54_321]) && kept.contains(&line[54_322]));
        assert_eq!((kept[0], kept[kept.len() - 1]), (line[0], line[99_999]));
        assert!(kept.is_sorted_by(|a, b| a[0] <= b[0]));
    }

    #[test]
    fn a_thinned_band_covers_every_point() {
        let band: Vec<[f32; 3]> =
            (0..10_000).map(|i| [i as f32 / 1000.0, (i % 7) as f32, -((i % 5) as f32)]).collect();
        let kept = thinned_band(band, 10.0);
        assert_eq!(kept.len(), 40);
        assert!(kept.iter().all(|p| p[1] == 6.0 && p[2] == -4.0));
    }
}
