//! The picture shown, its levels and the probe's raw value.

use std::any::Any;
use std::sync::Arc;

use blitz_core::{FrameShape, FrameState, Rect, Stack};
use blitz_kernels::{EffectiveBits, Histogram};

use super::recording::{Recording, RecordingId};
use super::{JobKey, Outcome, Session};
use crate::cache::CacheKey;
use crate::document::{FitScope, LevelRule};
use crate::evaluate::{
    Answer, Basis, EvalContext, EvalError, Levels, LevelsAnswer, Picture, Question, Region, Scope,
    ShowPicture, evaluate, fingerprint,
};
use crate::recipe::Recipe;

/// Turns a picture into what the owner draws; runs on a worker.
pub type Prepare = dyn Fn(&Picture, &Stack) -> Arc<dyn Any + Send + Sync> + Send + Sync;

/// A picture ready to be drawn.
pub struct ShownPicture {
    /// The numbers, after the recipe.
    pub picture: Picture,
    /// Distribution of its values.
    pub histogram: Histogram,
    /// What the owner's `prepare` made of it.
    pub prepared: Arc<dyn Any + Send + Sync>,
    /// Stack frame it shows; `None` for a reduction.
    pub frame: Option<usize>,
    /// Differs from that of every other picture.
    pub serial: u64,
}

pub(crate) struct PictureOutcome {
    key: CacheKey,
    outline: u64,
    result: Result<Arc<ShownPicture>, EvalError>,
}

impl PictureOutcome {
    pub(super) fn was_stopped(&self) -> bool {
        matches!(self.result, Err(EvalError::Cancelled))
    }
}

/// What a recording shows and waits for.
#[derive(Default)]
pub(super) struct PictureSlot {
    shown: Option<(CacheKey, Arc<ShownPicture>)>,
    error: Option<(CacheKey, Failure)>,
    asked: Option<CacheKey>,
    /// Outline of the recipe whose picture came last, so that its references are there.
    outline: Option<u64>,
    /// Outline of the recipe asked for, where the question is one frame.
    asked_outline: Option<u64>,
}

impl PictureSlot {
    /// Goes on showing what `other` showed, if it has this shape, until the picture asked for is there.
    pub(super) fn keep_shown(&mut self, other: &mut Self, shape: FrameShape) {
        self.shown = other.shown.take().filter(|(_, shown)| shown.picture.shape == shape);
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    message: String,
    step: Option<StepFault>,
}

/// A step that the recording's recipe fails at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFault {
    /// Index of the step.
    pub step: usize,
    /// What was found and what is expected.
    pub reason: String,
}

impl Failure {
    fn new(message: String) -> Self {
        Self { message, step: None }
    }

    fn of(error: &EvalError) -> Self {
        let step = match error {
            EvalError::Entry(entry) => {
                entry.step().map(|step| StepFault { step, reason: entry.reason.clone() })
            }
            _ => None,
        };
        Self { message: error.to_string(), step }
    }
}

/// The picture to draw now.
#[derive(Clone)]
pub struct PictureReply {
    /// The newest picture there is; an older one until the one asked for is there.
    pub shown: Option<Arc<ShownPicture>>,
    /// Whether it is the one asked for, from all frames that are loaded now.
    pub current: bool,
    /// Why the one asked for cannot be had.
    pub error: Option<String>,
    /// The step that this comes from, if it is one.
    pub fault: Option<StepFault>,
}

impl PictureReply {
    /// Nothing to draw.
    pub const NONE: Self = Self { shown: None, current: false, error: None, fault: None };

    fn failed(shown: Option<Arc<ShownPicture>>, failure: Failure) -> Self {
        Self { shown, current: false, error: Some(failure.message), fault: failure.step }
    }
}

#[derive(Default)]
pub(super) struct LevelsSlot {
    sample: Option<(CacheKey, Arc<LevelsAnswer>)>,
    stack: Option<(CacheKey, Arc<LevelsAnswer>)>,
    asked_sample: Option<CacheKey>,
    asked_stack: Option<CacheKey>,
    last_levels: Option<(f64, f64)>,
    /// The distribution that was given out last.
    last: Option<Arc<LevelsAnswer>>,
    /// Of the source itself.
    bits: Option<EffectiveBits>,
    pub(super) probe: Option<(CacheKey, Picture)>,
}

impl LevelsSlot {
    /// Effective bits over the whole source, once they are known.
    pub(super) fn effective_bits(&self) -> Option<EffectiveBits> {
        self.bits
    }
}

