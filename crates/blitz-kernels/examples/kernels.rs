//! How fast the kernels are: bytes of source per second, beside the read bandwidth of the same minute.
//!
//! `cargo run --release -p blitz-kernels --example kernels -- [--mib N] [--runs N] [--batch FRAMES]
//! [--dtype NAME] [--part moments|histogram|curve|zone|order] [--only TEXT] [--python PATH]`
//!
//! Every kernel runs in turn with a plain read of the same stack, so that both see the same load of the
//! machine. Printed are the rate by the clock, best and median of the runs, and the rate by the processor
//! time that the threads used (on Linux), which other programs on the machine disturb less. With `--python` the medians are also taken by
//! `NumPy` on the same samples. `BLITZ_SIMD=portable|avx2|avx512` chooses the instructions.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints a table")]

use std::hint::black_box;
use std::time::Instant;

use blitz_core::{
    DType, FrameShape, Mask, Placement, Samples, SamplesRef, ZoneMask, ZoneShape, with_samples_mut,
    zone::Span,
};
use blitz_kernels::{Histogram, Method, Reducer, Wanted, ZoneWant, bandwidth, percentiles, zone_stats};
use blitz_testkit::Noise;
use rayon::prelude::*;

const USAGE: &str =
    "options: --mib N, --runs N, --batch FRAMES, --dtype NAME, --part NAME, --only TEXT, --python PATH";

/// Height and width of the frames that are reduced.
const SIDE: usize = 512;

struct Options {
    mib: usize,
    runs: usize,
    batch: usize,
    dtype: Option<String>,
    part: Option<String>,
    only: String,
    python: Option<String>,
}

fn options() -> Result<Options, String> {
    let mut options =
        Options { mib: 1024, runs: 5, batch: 64, dtype: None, part: None, only: String::new(), python: None };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        let number =
            || value.parse::<usize>().ok().filter(|&n| n > 0).ok_or(format!("{name} {value}: {USAGE}"));
        match name.as_str() {
            "--mib" => options.mib = number()?,
            "--runs" => options.runs = number()?,
            "--batch" => options.batch = number()?,
            "--dtype" => options.dtype = Some(value),
            "--part" => options.part = Some(value),
            "--only" => options.only = value,
            "--python" => options.python = Some(value),
            _ => return Err(format!("{name} is not known; {USAGE}")),
        }
    }
    Ok(options)
}

fn main() -> Result<(), String> {
    let options = options()?;
    let threads = rayon::current_num_threads();
    println!(
        "{threads} threads, {:?} instructions, {} runs",
        blitz_kernels::simd::Level::current(),
        options.runs
    );
    println!(
        "| work | stack | GB/s of source: best, median, by CPU time | share of read bandwidth: likewise |"
    );
    println!("|---|---|---|---|");
    let part = |name: &str| options.part.as_deref().is_none_or(|part| part == name);
    let dtype = |dtype: &DType| options.dtype.as_ref().is_none_or(|name| *name == dtype.to_string());
    for dtype in [DType::U8, DType::U16, DType::F32].into_iter().filter(dtype) {
        for mib in [8, options.mib] {
            if part("moments") || part("histogram") {
                let mut stack = Stack::noise(dtype, SIDE, mib << 20);
                if part("histogram") {
                    histograms(&options, &stack);
                }
                if part("moments") {
                    moments(&options, &mut stack);
                }
            }
        }
        if part("curve") {
            curve(&options, &Stack::noise(dtype, 256, options.mib << 20));
        }
    }
    if part("zone") {
        rasterized(&options);
    }
    let types = [DType::U8, DType::U16, DType::I16, DType::F32, DType::I32, DType::F64];
    for dtype in types.into_iter().filter(|t| dtype(t) && part("order")) {
        for (frames, side) in [(200, SIDE), (4000, 128)] {
            order(&options, &mut Stack::noise(dtype, side, frames * dtype.size() * side * side))?;
        }
    }
    Ok(())
}

/// Frames of noise one after the other, and the same with a few missing samples.
struct Stack {
    samples: Samples,
    shape: FrameShape,
    frames: usize,
    /// Hides one pixel in a hundred.
    mask: Mask,
}

impl Stack {
    fn noise(dtype: DType, side: usize, bytes: usize) -> Self {
        let shape = FrameShape::new(side, side, 1);
        let frames = bytes / (shape.samples() * dtype.size());
        let mut samples = Samples::zeros(dtype, frames * shape.samples());
        let float = dtype.is_float();
        with_samples_mut!(samples.as_mut(), s => s.par_chunks_mut(1 << 16).enumerate().for_each(|(i, part)| {
            let mut noise = Noise::new(i as u64);
            for v in part {
                let bits = noise.bits();
                let value = if float { (bits >> 11) as f64 / 1e13 } else { (bits >> 40) as f64 };
                *v = if float || dtype.size() == 4 { from(value) } else { from((bits >> (64 - dtype.bits())) as f64) };
            }
        }));
        let mut noise = Noise::new(1);
        let valid = (0..shape.pixels()).map(|_| noise.below(100) > 0).collect();
        Self { samples, shape, frames, mask: Mask { width: side, height: side, valid } }
    }

