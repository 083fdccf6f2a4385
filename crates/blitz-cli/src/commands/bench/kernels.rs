//! Kernels over synthetic stacks.

use std::hint::black_box;

use blitz_core::{Channel, DType, FrameShape, Placement, Sample, SamplesRef, ZoneMask, ZoneShape};
use blitz_draw::{ColorMap, Levels, RenderOptions, render};
use blitz_kernels::{Histogram, Method, Reducer, Wanted, ZoneWant, median, zone_stats};
use rayon::prelude::*;

use super::{Request, Row, SMALL, median_seconds};
use crate::failure::Failure;
use crate::shell::Shell;

const SHAPE: FrameShape = FrameShape::new(256, 256, 1);
/// Frames handed to a reducer at once, as evaluation does.
const BATCH: usize = 256;
/// Frames per histogram task, as in evaluation.
const BLOCK: usize = 4;
/// One sample in so many is NaN.
const NAN_EVERY: usize = 100;
/// Frames that are drawn; one after the other, as on screen.
const DRAWN: usize = 64;

const REDUCTIONS: [(&str, &[Method]); 6] = [
    ("mean", &[Method::Mean]),
    ("sum", &[Method::Sum]),
    ("min", &[Method::Min]),
    ("max", &[Method::Max]),
    ("std", &[Method::Std]),
    ("mean+std+min+max", &[Method::Mean, Method::Std, Method::Min, Method::Max]),
];
/// Beside the reductions: median, zone curve, histogram, render.
const OTHERS: usize = 4;

/// Measures every kernel for every type, on a stack in the cache and on a large one.
pub(super) fn measure(
    request: &Request,
    shell: &Shell,
    bandwidth: f64,
    rows: &mut Vec<Row>,
) -> Result<(), Failure> {
    shell.progress.start("kernels", (2 * 4 * (REDUCTIONS.len() + OTHERS)) as u64);
    let mut bench = Bench { runs: request.runs, shell, bandwidth, rows };
    for (stack, bytes) in [("small", SMALL.min(request.bytes)), ("large", request.bytes)] {
        bench.stack(stack, &samples::<u8>(bytes, None), false)?;
        bench.stack(stack, &samples::<u16>(bytes, None), false)?;
        bench.stack(stack, &samples::<f32>(bytes, None), false)?;
        bench.stack(stack, &samples::<f32>(bytes, Some(NAN_EVERY)), true)?;
    }
    Ok(())
}

/// Whole frames of pseudo-random samples, 12 bit where the type has room, at least one frame.
fn samples<S: Sample>(bytes: u64, nan_every: Option<usize>) -> Vec<S> {
    let frames = (bytes as usize / size_of::<S>() / SHAPE.samples()).max(1);
    let mut samples = vec![S::default(); frames * SHAPE.samples()];
    let most = S::DTYPE.full_scale().map_or(4095, |full| full.min(4095.0) as u64);
    samples.par_chunks_mut(SHAPE.samples()).enumerate().for_each(|(frame, samples)| {
        let mut state = frame as u64 + 1;
        for value in samples {
            // Numbers of a linear congruential generator (Knuth); the high bits are good enough here.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let draw = state >> 33;
            let missing = nan_every.is_some_and(|every| draw.is_multiple_of(every as u64));
            *value = S::from_f64(if missing { f64::NAN } else { (draw % (most + 1)) as f64 });
        }
    });
    samples
}

struct Bench<'a> {
    runs: usize,
    shell: &'a Shell,
    bandwidth: f64,
    rows: &'a mut Vec<Row>,
}

impl Bench<'_> {
    fn stack<S: Sample>(&mut self, stack: &'static str, samples: &[S], nan: bool) -> Result<(), Failure>
    where
        for<'s> SamplesRef<'s>: From<&'s [S]>,
    {
        let frames: Vec<SamplesRef<'_>> =
            samples.chunks_exact(SHAPE.samples()).map(SamplesRef::from).collect();
        for (name, methods) in REDUCTIONS {
            self.row(stack, name, &frames, nan, || reduce(&frames, methods))?;
        }
        self.row(stack, "median", &frames, nan, || {
            black_box(median(&frames, None, SHAPE.channels));
        })?;
        let zone = ZoneShape::Rect { x: 0.0, y: 0.0, width: 256.0, height: 256.0, angle: 0.0 };
        let mask = zone.rasterize(SHAPE, Placement::whole(SHAPE.width, SHAPE.height));
        self.row(stack, "zone curve", &frames, nan, || curve(&frames, &mask))?;
        self.row(stack, "histogram", &frames, nan, || histogram(&frames))?;
        let drawn = &frames[..frames.len().min(DRAWN)];
        self.row(stack, "render", drawn, nan, || draw(drawn))
    }

    fn row(
        &mut self,
        stack: &'static str,
        kernel: &'static str,
        frames: &[SamplesRef<'_>],
        nan: bool,
        work: impl FnMut(),
    ) -> Result<(), Failure> {
        if self.shell.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let bytes: usize = frames.iter().map(|f| f.bytes().len()).sum();
        let (seconds, runs) = median_seconds(self.runs, work);
        let bytes_per_second = bytes as f64 / seconds;
        self.shell.progress.advance(1);
        self.rows.push(Row {
            kernel,
            dtype: frames.first().map_or(DType::U8, |f| f.dtype()).name(),
            nan: if nan { 1.0 / NAN_EVERY as f64 } else { 0.0 },
            stack,
            bytes_per_second,
            share: bytes_per_second / self.bandwidth,
            runs,
        });
        Ok(())
    }
}

fn reduce(frames: &[SamplesRef<'_>], methods: &[Method]) {
    let dtype = frames.first().map_or(DType::U8, |f| f.dtype());
    let mut reducer = Reducer::new(dtype, SHAPE.samples(), Wanted::for_methods(methods));
    for batch in frames.chunks(BATCH) {
        reducer.push(batch, None, SHAPE.channels);
    }
    for &method in methods {
        black_box(reducer.finish(method, 0));
    }
}

fn curve(frames: &[SamplesRef<'_>], zone: &ZoneMask) {
    let want = ZoneWant { median: false };
    black_box(frames.par_iter().map(|&f| zone_stats(f, SHAPE, None, zone, want)).collect::<Vec<_>>());
}

fn histogram(frames: &[SamplesRef<'_>]) {
    let dtype = frames.first().map_or(DType::U8, |f| f.dtype());
    let blocks: Vec<Histogram> = frames
        .par_chunks(BLOCK)
        .map(|block| {
            let mut histogram = Histogram::new(dtype);
            for &frame in block {
                histogram.push(frame, None, SHAPE.channels);
            }
            histogram
        })
        .collect();
    let mut total = Histogram::new(dtype);
    for block in &blocks {
        total.merge(block);
    }
    black_box(total);
}

fn draw(frames: &[SamplesRef<'_>]) {
    let channels = Channel::defaults(1);
    let levels = Levels::new(0.0, 4095.0);
    for &frame in frames {
        // Shapes fit by construction; a picture that could not be drawn would show as an absurd rate.
        let _ = black_box(render(
            frame,
            SHAPE,
            &channels,
            None,
            levels,
            ColorMap::Plasma,
            RenderOptions::default(),
        ));
    }
}
