//! Kernels over synthetic stacks.

use std::hint::black_box;

use blitz_core::{Cancel, Channel, DType, FrameShape, Placement, Samples, SamplesRef, ZoneMask, ZoneShape};
use blitz_draw::{ColorMap, Levels, RenderOptions, render};
use blitz_kernels::pipeline::{self, DivisionRule, PointOp};
use blitz_kernels::reduce::Reduced;
use blitz_kernels::{Histogram, Method, Reducer, Wanted, ZoneWant, bandwidth, median, smooth, zone_stats};
use rayon::prelude::*;

use super::held::{Held, alternate};
use super::sweeps::{Results, sweep};
use super::{Request, Row, SMALL};
use crate::failure::Failure;
use crate::shell::Shell;

/// Frames per histogram task, as in evaluation.
const BLOCK: usize = 4;
/// One sample in so many is NaN.
const NAN_EVERY: usize = 100;
/// Frames that are drawn or smoothed; one after the other, as on screen.
const DRAWN: usize = 64;
/// Frames of the windows.
const MEAN_WINDOW: usize = 50;
const MEDIAN_WINDOW: usize = 15;

const REDUCTIONS: [(&str, &[Method]); 6] = [
    ("mean", &[Method::Mean]),
    ("sum", &[Method::Sum]),
    ("min", &[Method::Min]),
    ("max", &[Method::Max]),
    ("std", &[Method::Std]),
    ("mean+std+min+max", &[Method::Mean, Method::Std, Method::Min, Method::Max]),
];
/// Smoothing of one frame in f32.
type Smooth = fn(&[f32], FrameShape, &mut [f32]);
const FILTERS: [(&str, Smooth); 3] = [
    ("gaussian 2", |frame, shape, out| smooth::gaussian(frame, shape, 2.0, out, &Cancel::default())),
    ("box 5", |frame, shape, out| smooth::box_mean(frame, shape, 5, out, &Cancel::default())),
    ("median 3×3", |frame, shape, out| smooth::median(frame, shape, 3, out, &Cancel::default())),
];
/// Beside the reductions and filters: median, zone curve, histogram, render, two pipelines.
const OTHERS: usize = 6;

/// Measures every kernel for every type, on a stack in the cache and on a large one.
pub(super) fn measure(
    request: &Request,
    shell: &Shell,
    bandwidth: f64,
    rows: &mut Vec<Row>,
) -> Result<(), Failure> {
    shell.progress.start("kernels", (4 * (2 * (REDUCTIONS.len() + FILTERS.len() + OTHERS) + 2)) as u64);
    let mut bench = Bench { request, shell, bandwidth, rows };
    let small = FrameShape::new(128, 128, 1);
    let large = FrameShape::new(512, 512, 1);
    for (stack, shape, bytes) in [("small", small, SMALL.min(request.bytes)), ("large", large, request.bytes)]
    {
        bench.stack(stack, &Held::noise(DType::U8, shape, bytes, None)?, false)?;
        bench.stack(stack, &Held::noise(DType::U16, shape, bytes, None)?, false)?;
        bench.stack(stack, &Held::noise(DType::F32, shape, bytes, None)?, false)?;
        bench.stack(stack, &Held::noise(DType::F32, shape, bytes, Some(NAN_EVERY))?, true)?;
    }
    Ok(())
}

struct Bench<'a> {
    request: &'a Request,
    shell: &'a Shell,
    bandwidth: f64,
    rows: &'a mut Vec<Row>,
}