    fn views(&self) -> Vec<SamplesRef<'_>> {
        let size = self.shape.samples();
        (0..self.frames).map(|t| self.samples.as_ref().slice(t * size..(t + 1) * size)).collect()
    }

    /// Makes one sample in a hundred NaN.
    fn punch(&mut self) {
        if self.samples.dtype().is_float() {
            with_samples_mut!(self.samples.as_mut(), s => s.par_chunks_mut(1 << 16).enumerate().for_each(|(i, part)| {
                let mut noise = Noise::new(i as u64);
                for v in part {
                    if noise.below(100) == 0 {
                        *v = from(f64::NAN);
                    }
                }
            }));
        }
    }

    fn describe(&self) -> String {
        let mib = self.samples.bytes().len() >> 20;
        format!(
            "{} {} × {}×{}, {mib} MiB",
            self.samples.dtype(),
            self.frames,
            self.shape.height,
            self.shape.width
        )
    }
}

fn from<S: blitz_core::Sample>(value: f64) -> S {
    S::from_f64(value)
}

/// Times a kernel and a plain read in turn and prints a line.
fn measure(options: &Options, name: &str, stack: &Stack, mut work: impl FnMut()) {
    let describe = stack.describe();
    if !format!("{name} {describe}").contains(&options.only) {
        return;
    }
    let bytes = stack.samples.bytes();
    // Stacks in cache are done too soon for a clock; several rounds count as one.
    let rounds = ((128 << 20) / bytes.len()).max(1);
    let (mut reads, mut works) = (Times::default(), Times::default());
    work();
    for _ in 0..options.runs {
        reads.add(|| (0..rounds).for_each(|_| _ = black_box(bandwidth::read(&[bytes]))));
        works.add(|| (0..rounds).for_each(|_| work()));
    }
    let total = (bytes.len() * rounds) as f64 / 1e9;
    let (read, kernel) = (reads.rates(total), works.rates(total));
    println!(
        "| {name} | {describe} | {:.1}, {:.1}, {:.1} | {:.0} %, {:.0} %, {:.0} % of {:.1}, {:.1}, {:.1} |",
        kernel[0],
        kernel[1],
        kernel[2],
        100.0 * kernel[0] / read[0],
        100.0 * kernel[1] / read[1],
        100.0 * kernel[2] / read[2],
        read[0],
        read[1],
        read[2]
    );
}

/// Seconds of several runs by the clock, and of processor time per thread.
#[derive(Default)]
struct Times {
    wall: Vec<f64>,
    busy: Vec<f64>,
}

impl Times {
    fn add(&mut self, work: impl FnOnce()) {
        let busy = processor_seconds();
        self.wall.push(seconds(work));
        self.busy.push((processor_seconds() - busy) / rayon::current_num_threads() as f64);
    }

    /// Best and median rate of `total` by the clock, median by processor time.
    fn rates(&mut self, total: f64) -> [f64; 3] {
        self.wall.sort_by(f64::total_cmp);
        self.busy.sort_by(f64::total_cmp);
        let middle = self.wall.len() / 2;
        [total / self.wall[0], total / self.wall[middle], total / self.busy[middle]]
    }
}

/// Seconds that the threads of the pool have spent on a processor; 0 where the system does not say.
fn processor_seconds() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return 0.0 };
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn moments(options: &Options, stack: &mut Stack) {
    let sets: [(&str, &[Method]); 6] = [
        ("mean", &[Method::Mean]),
        ("min", &[Method::Min]),
        ("max", &[Method::Max]),
        ("std", &[Method::Std]),
        ("min+max", &[Method::Min, Method::Max]),
        ("mean+std+min+max", &[Method::Mean, Method::Std, Method::Min, Method::Max]),
    ];
    let reduce = |stack: &Stack, methods: &[Method], mask: Option<&Mask>| {
        let mut reducer =
            Reducer::new(stack.samples.dtype(), stack.shape.samples(), Wanted::for_methods(methods));
        for batch in stack.views().chunks(options.batch) {
            reducer.push(batch, mask, 1);
        }
        black_box(reducer.finish_all(methods, 0));
    };
    for (name, methods) in sets {
        measure(options, name, stack, || reduce(stack, methods, None));
    }
    for (name, methods) in [sets[0], sets[2], sets[5]] {
        measure(options, &format!("{name}, 1 % masked"), stack, || reduce(stack, methods, Some(&stack.mask)));
    }
    if stack.samples.dtype().is_float() {
        stack.punch();
        for (name, methods) in sets {
            measure(options, &format!("{name}, 1 % NaN"), stack, || reduce(stack, methods, None));
        }
    }
}

fn histograms(options: &Options, stack: &Stack) {
    let dtype = stack.samples.dtype();
    measure(options, "histogram", stack, || {
        let frames = stack.views();
        let parts = frames.par_chunks(frames.len().div_ceil(8)).map(|frames| {
            let mut histogram = Histogram::new(dtype);
            for frame in frames {
                histogram.push(*frame, None, 1);
            }
            histogram
        });
        black_box(parts.reduce(
            || Histogram::new(dtype),
            |mut a, b| {
                a.merge(&b);
                a
            },
        ));
    });
}

