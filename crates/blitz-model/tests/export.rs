//! Exports: what is written, and how many frames live meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blitz_core::{
    Access, DType, Extent, FrameGuard, FrameOwner, FramePoll, FrameShape, FrameState, Layout, ReadError,
    Samples, Stack, Store,
};
use blitz_model::evaluate::{EvalContext, EvalError, OneFrame, evaluate};
use blitz_model::export::{ExportError, ExportRequest, Exported, Gaps, export};
use blitz_model::recipe::{Recipe, Step};
use blitz_testkit::{VecStack, noise_frames, stack_of};

const SHAPE: FrameShape = FrameShape::new(6, 9, 1);

fn recipe(steps: &[&str]) -> Recipe {
    let steps = steps.iter().map(|s| s.parse::<Step>().expect(s)).collect();
    Recipe { steps, ..Recipe::default() }
}

fn write(
    stack: &Stack,
    recipe: &Recipe,
    path: &Path,
    gaps: Gaps,
    cx: &EvalContext,
) -> Result<Exported, ExportError> {
    let request = ExportRequest { gaps, ..ExportRequest::new(path.into()) };
    export(stack, recipe, &request, cx)
}

/// Samples of a `.npy` of 32-bit floats.
fn written(path: &Path) -> Vec<u32> {
    let bytes = std::fs::read(path).expect("written");
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[start..].chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// The bits of a frame, one by one; those of NaN where it has no whole window.
fn bits(stack: &Stack, recipe: &Recipe, frame: usize) -> Vec<u32> {
    match evaluate(stack, recipe, &OneFrame { frame }, &EvalContext::default()) {
        Ok(picture) => match picture.samples {
            Samples::F32(values) => values.iter().map(|v| v.to_bits()).collect(),
            other => panic!("f32 expected, {} found", other.dtype()),
        },
        Err(EvalError::Read(ReadError::NoWindow(_))) => vec![f32::NAN.to_bits(); SHAPE.samples()],
        other => panic!("a picture expected, {other:?} found"),
    }
}

#[test]
fn exports_have_the_bits_of_single_frames() {
    let folder = tempfile::tempdir().expect("folder");
    for dtype in [DType::U8, DType::U16, DType::F32] {
        let stack = VecStack::new(noise_frames(5, dtype, 30, SHAPE), SHAPE).into_stack("noise");
        for (i, steps) in [
            &["subtract mean:0:4"] as &[&str],
            &["subtract window:mean,4,lag=1"],
            &["smooth gaussian,1", "divide window:max,5,forward", "smooth-time box,3"],
            &["smooth-time median,5", "subtract window:std,3,centred"],
        ]
        .iter()
        .enumerate()
        {
            let (recipe, path) = (recipe(steps), folder.path().join(format!("{dtype}-{i}.npy")));
            let cx = EvalContext::default();
            let exported = write(&stack, &recipe, &path, Gaps::Missing, &cx).expect("exported");
            assert_eq!((exported.frames + exported.no_window, exported.faults.len()), (30, 0));
            assert_eq!(cx.progress.snapshot().done, 30);
            let expected: Vec<u32> = (0..30).flat_map(|f| bits(&stack, &recipe, f)).collect();
            assert_eq!(written(&path), expected, "{dtype} {steps:?}");
        }
    }
}

#[test]
fn a_cancelled_export_leaves_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let stack = VecStack::new(noise_frames(5, DType::U16, 30, SHAPE), SHAPE).into_stack("noise");
    let cx = EvalContext::default();
    cx.cancel.cancel();
    let result = write(&stack, &Recipe::default(), &folder.path().join("a.npy"), Gaps::Missing, &cx);
    assert!(matches!(result, Err(ExportError::Eval(EvalError::Cancelled))));
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0);
}

/// Frames made on demand, which count how many of them are alive.
#[derive(Debug)]
struct Counted {
    frames: usize,
    alive: Arc<AtomicUsize>,
    most: AtomicUsize,
}

struct Alive(Vec<u16>, Arc<AtomicUsize>);

impl FrameOwner for Alive {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        blitz_core::SamplesRef::U16(&self.0).bytes()
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Store for Counted {
    fn layout(&self) -> Layout {
        Layout { frame: SHAPE, dtype: DType::U16 }
    }
    fn extent(&self) -> Extent {
        Extent { first: 0, end: self.frames, sealed: true }
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
        let alive = self.alive.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(alive, Ordering::SeqCst);
        let made = Alive(vec![frame as u16; SHAPE.samples()], Arc::clone(&self.alive));
        Ok(FrameGuard::new(Arc::new(made), 0, DType::U16, SHAPE))
    }
    fn memory_bytes(&self) -> u64 {
        0
    }
}

#[test]
fn frames_alive_at_once_do_not_grow_with_the_output() {
    let folder = tempfile::tempdir().expect("folder");
    for (i, steps) in [&[] as &[&str], &["subtract mean"], &["subtract window:mean,50"]].iter().enumerate() {
        let store = Arc::new(Counted { frames: 3000, alive: Arc::default(), most: AtomicUsize::new(0) });
        let stack = stack_of(Arc::clone(&store) as Arc<dyn Store>, "counted");
        let path = folder.path().join(format!("{i}.npy"));
        write(&stack, &recipe(steps), &path, Gaps::Missing, &EvalContext::default()).expect("exported");
        let most = store.most.load(Ordering::SeqCst);
        // Two batches of 256 small frames.
        assert!(most <= 512, "{most} frames alive: {steps:?}");
        assert_eq!(store.alive.load(Ordering::SeqCst), 0);
    }
}