/// Levels to draw with now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelsReply {
    /// Value shown darkest.
    pub lo: f64,
    /// Value shown brightest.
    pub hi: f64,
    /// Taken from some of the frames only; exact ones are on their way.
    pub sampled: bool,
    /// Whether they belong to what the recipe says now, and not to what it said before.
    pub current: bool,
}

/// Seconds that a distribution may take before the next one, for another amount, stops it.
const PATIENCE: f64 = 0.25;

impl Session {
    fn key(recording: &Recording, question: &impl Question) -> CacheKey {
        let generation = match question.basis() {
            Basis::Frames => recording.stack.store.generation(),
            Basis::Frame(_) => recording.stage_of_loading(),
        };
        CacheKey {
            stack: recording.stack.id,
            recipe: recording.recipe().key(),
            question: fingerprint(question),
            generation,
        }
    }

    /// The picture to draw now; starts computing it if it is not there.
    pub fn picture(&mut self) -> PictureReply {
        let Some(recording) = self.current() else {
            return PictureReply::NONE;
        };
        let question = ShowPicture::of(recording.recipe(), recording.playhead.frame);
        let key = Self::key(recording, &question);
        let id = recording.id;
        let cached = self.pictures.get(&key);
        let Some(recording) = self.recording_mut(id) else {
            return PictureReply::NONE;
        };
        let outline = recording.recipe().outline();
        if let Some(picture) = cached {
            recording.slot.shown = Some((key, picture));
            recording.slot.outline = Some(outline);
            recording.slot.error = None;
        }
        let slot = &recording.slot;
        let current = slot.shown.as_ref().is_some_and(|(k, _)| *k == key);
        let shown = slot.shown.as_ref().map(|(_, picture)| Arc::clone(picture));
        if current {
            self.gather_windows(id);
            return PictureReply { shown, current, error: None, fault: None };
        }
        if let Some((failed, failure)) = &slot.error
            && *failed == key
        {
            return PictureReply::failed(shown, failure.clone());
        }
        // A frame that is known to be bad or not there yet is an answer, too.
        if let Some(frame) = question.frame() {
            match recording.stack.store.state(frame) {
                FrameState::Failed(fault) => {
                    return PictureReply::failed(shown, Failure::new(fault.to_string()));
                }
                FrameState::Pending => {
                    recording.stack.store.request(frame);
                    let error = format!("frame {} is not loaded yet", recording.stack.source_frame(frame));
                    return PictureReply::failed(shown, Failure::new(error));
                }
                FrameState::Ready => {}
            }
        }
        let (stack, recipe) = (recording.stack.clone(), recording.recipe().clone());
        let asked = recording.slot.asked;
        let same_but_older = asked.is_some_and(|k| CacheKey { generation: key.generation, ..k } == key);
        // While references are computed for the first time, neither a moved amount nor another frame starts
        // them anew: the next picture is quick once they are there.
        let referring = slot.asked_outline == Some(outline) && slot.outline != Some(outline);
        let frame = question.frame().is_some();
        let busy = self.jobs.is_busy(&JobKey::Picture(id));
        if !(busy && (same_but_older || referring && frame)) {
            let asked_outline = frame.then_some(outline);
            self.ask_picture(id, key, stack, recipe, question);
            if let Some(recording) = self.recording_mut(id) {
                recording.slot.asked_outline = asked_outline;
            }
        }
        PictureReply { shown, current: false, error: None, fault: None }
    }

    fn ask_picture(
        &mut self,
        id: RecordingId,
        key: CacheKey,
        stack: Stack,
        recipe: Recipe,
        question: ShowPicture,
    ) {
        if let Some(recording) = self.recording_mut(id) {
            recording.slot.asked = Some(key);
        }
        // What is done ahead waits for what is wanted now.
        self.postpone_windows(id);
        self.tasks += 1;
        let (serial, prepare, references) = (self.tasks, Arc::clone(&self.prepare), self.references.clone());
        self.jobs.submit(JobKey::Picture(id), &question.title(), move |cx| {
            let eval = EvalContext {
                cancel: cx.cancel.clone(),
                progress: cx.progress.clone(),
                references,
                ..EvalContext::default()
            };
            let shown = |picture: Picture| {
                let mut histogram = Histogram::new(picture.dtype());
                let valid = picture.valid();
                histogram.push(picture.samples.as_ref(), valid.as_ref(), picture.shape.channels);
                let prepared = prepare(&picture, &stack);
                let frame = question.frame();
                Arc::new(ShownPicture { picture, histogram, prepared, frame, serial })
            };
            let result = evaluate(&stack, &recipe, &question, &eval).map(shown);
            Outcome::Picture(PictureOutcome { key, outline: recipe.outline(), result })
        });
    }

