//! The picture shown, with what the window draws of it, and the probe's raw value.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blitz_core::{FrameState, Rect, Stack, StackId};
use blitz_kernels::Histogram;

use super::Session;
use super::table::{Failure, Reply, ReplyState, StepFault};
use super::view::Shows;
use crate::engine::ViewId;
use crate::evaluate::{
    Answer, Coverage, Kymograph, KymographPicture, Picture, Raw, ReferencePicture, ReferencePreview, Region,
    ShowPicture, WindowsAhead,
};
use crate::recipe::Reference;

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
    /// Differs from that of every other picture of the session.
    pub serial: u64,
}

impl Answer for ShownPicture {
    fn bytes(&self) -> u64 {
        3 * self.picture.samples.bytes().len() as u64
    }

    fn coverage(&self) -> Option<&Coverage> {
        Some(&self.picture.coverage)
    }
}

/// A kymograph ready to be drawn.
pub struct ShownKymograph {
    /// The numbers.
    pub kymograph: KymographPicture,
    /// The stack that they are of.
    pub stack: StackId,
    /// Distribution of its values.
    pub histogram: Histogram,
    /// What the owner's `prepare` made of it.
    pub prepared: Arc<dyn Any + Send + Sync>,
}

impl Answer for ShownKymograph {
    fn bytes(&self) -> u64 {
        3 * self.kymograph.bytes()
    }

    fn coverage(&self) -> Option<&Coverage> {
        self.kymograph.coverage()
    }
}

/// How pictures are made ready to be drawn.
#[derive(Clone)]
pub(super) struct Drawing {
    prepare: Arc<Prepare>,
    serials: Arc<AtomicU64>,
}

impl Drawing {
    pub(super) fn new(prepare: Arc<Prepare>) -> Self {
        Self { prepare, serials: Arc::default() }
    }

    /// Distribution of a picture's values, and what the owner's `prepare` makes of it.
    fn draw(&self, picture: &Picture, stack: &Stack) -> (Histogram, Arc<dyn Any + Send + Sync>) {
        let mut histogram = Histogram::new(picture.dtype());
        let valid = picture.valid();
        histogram.push(picture.samples.as_ref(), valid.as_ref(), picture.shape.channels);
        (histogram, (self.prepare)(picture, stack))
    }
}

/// The picture to draw now.
#[derive(Clone)]
pub struct PictureReply {
    /// The newest picture there is; an older one until the one asked for is there.
    pub shown: Option<Arc<ShownPicture>>,
    /// Whether it is the one asked for; a preview never is.
    pub current: bool,
    /// Whether frames that it rests on are still to come.
    pub preliminary: bool,
    /// Why there is no picture of what was asked for.
    pub error: Option<String>,
    /// The step that this comes from, if it is one.
    pub fault: Option<StepFault>,
}

impl PictureReply {
    /// Nothing to draw.
    pub const NONE: Self = Self { shown: None, current: false, preliminary: false, error: None, fault: None };
}

impl From<Reply<ShownPicture>> for PictureReply {
    fn from(reply: Reply<ShownPicture>) -> Self {
        let current = reply.is_current();
        let preliminary = reply.state == ReplyState::Preliminary;
        let failure = reply.failure().cloned();
        let (error, fault) = failure.map_or((None, None), |f| (Some(f.message), f.step));
        Self { shown: reply.value, current, preliminary, error, fault }
    }
}

/// The reference asked for, as far as it is there.
#[derive(Clone, Debug, Default)]
pub struct ReferenceReply {
    /// The picture.
    pub picture: Option<Arc<ReferencePicture>>,
    /// Why there is none.
    pub error: Option<String>,
}

