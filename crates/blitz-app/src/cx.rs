//! What a panel is given: the session to read, the replies of this frame, and a queue for what the person
//! wants. Panels never change the session while drawing, so their order cannot matter.

use std::cell::OnceCell;

use blitz_core::{FrameRange, StackId};
use blitz_model::evaluate::LevelsAnswer;
use blitz_model::session::{
    Command, CurveReply, DistributionReply, LevelsReply, PictureReply, Playhead, Recording, Session, ViewId,
};

use crate::theme::Theme;

/// Everything a panel needs for one frame. What is not asked for through it is not computed.
pub struct Cx<'a> {
    /// The program without its window. Read only.
    pub session: &'a Session,
    /// What the session says of the view that the panel works with.
    pub replies: &'a Replies<'a>,
    /// Colours and spacing.
    pub theme: &'a Theme,
    /// State of the window that is no decision about the recording.
    pub view: &'a mut ViewState,
    /// What the person wants done after this frame.
    pub actions: &'a mut Vec<Action>,
}

/// Replies about one view in one frame of the window, each asked for when a panel wants it.
pub struct Replies<'a> {
    session: &'a Session,
    view: ViewId,
    picture: OnceCell<PictureReply>,
    levels: OnceCell<Option<LevelsReply>>,
    distribution: OnceCell<DistributionReply>,
    curves: OnceCell<Vec<CurveReply>>,
}

impl<'a> Replies<'a> {
    /// Nothing is asked yet.
    pub fn new(session: &'a Session, view: ViewId) -> Self {
        let (picture, levels) = (OnceCell::new(), OnceCell::new());
        Self { session, view, picture, levels, distribution: OnceCell::new(), curves: OnceCell::new() }
    }

    /// The picture to draw.
    pub fn picture(&self) -> &PictureReply {
        self.picture.get_or_init(|| self.session.picture(self.view))
    }

    /// Curves of the zones.
    pub fn curves(&self) -> &[CurveReply] {
        self.curves.get_or_init(|| self.session.curves(self.view))
    }

    /// The picture and the curves, if anybody wanted them.
    pub(crate) fn wanted(self) -> (Option<PictureReply>, Option<Vec<CurveReply>>) {
        (self.picture.into_inner(), self.curves.into_inner())
    }
}

impl<'a> Cx<'a> {
    /// The view that is drawn.
    pub fn at(&self) -> ViewId {
        self.replies.view
    }

    /// The recording that the view shows.
    pub fn recording(&self) -> Option<&'a Recording> {
        self.session.shown(self.at())
    }

    /// The frame that the view shows.
    pub fn playhead(&self) -> &'a Playhead {
        let view = self.session.view(self.at()).unwrap_or(&self.session.views()[0]);
        view.playhead()
    }

    /// The picture to draw.
    pub fn picture(&self) -> &'a PictureReply {
        self.replies.picture()
    }

    /// Levels to draw it with.
    pub fn levels(&self) -> Option<LevelsReply> {
        *self.replies.levels.get_or_init(|| self.session.levels(self.at()))
    }

    /// Distribution over the stack (or a sample of it, which it says).
    pub fn distribution(&self) -> Option<&'a LevelsAnswer> {
        let replies = self.replies;
        replies.distribution.get_or_init(|| self.session.distribution(self.at())).value.as_deref()
    }

    /// Curves of the zones.
    pub fn curves(&self) -> &'a [CurveReply] {
        self.replies.curves()
    }

    /// Sends a command about the view to the model.
    pub fn send(&mut self, command: Command) {
        self.actions.push(Action::Model(self.at(), command));
    }

    /// Asks the window for something.
    pub fn ask(&mut self, action: UiAction) {
        self.actions.push(Action::Window(action));
    }
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Done by the model, in this view.
    Model(ViewId, Command),
    /// Done by the window.
    Window(UiAction),
}