    pub(super) fn on_picture(&mut self, id: RecordingId, outcome: PictureOutcome) {
        let PictureOutcome { key, outline, result } = outcome;
        if let Ok(picture) = &result {
            let bytes = 3 * picture.picture.samples.bytes().len() as u64;
            self.pictures.put(key, Arc::clone(picture), bytes);
        }
        let Some(recording) = self.recording_mut(id) else { return };
        match result {
            Ok(picture) => {
                recording.slot.shown = Some((key, picture));
                recording.slot.outline = Some(outline);
            }
            // By the person: it is not begun again until something else was shown.
            Err(EvalError::Cancelled) => {
                recording.slot.error = Some((key, Failure::new("stopped before it was done".into())));
            }
            Err(error) => recording.slot.error = Some((key, Failure::of(&error))),
        }
    }

    /// Whether curves and distributions may be computed: the picture comes first, and with it the references
    /// of the steps, so that they are computed once. Where a step fails nothing else can be had either.
    pub(super) fn may_follow(recording: &Recording) -> bool {
        let recipe = recording.recipe();
        let slot = &recording.slot;
        if !recipe.steps.iter().any(|s| s.enabled) || slot.outline == Some(recipe.outline()) {
            return true;
        }
        match Self::failure(recording) {
            Some(failure) => failure.step.is_none(),
            None => !matches!(recording.stack.store.state(recording.playhead.frame), FrameState::Ready),
        }
    }

    /// Why the recipe as it is now gave no picture.
    fn failure(recording: &Recording) -> Option<&Failure> {
        let (key, failure) = recording.slot.error.as_ref()?;
        (key.recipe == recording.recipe().key()).then_some(failure)
    }

    /// Whether the recipe as it is now gave no picture.
    pub(super) fn has_failed(recording: &Recording) -> bool {
        Self::failure(recording).is_some()
    }

    /// The distribution over the stack: exact where it is there, else from a sample, else nothing yet.
    /// Starts computing what is missing.
    pub fn stack_levels(&mut self) -> Option<Arc<LevelsAnswer>> {
        let id = self.current()?.id;
        self.ask_levels(id, Scope::Stack);
        let now = self.current()?.recipe().key();
        let exact = |levels: &LevelsSlot| match &levels.stack {
            Some((key, answer)) if key.recipe == now && answer.coverage.is_final() => {
                Some(Arc::clone(answer))
            }
            _ => None,
        };
        if exact(&self.recording_mut(id)?.levels).is_none() {
            self.ask_levels(id, Scope::Sample(16));
        }
        let levels = &mut self.recording_mut(id)?.levels;
        let sample = levels.sample.as_ref().filter(|(key, _)| key.recipe == now).map(|(_, a)| Arc::clone(a));
        // The distribution of what the recipe said before stays until there is a new one.
        let newest = exact(levels).or(sample).or_else(|| levels.last.clone());
        levels.last.clone_from(&newest);
        newest
    }

    /// Whether the distribution given out last is one of the recipe as it is now.
    fn levels_are_current(recording: &Recording) -> bool {
        let now = recording.recipe().key();
        let levels = &recording.levels;
        [&levels.stack, &levels.sample].into_iter().flatten().any(|(key, _)| key.recipe == now)
    }

    fn ask_levels(&mut self, id: RecordingId, scope: Scope) {
        let Some(recording) = self.recording_mut(id) else { return };
        // While frames arrive the sample is enough; the exact pass comes when all are there.
        if scope == Scope::Stack && recording.frame_counts().pending > 0 || !Self::may_follow(recording) {
            return;
        }
        let question = Levels { scope };
        let key = Self::key(recording, &question);
        let (stack, recipe) = (recording.stack.clone(), recording.recipe().clone());
        let levels = &mut recording.levels;
        let (have, asked, job) = match scope {
            Scope::Stack => (&levels.stack, &mut levels.asked_stack, JobKey::StackLevels(id)),
            _ => (&levels.sample, &mut levels.asked_sample, JobKey::SampleLevels(id)),
        };
        if have.as_ref().is_some_and(|(k, _)| *k == key) || *asked == Some(key) {
            return;
        }
        // What runs for a growing stack is asked again when it is done: there would never be an answer
        // otherwise. What runs for another recipe is stopped, unless it is quick enough to follow a drag.
        let other_recipe = asked.is_some_and(|k| k.recipe != key.recipe);
        if self.jobs.is_busy(&job) && !(other_recipe && self.jobs.age(&job).is_some_and(|age| age > PATIENCE))
        {
            return;
        }
        if let Some(recording) = self.recording_mut(id) {
            match scope {
                Scope::Stack => recording.levels.asked_stack = Some(key),
                _ => recording.levels.asked_sample = Some(key),
            }
        }
        if let Some(answer) = self.answers.get(&key) {
            self.on_levels(&job, key, answer);
            return;
        }
        self.postpone_windows(id);
        self.ask(job, stack, recipe, question, move |answer| Outcome::Levels(key, answer));
    }