impl Session {
    /// The picture of a view to draw now; starts computing it if it is not there.
    pub fn picture(&self, view: ViewId) -> PictureReply {
        let Some((shown, recording)) = self.looks_at(view) else { return PictureReply::NONE };
        let recipe = self.shown_recipe(shown, recording);
        let what = ShowPicture::of(&recipe, shown.playhead.frame);
        // A frame that is known to be bad or not there yet is an answer, too.
        if let Some(frame) = what.frame()
            && let Some(message) = unreadable(recording.stack(), frame)
        {
            let value = self.table.last::<ShowPicture, ShownPicture>(view, recording.stack.id, 0);
            let state = ReplyState::Failed(Failure::new(message));
            return Reply { value, state, ..Reply::none() }.into();
        }
        let (drawing, stack, frame) = (self.drawing.clone(), recording.stack.clone(), what.frame());
        let reply = self.want_made(view, shown.shows, &what, move |picture| {
            let picture = Arc::unwrap_or_clone(picture);
            let (histogram, prepared) = drawing.draw(&picture, &stack);
            let serial = drawing.serials.fetch_add(1, Ordering::Relaxed);
            Arc::new(ShownPicture { picture, histogram, prepared, frame, serial })
        });
        if reply.is_current()
            && recipe.reduction.is_none()
            && let Some(ahead) = WindowsAhead::around(recording.stack(), &recipe, shown.playhead.frame)
            && recording.frame_counts().pending == 0
        {
            self.want(view, &ahead);
        }
        let reply: PictureReply = reply.into();
        PictureReply { current: reply.current && !recording.is_preview(), ..reply }
    }

    /// A kymograph of what the view shows, to draw now; starts computing what is not there.
    pub fn kymograph(&self, view: ViewId, line: Kymograph) -> Reply<ShownKymograph> {
        let Some((shown, recording)) = self.looks_at(view) else { return Reply::none() };
        let (drawing, stack) = (self.drawing.clone(), recording.stack.clone());
        self.want_made(view, shown.shows, &line, move |kymograph| {
            let kymograph = Arc::unwrap_or_clone(kymograph);
            let (histogram, prepared) = drawing.draw(&kymograph.picture, &stack);
            Arc::new(ShownKymograph { kymograph, stack: stack.id, histogram, prepared })
        })
    }

    /// The raw value of one stack pixel of the frame that the view shows, one per channel: what the recipe has not
    /// touched. `None` while it is being read.
    pub fn raw_value(&self, view: ViewId, x: usize, y: usize) -> Option<Vec<f64>> {
        let (shown, recording) = self.looks_at(view)?;
        let frame = shown.playhead.frame;
        if !matches!(recording.stack.store.state(frame), FrameState::Ready) {
            return None;
        }
        let reply = self.want(view, &Raw(Region { frame, rect: Rect::new(x, y, 1, 1) }));
        if reply.is_current() { reply.value?.values_at(0, 0) } else { None }
    }

    /// The picture of a reference of step `step`, on that step's own input; starts computing it. A window has
    /// no single picture, so its reply stays empty.
    pub fn reference(&self, view: ViewId, step: usize, reference: &Reference) -> ReferenceReply {
        let Some((_, recording)) = self.looks_at(view) else { return ReferenceReply::default() };
        if matches!(reference, Reference::Window { .. }) || step > recording.recipe().steps.len() {
            return ReferenceReply::default();
        }
        let written = match reference {
            Reference::File { path, .. } => recording.written(&self.watch, path),
            _ => 0,
        };
        let preview = ReferencePreview { step, reference: reference.clone(), written };
        let reply = self.want_made(view, Shows::Result, &preview, |answer| answer);
        let error = reply.failure().map(|failure| failure.message.clone());
        ReferenceReply { picture: if reply.is_current() { reply.value } else { None }, error }
    }
}

/// Why a frame has no picture now; asks for it where it is only not there yet.
fn unreadable(stack: &Stack, frame: usize) -> Option<String> {
    match stack.store.state(frame) {
        FrameState::Failed(fault) => Some(fault.to_string()),
        FrameState::Pending => {
            stack.store.request(frame);
            Some(format!("frame {} is not loaded yet", stack.source_frame(frame)))
        }
        FrameState::Ready => None,
    }
}
