//! Frames made from other frames.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use blitz_core::{
    Access, Cancel, DType, Extent, FrameFault, FrameGuard, FrameOwner, FramePoll, FrameShape, FrameState,
    Intent, Layout, ReadError, Rect, SamplesMut, SamplesRef, Stack, Store,
};
use blitz_kernels::pipeline::{self, PointOp, Working};
use blitz_kernels::windows::{self, Window};
use blitz_kernels::{Method, smooth};

use super::References;
use crate::evaluate::EvalContext;
use crate::evaluate::stream::SMALL_FRAME;
use crate::evaluate::told::Tally;
use crate::recipe::step::compute::{InSpace, Op, OverTime};

/// Steps that are done in one go.
#[derive(Debug)]
pub(super) enum Stage<W> {
    /// Sample by sample; only the first operation may have a window.
    Point(Vec<Op<W>>),
    /// From pixels around each pixel.
    Space(InSpace<W>),
    /// From frames around each frame.
    Time(OverTime),
}

/// What a stage begins with.
#[derive(Clone, Debug)]
pub(super) struct StageInput {
    /// Names it.
    pub(super) key: u64,
    /// What is known of its windows' pictures, where a person is told of them.
    pub(super) tally: Option<Arc<Tally>>,
}

/// The pixels that a store holds of each frame, and those that were asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pixels {
    pub(super) held: Rect,
    pub(super) wanted: Rect,
}

/// Values of frames before a stage that looks at several, kept for its next frames.
type Recent<W> = Mutex<VecDeque<(usize, Arc<Vec<W>>)>>;

/// A store whose frames are made on demand; see [`super`].
#[derive(Debug)]
pub(super) struct DerivedStore<W> {
    base: Stack,
    timeline: Arc<[usize]>,
    stages: Vec<Stage<W>>,
    /// One per stage: its input.
    recent: Vec<Recent<W>>,
    /// One per stage.
    inputs: Vec<StageInput>,
    pixels: Pixels,
    references: References,
    /// Source frames that failed and that references rest on.
    reference_faults: Arc<[Arc<FrameFault>]>,
    cancel: Cancel,
}

impl<W: Working> DerivedStore<W> {
    pub(super) fn new(
        base: Stack,
        timeline: Arc<[usize]>,
        stages: Vec<Stage<W>>,
        inputs: Vec<StageInput>,
        reference_faults: Vec<Arc<FrameFault>>,
        cx: &EvalContext,
    ) -> Self {
        let recent = stages.iter().map(|_| Recent::default()).collect();
        let (references, cancel) = (cx.references.clone(), cx.cancel.clone());
        let reference_faults = reference_faults.into();
        let frame = base.store.layout().frame;
        let whole = Rect::new(0, 0, frame.width, frame.height);
        let pixels = Pixels { held: whole, wanted: whole };
        Self { base, timeline, stages, recent, inputs, pixels, references, reference_faults, cancel }
    }

    /// Other stages on `store`, which holds a part of this one's frames.
    pub(super) fn over(&self, store: Arc<dyn Store>, stages: Vec<Stage<W>>, pixels: Pixels) -> Self {
        let held = pixels.held;
        let inputs = self.inputs.iter().map(|StageInput { key, tally }| {
            let mut h = DefaultHasher::new();
            (key, held.x, held.y, held.width, held.height).hash(&mut h);
            StageInput { key: h.finish(), tally: tally.clone() }
        });
        Self {
            base: Stack { store, ..self.base.clone() },
            timeline: Arc::clone(&self.timeline),
            recent: stages.iter().map(|_| Recent::default()).collect(),
            stages,
            inputs: inputs.collect(),
            pixels,
            references: self.references.clone(),
            reference_faults: Arc::clone(&self.reference_faults),
            cancel: self.cancel.clone(),
        }
    }

    /// Names the input of a stage, for what is kept of it.
    pub(super) fn input_key(&self, stage: usize) -> u64 {
        self.inputs[stage].key
    }

    pub(super) fn references(&self) -> &References {
        &self.references
    }

    pub(super) fn reference_faults(&self) -> &[Arc<FrameFault>] {
        &self.reference_faults
    }

    /// The stack frames that windows count in.
    pub(super) fn timeline(&self) -> &[usize] {
        &self.timeline
    }

    /// Element type of a stage's input.
    pub(super) fn input_dtype(&self, stage: usize) -> DType {
        if stage == 0 { self.base.dtype() } else { W::DTYPE }
    }

    /// The input of a stage at `place`, pinned.
    pub(super) fn before(&self, stage: usize, place: usize) -> Result<FrameGuard, ReadError> {
        self.check_cancelled(place)?;
        if stage == 0 { self.pin_source(place) } else { Ok(guard(self, &self.input(stage, place)?)) }
    }

