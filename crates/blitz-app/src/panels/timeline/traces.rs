//! Curves as they are drawn: thinned to the columns of the plot with every extreme kept.

use std::sync::Arc;

use blitz_core::StackId;
use blitz_model::evaluate::CurvePoint;
use blitz_model::session::{CurveData, CurveReply};

use crate::panels::frames::Frames;

/// A point of a curve: source frame and value.
type Point = (f64, f64);
/// A piece of a band: source frame, lower and upper end.
type Piece = (f64, f64, f64);

/// One curve in one channel. Runs are parted by frames without a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trace {
    pub(super) line: Vec<Vec<Point>>,
    pub(super) band: Vec<Vec<Piece>>,
    /// Smallest and largest value of the line.
    pub(super) line_range: Option<(f64, f64)>,
    /// Smallest and largest value of the band.
    pub(super) band_range: Option<(f64, f64)>,
}

#[derive(Clone, Debug)]
struct Key {
    /// Kept, not only compared: the memory of a curve that is gone may be that of the next one.
    data: Arc<CurveData>,
    count: usize,
    stack: StackId,
    frames: usize,
    first: usize,
    view: (f64, f64),
    columns: usize,
}

impl Key {
    fn same(&self, other: &Self) -> bool {
        let rest = |k: &Self| {
            (k.count, k.stack, k.frames, k.first, k.view.0.to_bits(), k.view.1.to_bits(), k.columns)
        };
        Arc::ptr_eq(&self.data, &other.data) && rest(self) == rest(other)
    }
}

/// Traces of all zones, computed again only where data or view changed.
#[derive(Default)]
pub(super) struct Traces {
    zones: Vec<(Key, Vec<Trace>)>,
}

impl Traces {
    /// Traces of each curve, one per channel, in the order of `curves`.
    pub(super) fn update(
        &mut self,
        curves: &[CurveReply],
        frames: &Frames<'_>,
        view: (f64, f64),
        columns: usize,
    ) {
        self.zones.truncate(curves.len());
        for (i, curve) in curves.iter().enumerate() {
            let data = curve.data.as_ref();
            let key = Key {
                data: Arc::clone(&curve.data),
                count: data.count,
                stack: frames.stack.id,
                frames: frames.len(),
                first: frames.source(0),
                view,
                columns,
            };
            if self.zones.get(i).is_some_and(|(k, _)| k.same(&key)) {
                continue;
            }
            let traces = (0..data.points.len()).map(|c| trace(c, data, frames, view, columns)).collect();
            match self.zones.get_mut(i) {
                Some(slot) => *slot = (key, traces),
                None => self.zones.push((key, traces)),
            }
        }
    }

    /// Traces of curve `i`, one per channel.
    pub(super) fn of(&self, i: usize) -> &[Trace] {
        self.zones.get(i).map_or(&[], |(_, traces)| traces)
    }