    fn ask<Q: Question>(
        &mut self,
        job: JobKey,
        stack: Stack,
        recipe: Recipe,
        question: Q,
        outcome: impl FnOnce(Result<Q::Answer, EvalError>) -> Outcome + Send + 'static,
    ) {
        let references = self.references.clone();
        // The probe's value is waited for, as the picture is; distributions refine what is shown.
        let gives_way = !matches!(job, JobKey::Probe(_));
        self.jobs.submit(job, &question.title(), move |cx| {
            let eval = EvalContext {
                cancel: cx.cancel.clone(),
                progress: cx.progress.clone(),
                references,
                gives_way,
                ..EvalContext::default()
            };
            outcome(evaluate(&stack, &recipe, &question, &eval))
        });
    }

    pub(super) fn on_levels(&mut self, job: &JobKey, key: CacheKey, answer: Arc<LevelsAnswer>) {
        self.answers.put(key, Arc::clone(&answer), answer.bytes());
        let (JobKey::StackLevels(id) | JobKey::SampleLevels(id)) = job else { return };
        let Some(recording) = self.recording_mut(*id) else { return };
        let is_exact = matches!(job, JobKey::StackLevels(_));
        if is_exact && answer.coverage.is_final() && answer.effective_bits.is_some() {
            recording.levels.bits = answer.effective_bits;
        }
        let slot = if is_exact { &mut recording.levels.stack } else { &mut recording.levels.sample };
        *slot = Some((key, answer));
    }

    /// Levels to draw the picture with now; `None` before anything is known.
    pub fn levels(&mut self) -> Option<LevelsReply> {
        let recording = self.current()?;
        let state = Arc::clone(recording.state());
        let (id, trim, rule) = (recording.id, state.display.trim, state.display.levels);
        let reduced = recording.recipe().reduction.is_some();
        let (levels, sampled) = match rule {
            LevelRule::Fixed { lo, hi } => (Some((lo, hi)), false),
            // A reduction is fitted by itself: the stack's range says little about a std.
            LevelRule::Fit(FitScope::Picture) => (self.picture_levels(trim), false),
            LevelRule::Fit(FitScope::Stack) if reduced => (self.picture_levels(trim), false),
            LevelRule::Fit(FitScope::Stack) => match self.stack_levels().as_deref() {
                Some(l) => (Some(l.levels(trim)), l.sampled || !l.coverage.is_final()),
                None => (self.picture_levels(trim), true),
            },
        };
        let symmetric = |(lo, hi): (f64, f64)| {
            let most = lo.abs().max(hi.abs());
            if most > 0.0 && most.is_finite() { (-most, most) } else { (lo, hi) }
        };
        let levels = if state.fits_symmetric() { levels.map(symmetric) } else { levels };
        let recording = self.recording_mut(id)?;
        let of_stack = rule == LevelRule::Fit(FitScope::Stack) && !reduced;
        let current = !of_stack || Self::levels_are_current(recording);
        recording.levels.last_levels = levels.or(recording.levels.last_levels);
        let (lo, hi) = recording.levels.last_levels?;
        Some(LevelsReply { lo, hi, sampled, current })
    }

    fn picture_levels(&self, trim: f64) -> Option<(f64, f64)> {
        let (_, shown) = self.current()?.slot.shown.as_ref()?;
        Some(shown.histogram.levels(trim))
    }

    /// The raw value of one stack pixel of the frame under the playhead, one per channel: what the recipe
    /// has not touched. `None` while it is being read.
    pub fn raw_value(&mut self, x: usize, y: usize) -> Option<Vec<f64>> {
        let recording = self.current()?;
        let frame = recording.playhead.frame;
        let question = Region { frame, rect: Rect::new(x, y, 1, 1) };
        let key = Self::key(recording, &question);
        let id = recording.id;
        if let Some((have, picture)) = &recording.levels.probe
            && *have == key
        {
            return picture.values_at(0, 0);
        }
        let ready = matches!(recording.stack.store.state(frame), FrameState::Ready);
        // One at a time: a store that is slower than the pointer still answers.
        if !ready || self.jobs.is_busy(&JobKey::Probe(id)) {
            return None;
        }
        let (stack, recipe) = (recording.stack.clone(), recording.recipe().raw());
        self.ask(JobKey::Probe(id), stack, recipe, question, move |answer| Outcome::Probe(key, answer));
        None
    }
}