    pub(super) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// An error if the work is to stop; it names the frame at `place`.
    pub(super) fn check_cancelled(&self, place: usize) -> Result<(), ReadError> {
        if self.cancel.is_cancelled() {
            return Err(ReadError::Pending { frame: self.timeline[place] });
        }
        Ok(())
    }

    /// Frames of the timeline.
    pub(super) fn places(&self) -> usize {
        self.timeline.len()
    }

    pub(super) fn samples(&self) -> usize {
        self.base.store.layout().frame.samples()
    }

    fn channels(&self) -> usize {
        self.base.store.layout().frame.channels
    }

    /// The operations, where all steps work sample by sample on the source: such frames need nothing but
    /// their own source frame.
    pub(super) fn fused(&self) -> Option<Vec<PointOp<'_, W>>> {
        match self.stages.as_slice() {
            [Stage::Point(ops)] if !ops[0].has_window() => {
                Some(ops.iter().map(|op| op.bind(&[], self.channels())).collect())
            }
            _ => None,
        }
    }

    /// Whether frames are cheaper one after the other than in any order.
    pub(super) fn looks_around(&self) -> bool {
        self.stages.iter().any(|stage| stage_window(stage).is_some())
    }

    pub(super) fn stages(&self) -> &[Stage<W>] {
        &self.stages
    }

    pub(super) fn base(&self) -> &Stack {
        &self.base
    }

    /// Place of a stack frame in the timeline, which windows count in.
    pub(super) fn place(&self, frame: usize) -> Result<usize, ReadError> {
        let end = self.timeline.last().map_or(0, |last| last + 1);
        let first = self.timeline.first().copied().unwrap_or(0);
        self.timeline.binary_search(&frame).map_err(|_| ReadError::OutOfRange { frame, first, end })
    }

    /// The stack frame at a place of the timeline.
    pub(super) fn frame(&self, place: usize) -> usize {
        self.timeline[place]
    }

    /// Values of the frame at `place` after the first `depth` stages.
    pub(super) fn value(&self, depth: usize, place: usize) -> Result<Arc<Vec<W>>, ReadError> {
        let Some(stage) = depth.checked_sub(1) else {
            return self.source_values(place);
        };
        match &self.stages[stage] {
            Stage::Point(ops) => {
                let moving = match ops[0].window() {
                    Some((method, window)) => self
                        .look(stage, place, method, window)
                        .map_err(|error| self.or_failed(stage, place, error))?,
                    None => Vec::new(),
                };
                self.point(stage, place, ops, &moving)
            }
            Stage::Space(step) => {
                let input = self.input(stage, place)?;
                let mut out = vec![W::ZERO; input.len()];
                step.run(&input, self.layout().frame, &mut out, &self.cancel);
                self.check_cancelled(place)?;
                Ok(Arc::new(out))
            }
            Stage::Time(OverTime::Statistic(method, window)) => {
                self.look(stage, place, *method, *window).map(Arc::new)
            }
            Stage::Time(OverTime::Weights(weights)) => self.weighted(stage, place, weights).map(Arc::new),
        }
    }

    /// A stage's operations on the frame at `place`, straight from the source where it is the first stage.
    pub(super) fn point(
        &self,
        stage: usize,
        place: usize,
        ops: &[Op<W>],
        moving: &[W],
    ) -> Result<Arc<Vec<W>>, ReadError> {
        let mut scaled = Vec::new();
        let moving = if ops[0].is_normalised() {
            scaled.extend_from_slice(moving);
            pipeline::normalise_to_mean_one(&mut scaled).ok_or_else(|| {
                let reason =
                    "its window's picture has a mean of 0 or no finite value and cannot be normalised";
                self.no_window(place, reason.into())
            })?;
            &scaled
        } else {
            moving
        };
        if let (Some(told), Some(tally)) = (ops[0].told(), &self.inputs[stage].tally) {
            tally.note(self.timeline[place], moving, self.pixels.held, self.pixels.wanted, told);
        }
        let ops: Vec<PointOp<'_, W>> = ops.iter().map(|op| op.bind(moving, self.channels())).collect();
        let mut out = vec![W::ZERO; self.samples()];
        if stage == 0 {
            let guard = self.pin_source(place)?;
            pipeline::run_frame(&ops, guard.samples(), &mut out);
            guard.verify()?;
        } else {
            out.copy_from_slice(&self.input(stage, place)?);
            pipeline::apply(&ops, 0, &mut out);
        }
        Ok(Arc::new(out))
    }

    fn source_values(&self, place: usize) -> Result<Arc<Vec<W>>, ReadError> {
        let guard = self.pin_source(place)?;
        let mut out = vec![W::ZERO; self.samples()];
        pipeline::run_frame(&[], guard.samples(), &mut out);
        guard.verify()?;
        Ok(Arc::new(out))
    }

    /// Input of a stage, kept for the stage's next frames.
    pub(super) fn input(&self, stage: usize, place: usize) -> Result<Arc<Vec<W>>, ReadError> {
        let recent = &self.recent[stage];
        let lock = || recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().iter().find(|(p, _)| *p == place) {
            return Ok(Arc::clone(known));
        }
        let value = self.value(stage, place)?;
        self.keep(stage, place, &value);
        Ok(value)
    }

    /// Whether the input of a stage is kept.
    pub(super) fn has(&self, stage: usize, place: usize) -> bool {
        let kept = self.recent[stage].lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().any(|(p, _)| *p == place)
    }

    /// Keeps the input of a stage for its next frames.
    pub(super) fn keep(&self, stage: usize, place: usize, value: &Arc<Vec<W>>) {
        let mut kept = self.recent[stage].lock().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().any(|(p, _)| *p == place) {
            return;
        }
        kept.push_back((place, Arc::clone(value)));
        while kept.len() > self.kept(stage) {
            kept.pop_front();
        }
    }

    /// How many frames of a stage's input are kept.
    pub(super) fn kept(&self, stage: usize) -> usize {
        self.wanted(stage).min((RECENT_BYTES / (self.samples() * size_of::<W>()).max(1)).max(2))
    }

    /// Whether what lies between a frame and the one that enters its window is kept.
    pub(super) fn keeps_window(&self, stage: usize) -> bool {
        self.kept(stage) == self.wanted(stage)
    }

    /// How many frames of a stage's input its next frames come back to.
    fn wanted(&self, stage: usize) -> usize {
        // Frames of few pixels are walked through by every thread at a place of its own.
        let walks = if self.samples() < SMALL_FRAME { rayon::current_num_threads() } else { 1 };
        let of_one = |w: Window| w.len.saturating_add(w.lag).saturating_add(2);
        stage_window(&self.stages[stage]).map_or(2, of_one).saturating_mul(walks)
    }

    /// The source frame at `place`.
    pub(super) fn pin_source(&self, place: usize) -> Result<FrameGuard, ReadError> {
        self.base.store.pin(self.timeline[place])
    }

    /// The weighted mean of the frames around `place`.
    fn weighted(&self, stage: usize, place: usize, weights: &[f64]) -> Result<Vec<W>, ReadError> {
        let radius = weights.len() / 2;
        // Frames beyond the ends do not exist; the weights of the others are scaled up.
        let inputs = (0..weights.len())
            .map(|i| match (place + i).checked_sub(radius).filter(|p| *p < self.timeline.len()) {
                Some(p) => skip_failed(self.input(stage, p)),
                None => Ok(None),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let frames: Vec<Option<SamplesRef<'_>>> =
            inputs.iter().map(|v| v.as_ref().map(|v| view(v))).collect();
        if frames.iter().all(Option::is_none) {
            return Err(self.nothing_around(place));
        }
        let mut out = vec![W::ZERO; self.samples()];
        smooth::weighted_mean(&frames, weights, view_mut(&mut out), &self.cancel);
        self.check_cancelled(place)?;
        Ok(out)
    }

    /// The picture of a window of a stage's input.
    pub(super) fn look(
        &self,
        stage: usize,
        place: usize,
        method: Method,
        window: Window,
    ) -> Result<Vec<W>, ReadError> {
        let numbers = self.window_numbers(stage, window, place)?;
        if is_long(method, window) {
            return self.look_long(stage, place, numbers, method, window);
        }
        let first = numbers.start;
        let pins = numbers.map(|n| self.before_numbered(stage, window, n)).collect::<Result<Vec<_>, _>>()?;
        let frames: Vec<Option<SamplesRef<'_>>> =
            pins.iter().map(|p| p.as_ref().map(FrameGuard::samples)).collect();
        if frames.iter().all(Option::is_none) {
            return Err(self.nothing_around(place));
        }
        let mut out = vec![W::ZERO; self.samples()];
        windows::direct(&frames, first, method, 0, view_mut(&mut out), &self.cancel);
        self.check_cancelled(place)?;
        for guard in pins.iter().flatten() {
            guard.verify()?;
        }
        Ok(out)
    }
}

/// Frames from which on a window is joined from blocks: below, reading its frames is as quick.
const LONG: usize = 64;

/// Whether a window is joined from blocks, see [`super::long`].
pub(super) fn is_long(method: Method, window: Window) -> bool {
    method.is_moment() && window.len >= LONG
}

/// Bytes of input frames that a stage keeps.
const RECENT_BYTES: usize = 256 << 20;

/// Working values as samples.
pub(super) fn view<W: Working>(values: &[W]) -> SamplesRef<'_> {
    SamplesRef::from_bytes(W::DTYPE, bytemuck::cast_slice(values))
}