/// What the window itself does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UiAction {
    /// Choose files to open.
    OpenFiles,
    /// Choose a folder to open.
    OpenFolder,
    /// Choose files to open beside what is open.
    OpenInAddition,
    /// Type the path of a file or folder to open.
    OpenPath,
    /// Write the demo recording and open it.
    OpenDemo,
    /// Save the picture as shown, in the recording's own pixels.
    SavePicture,
    /// The same with a colour bar beside it.
    SavePictureWithBar,
    /// Save the curves as a table.
    SaveCurves,
    /// Write what the recipe makes: all frames, or the reduction shown.
    ExportResult,
    /// Read a recipe from a file.
    OpenRecipe,
    /// Write the recipe to a file.
    SaveRecipe,
    /// Copy the line that does the same in a shell.
    CopyCommand,
    /// Choose a file and add a step with it.
    AddStepWithFile {
        /// Name of the step.
        name: &'static str,
        /// Heading of the dialog.
        heading: &'static str,
    },
    /// Choose a file or folder for a part of a step.
    ChooseStepFile {
        /// Index of the step.
        step: usize,
        /// Which of its parameters.
        part: StepPart,
        /// A folder instead of a file.
        folder: bool,
    },
    /// Choose where decoded frames are kept.
    ChooseCacheFolder,
    /// Copy the probe's lines.
    CopyProbe,
    /// Show the whole image.
    FitView,
    /// One image pixel per screen pixel.
    OneToOne,
    /// Delete the selected zone.
    DeleteZone,
    /// Bring a panel to the front.
    Focus(PanelKind),
    /// Dark or light.
    ToggleTheme,
    /// The panels where they were at first.
    ResetLayout,
    /// The keys and what they do.
    ShowHelp,
}

/// Index of a step's parameter.
pub type StepPart = usize;

/// The panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum PanelKind {
    /// The picture.
    Image,
    /// Histogram and levels.
    Levels,
    /// The recipe's steps.
    Ops,
    /// Curves, frames, range.
    Timeline,
    /// What is open and how it was read.
    Info,
    /// The pixel under the pointer.
    Probe,
    /// Messages and running jobs.
    Log,
}

/// A pixel under the pointer. Its values are looked up in what is shown, whenever they are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The stack.
    pub id: StackId,
    /// Pixel of the stack.
    pub stack: (usize, usize),
    /// Pixel of the source, the coordinates that are shown, typed and written.
    pub source: (usize, usize),
}

impl Hover {
    /// Values of that pixel in the picture that the view shows now, one per channel; NaN is missing. `None` while
    /// another picture than the one asked for is shown.
    pub fn values(&self, cx: &Cx<'_>) -> Option<Vec<f64>> {
        let recording = cx.recording().filter(|r| r.stack().id == self.id)?;
        let shown = cx.picture().shown.as_ref().filter(|_| cx.picture().current)?;
        let (frame, geometry) = (recording.stack().shape().frame, recording.recipe().geometry);
        let (x, y) = geometry.map_point(frame, (self.stack.0 as f64 + 0.5, self.stack.1 as f64 + 0.5));
        shown.picture.values_at(x.max(0.0) as usize, y.max(0.0) as usize)
    }

    /// Values of that pixel in the source frame under the playhead, where the picture does not show them anyway.
    pub fn raw(&self, cx: &Cx<'_>) -> Option<Vec<f64>> {
        cx.recording().filter(|r| r.stack().id == self.id && !r.recipe().shows_source())?;
        cx.session.raw_value(cx.at(), self.stack.0, self.stack.1)
    }
}

/// What the image view is asked for from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoomRequest {
    /// The whole image, also when the window's size changes.
    Fit,
    /// One image pixel per screen pixel.
    OneToOne,
}

/// State of the window that is no decision about the recording.
#[derive(Clone, Debug, Default)]
pub struct ViewState {
    /// The pixel under the pointer.
    pub hover: Option<Hover>,
    /// The pixel last under the pointer, kept for the probe while the pointer is elsewhere.
    pub last_hover: Option<Hover>,
    /// What the image view is to do at its next frame: fit, or 1:1.
    pub zoom_request: Option<ZoomRequest>,
    /// Seconds since the picture shown was the one asked for; 0 while it is.
    pub waiting: f64,
    /// Source frames chosen on the timeline, with the stack they belong to; `None` is all.
    pub range: Option<(StackId, FrameRange)>,
    /// Bytes of the pictures on the graphics card, where there is one.
    pub texture_bytes: Option<u64>,
    /// A gesture is going on: when it ends, the window sends [`Command::EndGesture`].
    pub gesture: bool,
}
