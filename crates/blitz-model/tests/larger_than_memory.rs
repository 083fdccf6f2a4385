//! Every question about a recording of three times the memory that may be used, counted in bytes that readers hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blitz_core::{
    Access, DType, Extent, FrameGuard, FrameOwner, FramePoll, FrameShape, FrameState, Layout, ReadError,
    Stack, Store, Zone, ZoneShape,
};
use blitz_model::Method;
use blitz_model::evaluate::{
    EvalContext, FrameSet, Levels, OneFrame, Picture, PixelHistory, Question, Reduce, Scope, ZoneCurves,
    evaluate,
};
use blitz_model::export::{ExportRequest, export};
use blitz_model::recipe::{Recipe, Step};
use blitz_testkit::stack_of;

/// 1 MiB of u16.
const SHAPE: FrameShape = FrameShape::new(512, 1024, 1);
const FRAMES: usize = 144;
const LIMIT: u64 = 48 << 20;

fn value(frame: usize, sample: usize) -> u16 {
    ((frame * 131 + sample * 7) % 4093) as u16
}

/// Frames made by a formula, with the bytes that are pinned now and were at most.
#[derive(Debug, Default)]
struct Counted {
    held: Arc<AtomicU64>,
    most: AtomicU64,
}

struct Held {
    samples: Vec<u16>,
    held: Arc<AtomicU64>,
}

impl FrameOwner for Held {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        bytemuck::cast_slice(&self.samples)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.held.fetch_sub(2 * self.samples.len() as u64, Ordering::Relaxed);
    }
}

impl Store for Counted {
    fn layout(&self) -> Layout {
        Layout { frame: SHAPE, dtype: DType::U16 }
    }

    fn extent(&self) -> Extent {
        Extent { first: 0, end: FRAMES, sealed: true }
    }

    fn generation(&self) -> u64 {
        0
    }

    fn state(&self, _frame: usize) -> FrameState {
        FrameState::Ready
    }

    fn access(&self) -> Access {
        Access::Decoded
    }

    fn poll(&self, _frame: usize) -> FramePoll {
        FramePoll::Pending
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        let samples: Vec<u16> = (0..SHAPE.samples()).map(|i| value(frame, i)).collect();
        let bytes = 2 * samples.len() as u64;
        let now = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.most.fetch_max(now, Ordering::Relaxed);
        let owner = Held { samples, held: Arc::clone(&self.held) };
        Ok(FrameGuard::new(Arc::new(owner), 0, DType::U16, SHAPE))
    }

    fn memory_bytes(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

#[test]
fn no_question_holds_more_than_its_share() {
    let store = Arc::new(Counted::default());
    let stack = stack_of(Arc::clone(&store) as Arc<dyn Store>, "large");
    assert_eq!(stack.bytes(), 3 * LIMIT, "three times the limit");
    let cx = EvalContext { scratch_bytes: LIMIT / 2, ..EvalContext::default() };
    let whole = ZoneShape::Rect { x: 10.0, y: 10.0, width: 300.0, height: 200.0, angle: 0.0 };
    let zones: Arc<[Zone]> = vec![Zone { name: "a".into(), color: [0; 3], shape: whole }].into();
    let curves = ZoneCurves { zones, frames: FrameSet::All, median: true };
    let methods = vec![Method::Mean, Method::Std, Method::Min, Method::Max, Method::Sum];
    let (moments, median) = (Reduce { methods, range: None, ddof: 0 }, Reduce::all(Method::Median));
    let recipe = |steps: &[&str]| Recipe {
        steps: steps.iter().map(|s| s.parse::<Step>().expect(s)).collect(),
        ..Recipe::default()
    };
    let asked = Asked { stack: &stack, store: &store, cx: &cx };
    check(&asked.ask(&recipe(&[]), &moments));
    check(&asked.ask(&recipe(&[]), &median));
    asked.ask(&recipe(&[]), &curves);
    asked.ask(&recipe(&[]), &Levels { scope: Scope::Stack });
    asked.ask(&recipe(&[]), &PixelHistory { x: 5, y: 6 });
    asked.ask(&recipe(&[]), &OneFrame { frame: 77 });
    asked.ask(&recipe(&["subtract mean:0:10", "smooth box,3"]), &moments);
    asked.ask(&recipe(&["subtract mean:0:10", "smooth box,3"]), &median);
    asked.ask(&recipe(&["subtract window:mean,5"]), &moments);
    asked.ask(&recipe(&["smooth-time box,5"]), &curves);

    let dir = tempfile::tempdir().expect("folder");
    let request = ExportRequest::new(dir.path().join("out.npy"));
    store.most.store(0, Ordering::Relaxed);
    export(&stack, &Recipe::default(), &request, &cx).expect("exported");
    assert!(store.most.load(Ordering::Relaxed) <= LIMIT, "while writing");
}

struct Asked<'a> {
    stack: &'a Stack,
    store: &'a Counted,
    cx: &'a EvalContext,
}

impl Asked<'_> {
    fn ask<Q: Question>(&self, recipe: &Recipe, question: &Q) -> Q::Answer {
        self.store.most.store(0, Ordering::Relaxed);
        let answer = evaluate(self.stack, recipe, question, self.cx).expect("answered");
        let most = self.store.most.load(Ordering::Relaxed);
        let steps = &recipe.steps;
        assert!(most <= LIMIT, "{steps:?} {question:?}: {most} bytes were held at once, {LIMIT} are allowed");
        assert_eq!(self.store.memory_bytes(), 0, "everything was given back");
        answer
    }
}

/// A few samples against the formula.
fn check(pictures: &[Picture]) {
    let history = |sample: usize| (0..FRAMES).map(move |f| f64::from(value(f, sample)));
    for sample in [0, 1, 4711, SHAPE.samples() - 1] {
        let expected = if pictures.len() == 1 {
            let mut sorted: Vec<f64> = history(sample).collect();
            sorted.sort_by(f64::total_cmp);
            f64::midpoint(sorted[FRAMES / 2 - 1], sorted[FRAMES / 2])
        } else {
            history(sample).sum::<f64>() / FRAMES as f64
        };
        let found = pictures[0].samples.as_ref().get_f64(sample);
        assert!((found - expected).abs() <= 1e-3, "sample {sample}: {found} found, {expected} expected");
    }
}