/// Zones that fill most of 16 megapixels, as pixels of the stack.
fn rasterized(options: &Options) {
    let (frame, placement) = (FrameShape::new(4096, 4096, 1), Placement::whole(4096, 4096));
    let (x, y, width, height) = (300.5, 400.0, 3400.0, 3300.25);
    let star = (0..40).map(|i| {
        let (sin, cos) = (f64::from(i * 11) * std::f64::consts::TAU / 40.0).sin_cos();
        (2048.0 + 1900.0 * sin, 2048.0 - 1900.0 * cos)
    });
    for (name, shape) in [
        ("rectangle", ZoneShape::Rect { x, y, width, height, angle: 0.0 }),
        ("turned rectangle", ZoneShape::Rect { x, y, width, height, angle: 17.0 }),
        ("ellipse", ZoneShape::Ellipse { x, y, width, height, angle: 0.0 }),
        ("turned ellipse", ZoneShape::Ellipse { x, y, width, height, angle: 17.0 }),
        ("polygon of 40 corners", ZoneShape::Polygon(star.collect())),
    ] {
        let mut times: Vec<f64> = (0..options.runs)
            .map(|_| seconds(|| drop(black_box(shape.rasterize(frame, placement)))))
            .collect();
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0] * 1e3, times[times.len() / 2] * 1e3);
        println!("| pixels of a {name} | 4096×4096 | {best:.2} ms, {median:.2} ms | |");
    }
}

fn curve(options: &Options, stack: &Stack) {
    let spans = (50..150).map(|y| Span { y, start: 70, end: 170 }).collect();
    let zone = ZoneMask { spans, pixels: 100 * 100 };
    let frames: Vec<_> = stack.views().into_iter().take(10_000).collect();
    let name = format!("zone curve 100×100 over {} frames", frames.len());
    if !format!("{name} {}", stack.describe()).contains(&options.only) {
        return;
    }
    let mut times: Vec<f64> = (0..options.runs)
        .map(|_| {
            seconds(|| {
                let points: Vec<_> = frames
                    .par_iter()
                    .map(|frame| zone_stats(*frame, stack.shape, None, &zone, ZoneWant::default()))
                    .collect();
                black_box(points);
            })
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let rate = (frames.len() * 10_000 * stack.samples.dtype().size()) as f64 / times[0] / 1e9;
    println!(
        "| {name} | {} | {rate:.1} of the zone | {:.1} ms ({:.1} ms) |",
        stack.describe(),
        times[0] * 1e3,
        times[times.len() / 2] * 1e3
    );
}

fn order(options: &Options, stack: &mut Stack) -> Result<(), String> {
    let dtype = stack.samples.dtype();
    measure(options, "median", stack, || {
        black_box(percentiles(&stack.views(), None, 1, &[50.0]));
    });
    measure(options, "percentiles 1, 50, 99", stack, || {
        black_box(percentiles(&stack.views(), None, 1, &[1.0, 50.0, 99.0]));
    });
    compare(options, stack, "median")?;
    if dtype.is_float() {
        stack.punch();
        measure(options, "median, 1 % NaN", stack, || {
            black_box(percentiles(&stack.views(), None, 1, &[50.0]));
        });
        compare(options, stack, "nanmedian")?;
    }
    Ok(())
}

/// Medians of `NumPy` and ours in turn, on the same samples.
fn compare(options: &Options, stack: &Stack, function: &str) -> Result<(), String> {
    let Some(python) = &options.python else { return Ok(()) };
    let name = format!("numpy.{function}");
    if stack.frames > 200 || !format!("{name} {}", stack.describe()).contains(&options.only) {
        return Ok(());
    }
    let code = "import sys, time, numpy as n\n\
        a = n.frombuffer(sys.stdin.buffer.read(), sys.argv[1]).reshape(200, -1)\n\
        f = getattr(n, sys.argv[2])\n\
        t = time.perf_counter(); f(a, axis=0); print(time.perf_counter() - t)";
    let type_name = stack.samples.dtype().to_string().replace('u', "uint").replace('i', "int");
    let type_name = type_name.replace("uintnt", "uint").replace('f', "float");
    let (mut theirs, mut ours) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..options.runs.min(3) {
        let mut child = std::process::Command::new(python)
            .args(["-c", code, &type_name, function])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .map_err(|e| format!("{python} does not start: {e}"))?;
        let mut pipe = child.stdin.take().ok_or("no pipe")?;
        std::io::Write::write_all(&mut pipe, stack.samples.bytes()).map_err(|e| e.to_string())?;
        drop(pipe);
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        theirs = theirs.min(text.trim().parse::<f64>().map_err(|_| format!("{python} said {text:?}"))?);
        ours = ours.min(seconds(|| {
            black_box(percentiles(&stack.views(), None, 1, &[50.0]));
        }));
    }
    println!(
        "| {name} | {} | {:.0} ms, ours {:.1} ms | {:.0} × |",
        stack.describe(),
        theirs * 1e3,
        ours * 1e3,
        theirs / ours
    );
    Ok(())
}
