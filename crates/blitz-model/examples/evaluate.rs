//! Measures evaluation from memory: `cargo run --release -p blitz-model --example evaluate [FRAMES]`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement that prints and may stop")]

use std::sync::Arc;
use std::time::Instant;

use blitz_core::{DType, FrameRange, FrameShape, Layout, SamplesRef, Stack, Zone, ZoneShape};
use blitz_io::{Overwrite, RamStore, create_writer};
use blitz_model::Method;
use blitz_model::evaluate::{EvalContext, FrameSet, OneFrame, Reduce, ZoneCurves, evaluate};
use blitz_model::recipe::{Recipe, Step};
use blitz_testkit::{noise_frames, stack_of};
use rayon::prelude::*;

const SHAPE: FrameShape = FrameShape::new(512, 512, 1);

/// Frames as the program holds them: in one allocation, on huge pages where the system has them.
fn stack(frames: usize, shape: FrameShape) -> Stack {
    let noise = noise_frames(1, DType::U16, 8, shape);
    let store = RamStore::new(Layout { frame: shape, dtype: DType::U16 }, frames).unwrap();
    (0..frames).into_par_iter().for_each(|frame| {
        let mut writer = store.writer(frame).unwrap();
        writer.samples().bytes().copy_from_slice(noise[frame % 8].as_ref().bytes());
        writer.publish();
    });
    store.seal();
    stack_of(store, "noise")
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

/// A frame of 4 megapixels through flat field, dark and mask.
fn corrected_frame(frames: usize) {
    let shape = FrameShape::new(2048, 2048, 1);
    let stack = stack(frames, shape);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, value: f32| {
        let path = folder.path().join(name);
        let mut writer = create_writer(&path, DType::F32, shape, Some(1), Overwrite::Refuse).unwrap();
        writer.write_frame(SamplesRef::F32(&vec![value; shape.samples()])).unwrap();
        writer.finish().unwrap();
        path.display().to_string()
    };
    let flat = format!("flat {},dark={}", write("flat.npy", 3000.0), write("dark.npy", 100.0));
    let shape = ZoneShape::Ellipse { x: 200.0, y: 200.0, width: 1600.0, height: 1600.0, angle: 0.0 };
    let recipe = Recipe {
        steps: vec![flat.parse().unwrap(), "zone A".parse().unwrap()],
        zones: vec![Zone { name: "A".into(), color: [0; 3], shape }],
        ..Recipe::default()
    };
    let cx = EvalContext::default();
    let times: Vec<f64> = (0..7)
        .map(|frame| milliseconds(|| drop(evaluate(&stack, &recipe, &OneFrame { frame }, &cx).unwrap())))
        .collect();
    println!("2048 × 2048 through flat field and mask, one of {frames} frames: {times:.1?} ms");
}

fn main() {
    let frames = std::env::args().nth(1).map_or(10_000, |n| n.parse().unwrap());
    corrected_frame(10);
    corrected_frame(frames / 10);
    let stack = stack(frames, SHAPE);
    println!("{frames} frames of 512 × 512 u16, {} threads", rayon::current_num_threads());
    for method in ["mean", "std", "max", "median"] {
        let step: Step = format!("subtract window:{method},1000").parse().unwrap();
        let recipe = Recipe { steps: vec![step], ..Recipe::default() };
        let cx = EvalContext::default();
        let ask = |frame: usize| {
            milliseconds(|| drop(evaluate(&stack, &recipe, &OneFrame { frame }, &cx).unwrap()))
        };
        let first = ask(1500);
        let others: Vec<f64> = (1..6).map(|i| ask(1500 + 7 * i)).collect();
        println!("window:{method},1000: first frame {first:.1} ms, frames near it {others:.1?} ms");
    }
    for step in ["subtract window:median,100", "subtract window:median,1000"] {
        let recipe = Recipe { steps: vec![step.parse().unwrap()], ..Recipe::default() };
        let range = FrameRange { start: 1500.min(frames / 2), end: Some(frames.min(2000)), step: 1 };
        let question = Reduce { methods: vec![Method::Mean], range: Some(range), ddof: 0 };
        let time =
            milliseconds(|| drop(evaluate(&stack, &recipe, &question, &EvalContext::default()).unwrap()));
        println!(
            "{step}, walked: {:.1} ms per frame",
            time / (frames.min(2000) - 1500.min(frames / 2)) as f64
        );
    }
    let cx = EvalContext::default();
    for steps in [&[] as &[&str], &["subtract mean:0:10"], &["subtract window:mean,100"]] {
        let steps: Vec<Step> = steps.iter().map(|s| s.parse().unwrap()).collect();
        let recipe = Recipe { steps, ..Recipe::default() };
        let mut drag = Vec::new();
        for i in 0..60 {
            let (x, y) = (200.0 + f64::from(i % 20), 200.0 + f64::from(i % 15));
            let shape = ZoneShape::Rect { x, y, width: 100.0, height: 100.0, angle: 0.0 };
            let zones: Arc<[Zone]> = [Zone { name: "A".into(), color: [0; 3], shape }].into();
            let question = ZoneCurves { zones, frames: FrameSet::All, median: false };
            drag.push(milliseconds(|| drop(evaluate(&stack, &recipe, &question, &cx).unwrap())));
            if let Some(around) = cx.references.surroundings(stack.id) {
                evaluate(&stack, &recipe, &around, &cx).unwrap();
            }
        }
        let (first, last) = (&drag[..5], &drag[50..]);
        println!(
            "curve of 100 × 100 px, steps {}: {first:.1?}, dragged on {last:.1?} ms",
            recipe.steps.len()
        );
    }
}