    /// Smallest and largest value of all that is drawn.
    pub(super) fn range(&self, band: bool) -> Option<(f64, f64)> {
        let all = self.zones.iter().flat_map(|(_, traces)| traces);
        all.flat_map(|t| [t.line_range, t.band_range.filter(|_| band)])
            .flatten()
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// The value that the line draws.
pub(crate) fn value(point: &CurvePoint, median: bool) -> f64 {
    if point.n == 0 {
        f64::NAN
    } else if median {
        point.median
    } else {
        point.mean
    }
}

fn trace(channel: usize, data: &CurveData, frames: &Frames<'_>, view: (f64, f64), columns: usize) -> Trace {
    let source = |position: usize| frames.source(position) as f64;
    // One frame beyond each edge, so that lines leave the plot where they should.
    let list = &frames.list;
    let first = list.partition_point(|&f| (frames.stack.source_frame(f) as f64) < view.0).saturating_sub(1);
    let end = list.partition_point(|&f| (frames.stack.source_frame(f) as f64) <= view.1);
    let end = (end + 1).min(list.len());
    let samples = (first..end).map(|i| (source(i), data.point(channel, list[i]).copied()));
    thin(samples, end.saturating_sub(first), data.median, columns)
}

/// Thins `count` samples to about `columns` columns of four points at most: first, smallest, largest, last.
pub(super) fn thin(
    samples: impl Iterator<Item = (f64, Option<CurvePoint>)>,
    count: usize,
    median: bool,
    columns: usize,
) -> Trace {
    let per_column = if count <= 2 * columns { 1 } else { count.div_ceil(columns.max(1)) };
    let mut out = Trace::default();
    let mut lines: Vec<Point> = Vec::new();
    let mut bands: Vec<Piece> = Vec::new();
    let mut column: Vec<Point> = Vec::with_capacity(per_column);
    let mut extent: Option<Piece> = None;
    let mut in_column = 0;
    let mut samples = samples.peekable();
    while let Some((x, point)) = samples.next() {
        if let Some(point) = point.filter(|p| p.n > 0) {
            let y = value(&point, median);
            if y.is_finite() {
                column.push((x, y));
                out.line_range = Some(joined(out.line_range, (y, y)));
            }
            if point.min.is_finite() && point.max.is_finite() {
                let (at, lo, hi) = extent.unwrap_or((x, point.min, point.max));
                extent = Some((at, lo.min(point.min), hi.max(point.max)));
                out.band_range = Some(joined(out.band_range, (point.min, point.max)));
            }
        }
        in_column += 1;
        if in_column < per_column && samples.peek().is_some() {
            continue;
        }
        in_column = 0;
        if column.is_empty() {
            close(&mut lines, &mut out.line);
        } else {
            extremes(&column, &mut lines);
            column.clear();
        }
        match extent.take() {
            Some(piece) => bands.push(piece),
            None => close(&mut bands, &mut out.band),
        }
    }
    close(&mut lines, &mut out.line);
    close(&mut bands, &mut out.band);
    out
}

fn joined(range: Option<(f64, f64)>, with: (f64, f64)) -> (f64, f64) {
    range.map_or(with, |r| (r.0.min(with.0), r.1.max(with.1)))
}

fn close<T>(run: &mut Vec<T>, runs: &mut Vec<Vec<T>>) {
    if !run.is_empty() {
        runs.push(std::mem::take(run));
    }
}

/// First, smallest, largest and last point of a column in the order of time, each once.
fn extremes(column: &[Point], out: &mut Vec<Point>) {
    if column.len() <= 4 {
        out.extend_from_slice(column);
        return;
    }
    let by = |pick: fn(f64, f64) -> bool| {
        (0..column.len()).fold(0, |best, i| if pick(column[i].1, column[best].1) { i } else { best })
    };
    let mut kept = [0, by(|a, b| a < b), by(|a, b| a > b), column.len() - 1];
    kept.sort_unstable();
    for (i, &at) in kept.iter().enumerate() {
        if i == 0 || kept[i - 1] != at {
            out.push(column[at]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_core::{DType, FrameShape};
    use blitz_testkit::{VecStack, noise_frames};

    fn point(y: f64) -> CurvePoint {
        CurvePoint { n: 1, mean: y, min: y - 1.0, max: y + 2.0, ..CurvePoint::empty(1) }
    }

    #[test]
    fn every_extreme_survives_thinning() {
        let n = 100_000;
        let wave = |i: usize| match i {
            54_321 => 1e6,
            77_777 => -1e6,
            _ => (i as f64 / 500.0).sin(),
        };
        let samples = (0..n).map(|i| (i as f64, Some(point(wave(i)))));
        let t = thin(samples, n, false, 800);
        assert_eq!(t.line.len(), 1);
        let line = &t.line[0];
        assert!(line.len() <= 4 * 800, "{}", line.len());
        assert!(line.contains(&(54_321.0, 1e6)) && line.contains(&(77_777.0, -1e6)));
        assert_eq!((line[0].0, line[line.len() - 1].0), (0.0, 99_999.0));
        assert_eq!(t.line_range, Some((-1e6, 1e6)));
        assert_eq!(t.band_range, Some((-1e6 - 1.0, 1e6 + 2.0)));
        assert!(line.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn missing_frames_part_the_line() {
        let values = [1.0, 2.0, f64::NAN, 4.0];
        let samples = values.iter().enumerate().map(|(i, &y)| {
            let p = if y.is_nan() { CurvePoint::empty(1) } else { point(y) };
            (i as f64, Some(p))
        });
        let t = thin(samples, 4, false, 100);
        assert_eq!(t.line, [vec![(0.0, 1.0), (1.0, 2.0)], vec![(3.0, 4.0)]]);
        assert_eq!(t.band.len(), 2);
    }

    #[test]
    fn traces_are_computed_once_for_the_same_data_and_view() {
        let shape = FrameShape::new(1, 1, 1);
        let stack = VecStack::new(noise_frames(1, DType::U8, 3, shape), shape).into_stack("three frames");
        let data = |y: f64| {
            let points = vec![vec![point(y), point(y + 1.0), point(y)]];
            Arc::new(CurveData { first: 0, points, done: vec![true; 3], count: 3, pixels: 1, median: false })
        };
        let reply = |data| CurveReply { zone: 0, data, current: true, preliminary: false };
        let frames = Frames { stack: &stack, list: Arc::from([0, 1, 2]), times: None };
        let (mut traces, curves) = (Traces::default(), [reply(data(5.0))]);
        traces.update(&curves, &frames, (-0.5, 2.5), 100);
        let first = traces.of(0)[0].line[0].as_ptr();
        traces.update(&curves, &frames, (-0.5, 2.5), 100);
        assert_eq!(traces.of(0)[0].line[0].as_ptr(), first, "the same traces, not new ones");
        traces.update(&curves, &frames, (1.5, 2.5), 100);
        assert_eq!(traces.of(0)[0].line[0].len(), 2, "another view");
        traces.update(&[reply(data(7.0))], &frames, (-0.5, 2.5), 100);
        assert_eq!(traces.of(0)[0].line[0][0], (0.0, 7.0), "other data");
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(thin(std::iter::empty(), 0, false, 10), Trace::default());
        assert_eq!(thin([(0.0, None)].into_iter(), 1, false, 10), Trace::default());
    }
}