/// Working values as samples to write.
pub(super) fn view_mut<W: Working>(values: &mut [W]) -> SamplesMut<'_> {
    SamplesMut::from_bytes(W::DTYPE, bytemuck::cast_slice_mut(values))
}

/// A frame of working values, pinned.
pub(super) fn guard<W: Working>(store: &DerivedStore<W>, values: &Arc<Vec<W>>) -> FrameGuard {
    struct Made<W>(Arc<Vec<W>>);
    impl<W: Working> FrameOwner for Made<W> {
        fn frame_bytes(&self, _slot: usize) -> &[u8] {
            bytemuck::cast_slice(&self.0)
        }
    }
    let layout = store.layout();
    FrameGuard::new(Arc::new(Made(Arc::clone(values))), 0, layout.dtype, layout.frame)
}

/// The frames around a frame that a stage looks at, if it does.
pub(super) fn stage_window<W: Working>(stage: &Stage<W>) -> Option<Window> {
    match stage {
        Stage::Point(ops) => ops[0].window().map(|(_, window)| window),
        Stage::Space(_) => None,
        Stage::Time(step) => Some(step.window()),
    }
}

impl<W: Working> Store for DerivedStore<W> {
    fn layout(&self) -> Layout {
        Layout { frame: self.base.store.layout().frame, dtype: W::DTYPE }
    }