impl Bench<'_> {
    fn stack(&mut self, stack: &'static str, held: &Held, nan: bool) -> Result<(), Failure> {
        let (frames, shape, batch) = (&held.frames(), held.shape, held.batch());
        let mut rows = Rows { bench: self, stack, dtype: held.dtype, nan, shape };
        for (name, methods) in REDUCTIONS {
            rows.read(name, frames, |frames| reduce(frames, batch, methods))?;
        }
        rows.read("median", frames, |frames| {
            black_box(median(frames, None, shape.channels));
        })?;
        let (width, height) = (shape.width as f64, shape.height as f64);
        let zone = ZoneShape::Rect { x: 0.0, y: 0.0, width, height, angle: 0.0 };
        let mask = zone.rasterize(shape, Placement::whole(shape.width, shape.height));
        rows.read("zone curve", frames, |frames| curve(frames, shape, &mask))?;
        rows.read("histogram", frames, histogram)?;
        let drawn = &frames[..frames.len().min(DRAWN)];
        rows.read("render", drawn, |frames| draw(frames, shape))?;
        let (dark, flat) = references(frames);
        let valid: Vec<bool> = (0..shape.samples()).map(|i| !i.is_multiple_of(1000)).collect();
        let rule = DivisionRule::default();
        let corrected = [
            PointOp::Subtract { reference: &dark, amount: 1.0 },
            PointOp::Divide { reference: &flat, amount: 1.0, rule },
        ];
        rows.read("subtract+divide", frames, |frames| {
            black_box(through(&corrected, frames, batch, Method::Mean));
        })?;
        let masked = [
            PointOp::FlatField { dark: &dark, span: &flat, gain: Some(100.0), rule },
            PointOp::Mask { valid: &valid, channels: 1 },
        ];
        rows.read("flat field+mask", frames, |frames| {
            black_box(through(&masked, frames, batch, Method::Mean));
        })?;
        for (name, filter) in FILTERS {
            rows.read(name, drawn, |frames| smoothed(frames, shape, filter))?;
        }
        if stack == "large" {
            let swept = &frames[..frames.len().div_ceil(4)];
            let mut results = Results::new(shape, swept.len());
            rows.copy("sliding mean", swept, MEAN_WINDOW, Method::Mean, &mut results)?;
            rows.copy("sliding median", swept, MEDIAN_WINDOW, Method::Median, &mut results)?;
        }
        Ok(())
    }
}

/// Rows of one stack.
struct Rows<'a, 'b> {
    bench: &'a mut Bench<'b>,
    stack: &'static str,
    dtype: DType,
    nan: bool,
    shape: FrameShape,
}

impl Rows<'_, '_> {
    /// Whether this one is asked for.
    fn wants(&self, kernel: &str) -> Result<bool, Failure> {
        if self.bench.shell.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        self.bench.shell.progress.advance(1);
        Ok(self.bench.request.only.as_ref().is_none_or(|only| kernel.contains(only.as_str())))
    }

