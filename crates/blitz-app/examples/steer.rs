//! Measures how soon the picture follows: `cargo run --release -p blitz-app --example steer [SIDE | RECORDING]`.
//!
//! A session as the window has it, polled every 0.2 ms: the time from moving an amount, or the frame, to the picture
//! with its histogram and what the GPU draws; for a recording, from opening it to its first picture and from frame to
//! frame, while curves and levels are computed in the background.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement that prints and may stop")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use blitz_core::{DType, FrameShape, Stack};
use blitz_gpu::{FrameImage, Shown};
use blitz_model::document::{Edit, StepEdit};
use blitz_model::evaluate::Picture;
use blitz_model::load::{DiskCache, IfTooBig};
use blitz_model::recipe::{Load, Step};
use blitz_model::session::{Command, LoadState, Recording, Session};
use blitz_testkit::noise_frames;

fn until(session: &mut Session, mut done: impl FnMut(&mut Session) -> bool) -> f64 {
    let start = Instant::now();
    loop {
        session.poll();
        if done(session) {
            return start.elapsed().as_secs_f64() * 1e3;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn session() -> Session {
    let prepare = |picture: &Picture, stack: &Stack| {
        let valid = picture.valid();
        let shown = if stack.is_rgb() { Shown::Rgb } else { Shown::Channel(0) };
        let image = FrameImage::new(picture.samples.as_ref(), picture.shape, shown, valid.as_ref());
        Arc::new(image) as Arc<dyn std::any::Any + Send + Sync>
    };
    let kept = DiskCache::new(None, None);
    Session::new(Arc::new(|| {}), Arc::new(prepare), None).with_disk_cache(IfTooBig::Stream, kept)
}

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_else(|| "2048".to_owned());
    match argument.parse() {
        Ok(side) => steer(side),
        Err(_) => scrub(argument.into()),
    }
}

fn scrub(path: PathBuf) {
    let mut session = session();
    let everything = |s: &mut Session| {
        s.curves(s.focused());
        s.levels(s.focused());
        s.picture(s.focused()).current
    };
    session.execute(Command::Open { paths: vec![path], load: Load::default(), in_addition: false });
    println!("first picture: {:.0} ms", until(&mut session, everything));
    let whole = until(&mut session, |s| {
        everything(s) && s.opening_path().is_none() && s.current().is_some_and(Recording::is_whole)
    });
    println!("all frames known: {whole:.0} ms later");
    let frames = session.current().unwrap().stack().shape().frames;
    let mut seed = 1_usize;
    let mut anywhere = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % frames
    };
    let middle = frames / 2;
    let (on, back, jumps): (Vec<usize>, Vec<usize>, Vec<usize>) = (
        (middle..frames).take(100).collect(),
        (0..=middle).rev().take(100).collect(),
        (0..100).map(|_| anywhere()).collect(),
    );
    for (what, frames) in [("forwards", on), ("backwards", back), ("anywhere", jumps)] {
        let mut times: Vec<f64> = frames
            .into_iter()
            .map(|frame| {
                session.execute(Command::Seek(frame));
                until(&mut session, everything)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let (middle, late) = (times[times.len() / 2], times[times.len() * 95 / 100]);
        println!("{what}: {middle:.1} ms, 95 % within {late:.1} ms");
    }
}

fn steer(side: usize) {
    let shape = FrameShape::new(side, side, 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rec.npy");
    let frames = 60;
    let header = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': ({frames}, {side}, {side}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{header:<117}\n").bytes());
    for frame in noise_frames(1, DType::U16, frames, shape) {
        bytes.extend_from_slice(frame.as_ref().bytes());
    }
    std::fs::write(&path, bytes).unwrap();
    let mut session = session();
    session.execute(Command::Open { paths: vec![path], load: Load::default(), in_addition: false });
    until(&mut session, |s| {
        !s.is_busy() && s.current().is_some_and(|r| matches!(r.load_state(), LoadState::Done(_)))
    });
    let step = |text: &str| text.parse::<Step>().unwrap().kind;
    let shown = |s: &mut Session| s.picture(s.focused()).current;
    println!("{side} × {side} u16, {frames} frames");
    let plain = (0..20).map(|i| {
        session.execute(Command::Seek(i));
        until(&mut session, shown)
    });
    println!("another frame: {:.1} ms", median(plain.collect()));
    session.execute(Command::Edit(Edit::Step(StepEdit::Add(step("subtract mean:")))));
    println!("first picture with a subtracted mean of all frames: {:.0} ms", until(&mut session, shown));
    let amounts = (1..40).map(|i| {
        let kind = step(&format!("subtract mean:,amount={}", f64::from(i) / 40.0));
        session.execute(Command::Edit(Edit::Step(StepEdit::Change(0, kind))));
        until(&mut session, shown)
    });
    println!("amount moved: {:.1} ms", median(amounts.collect()));
    let frames = (20..40).map(|i| {
        session.execute(Command::Seek(i));
        until(&mut session, shown)
    });
    println!("another frame with the step: {:.1} ms", median(frames.collect()));
}