    fn extent(&self) -> Extent {
        self.base.store.extent()
    }

    fn generation(&self) -> u64 {
        self.base.store.generation()
    }

    /// The state of the source frame; that a window is not whole shows when the frame is asked for.
    fn state(&self, frame: usize) -> FrameState {
        self.base.store.state(frame)
    }

    fn access(&self) -> Access {
        Access::Decoded
    }

    /// Frames that a window comes back to stay.
    fn advise(&self, frames: Range<usize>, rows: Range<usize>, intent: Intent) {
        if intent == Intent::Soon || !self.looks_around() {
            self.base.store.advise(frames, rows, intent);
        }
    }

    fn request(&self, frame: usize) {
        self.base.store.request(frame);
    }

    /// Never there without work: frames are made by `pin`.
    fn poll(&self, frame: usize) -> FramePoll {
        match self.base.store.state(frame) {
            FrameState::Failed(fault) => FramePoll::Failed(fault),
            FrameState::Ready | FrameState::Pending => FramePoll::Pending,
        }
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        let place = self.place(frame)?;
        let value = self.value(self.stages.len(), place)?;
        Ok(guard(self, &value))
    }

    /// Steps that work sample by sample compute only the rows that are read.
    fn read_into(&self, frame: usize, rect: Rect, mut out: SamplesMut<'_>) -> Result<(), ReadError> {
        let shape = self.layout().frame;
        let Some(ops) = self.fused().filter(|_| rect.fits(shape)) else {
            let pinned = self.pin(frame)?;
            copy_rect(pinned.samples(), shape, rect, out.bytes());
            return Ok(());
        };
        let pinned = self.pin_source(self.place(frame)?)?;
        let out: &mut [W] = bytemuck::cast_slice_mut(out.bytes());
        let row = rect.width * shape.channels;
        for (y, line) in out.chunks_exact_mut(row).enumerate() {
            let start = (rect.y + y) * shape.row() + rect.x * shape.channels;
            pipeline::run(&ops, pinned.samples().slice(start..start + row), start, line);
        }
        pinned.verify()
    }

    fn memory_bytes(&self) -> u64 {
        let kept = |r: &Recent<W>| r.lock().unwrap_or_else(PoisonError::into_inner).len();
        let frames: usize = self.recent.iter().map(kept).sum();
        (frames * self.samples() * size_of::<W>()) as u64
    }
}

fn copy_rect(samples: SamplesRef<'_>, shape: FrameShape, rect: Rect, out: &mut [u8]) {
    let size = samples.dtype().size();
    let row = rect.width * shape.channels * size;
    for (y, line) in out.chunks_exact_mut(row).enumerate() {
        let start = ((rect.y + y) * shape.row() + rect.x * shape.channels) * size;
        line.copy_from_slice(&samples.bytes()[start..start + row]);
    }
}

/// Failed frames inside a window are skipped; pending ones make the whole window wait.
pub(super) fn skip_failed<T>(read: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(ReadError::Failed(_) | ReadError::NoWindow(_)) => Ok(None),
        Err(other) => Err(other),
    }
}