    /// Work that reads the frames and stores little: beside reading the same frames in the same minute, or
    /// beside the memory's bandwidth if they lie in the cache.
    fn read(
        &mut self,
        kernel: &'static str,
        frames: &[SamplesRef<'_>],
        work: impl Fn(&[SamplesRef<'_>]),
    ) -> Result<(), Failure> {
        if !self.wants(kernel)? {
            return Ok(());
        }
        let parts: Vec<&[u8]> = frames.iter().map(|f| f.bytes()).collect();
        let bytes: usize = parts.iter().map(|p| p.len()).sum();
        let beside = self.stack == "large" && bytes as u64 >= self.bench.request.bytes / 2;
        let (seconds, yardstick, runs) = alternate(
            self.bench.request.runs,
            || work(frames),
            || {
                if beside {
                    black_box(bandwidth::read(&parts));
                }
            },
        );
        let rate = if beside { bytes as f64 / yardstick } else { self.bench.bandwidth };
        let share = bytes as f64 / seconds / rate;
        self.push(kernel, "read", bytes as f64 / seconds, share, runs);
        Ok(())
    }

    /// A window that moves over the frames and writes its results: beside copying in the same memory. Bytes
    /// read and bytes written count on both sides.
    fn copy(
        &mut self,
        kernel: &'static str,
        frames: &[SamplesRef<'_>],
        window: usize,
        method: Method,
        results: &mut Results,
    ) -> Result<(), Failure> {
        if !self.wants(kernel)? {
            return Ok(());
        }
        let window = window.min(frames.len());
        let bytes: usize = frames.iter().map(|f| f.bytes().len()).sum();
        let written = 4 * frames.len() * self.shape.samples();
        let (results, copied) = (std::cell::RefCell::new(results), std::cell::Cell::new(0));
        let (seconds, yardstick, runs) = alternate(
            self.bench.request.runs,
            || sweep(frames, window, method, &mut results.borrow_mut()),
            || copied.set(results.borrow_mut().copy()),
        );
        let share = (bytes + written) as f64 / seconds / (copied.get() as f64 / yardstick);
        self.push(kernel, "copy", bytes as f64 / seconds, share, runs);
        Ok(())
    }

    fn push(&mut self, kernel: &'static str, of: &'static str, rate: f64, share: f64, runs: usize) {
        self.bench.rows.push(Row {
            kernel,
            dtype: self.dtype.name(),
            nan: if self.nan { 1.0 / NAN_EVERY as f64 } else { 0.0 },
            stack: self.stack,
            bytes_per_second: rate,
            share,
            of,
            runs,
        });
    }
}

fn reduce(frames: &[SamplesRef<'_>], batch: usize, methods: &[Method]) {
    let Some(first) = frames.first() else { return };
    let mut reducer = Reducer::new(first.dtype(), first.len(), Wanted::for_methods(methods));
    for batch in frames.chunks(batch) {
        reducer.push(batch, None, 1);
    }
    black_box(reducer.finish_all(methods, 0));
}

/// A reduction of what operations make of frames.
pub(super) fn through(
    ops: &[PointOp<'_, f32>],
    frames: &[SamplesRef<'_>],
    batch: usize,
    method: Method,
) -> Reduced {
    let samples = frames.first().map_or(0, |f| f.len());
    let mut reducer = Reducer::for_operations::<f32>(samples, Wanted::for_methods(&[method]));
    for batch in frames.chunks(batch) {
        reducer.push_through(ops, batch);
    }
    reducer.finish(method, 0)
}

/// What is subtracted and what is divided by: mean and maximum of the first frames.
pub(super) fn references(frames: &[SamplesRef<'_>]) -> (Vec<f32>, Vec<f32>) {
    let picture = |method| {
        let Samples::F32(values) = through(&[], &frames[..frames.len().min(100)], 100, method).values else {
            return Vec::new();
        };
        values
    };
    (picture(Method::Mean), picture(Method::Max))
}

fn curve(frames: &[SamplesRef<'_>], shape: FrameShape, zone: &ZoneMask) {
    let want = ZoneWant { median: false };
    black_box(frames.par_iter().map(|&f| zone_stats(f, shape, None, zone, want)).collect::<Vec<_>>());
}

fn histogram(frames: &[SamplesRef<'_>]) {
    let dtype = frames.first().map_or(DType::U8, |f| f.dtype());
    let blocks: Vec<Histogram> = frames
        .par_chunks(BLOCK)
        .map(|block| {
            let mut histogram = Histogram::new(dtype);
            for &frame in block {
                histogram.push(frame, None, 1);
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

fn draw(frames: &[SamplesRef<'_>], shape: FrameShape) {
    let channels = Channel::defaults(1);
    let levels = Levels::new(0.0, 4095.0);
    for &frame in frames {
        // Shapes fit by construction; a picture that could not be drawn would show as an absurd rate.
        let _ = black_box(render(
            frame,
            shape,
            &channels,
            None,
            levels,
            ColorMap::Plasma,
            RenderOptions::default(),
        ));
    }
}

/// Frames as f32, each smoothed, as evaluation does it.
fn smoothed(frames: &[SamplesRef<'_>], shape: FrameShape, filter: Smooth) {
    let mut frame = vec![0.0_f32; shape.samples()];
    let mut out = frame.clone();
    for &source in frames {
        pipeline::run_frame(&[], source, &mut frame);
        filter(&frame, shape, &mut out);
        black_box(&out);
    }
}
