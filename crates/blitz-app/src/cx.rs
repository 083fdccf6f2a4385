//! What a panel is given: the session to read, the replies of this frame, and a queue for what the person
//! wants. Panels never change the session while drawing, so their order cannot matter.

use blitz_core::{FrameRange, StackId};
use blitz_model::evaluate::LevelsAnswer;
use blitz_model::recipe::Reference;
use blitz_model::session::{Command, CurveReply, LevelsReply, PictureReply, ReferenceReply, Session};

use crate::theme::Theme;

/// Everything a panel needs for one frame.
pub struct Cx<'a> {
    /// The program without its window. Read only.
    pub session: &'a Session,
    /// The picture to draw.
    pub picture: &'a PictureReply,
    /// Levels to draw it with.
    pub levels: Option<LevelsReply>,
    /// Distribution over the stack (or a sample of it, which it says).
    pub distribution: Option<&'a LevelsAnswer>,
    /// Curves of the zones.
    pub curves: &'a [CurveReply],
    /// Raw value under the pointer, one per channel, where it differs from what is shown.
    pub raw: Option<&'a [f64]>,
    /// The reference that [`ViewState::preview`] asked for.
    pub reference: Option<&'a ReferenceReply>,
    /// Colours and spacing.
    pub theme: &'a Theme,
    /// State of the window that is no decision about the recording.
    pub view: &'a mut ViewState,
    /// What the person wants done after this frame.
    pub actions: &'a mut Vec<Action>,
}

impl Cx<'_> {
    /// Sends a command to the model.
    pub fn send(&mut self, command: Command) {
        self.actions.push(Action::Model(command));
    }

    /// Asks the window for something.
    pub fn ask(&mut self, action: UiAction) {
        self.actions.push(Action::Window(action));
    }
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Done by the model.
    Model(Command),
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
    /// Choose a mask picture and add a step with it.
    AddMask,
    /// Choose a file or folder for a part of a step.
    ChooseStepFile {
        /// Index of the step.
        step: usize,
        /// Which of its files.
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

/// What of a step can be a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepPart {
    /// The reference; of a flat field, the flat.
    Reference,
    /// Dark frames of a flat field.
    Dark,
    /// Dark frames of the flat itself.
    FlatDark,
    /// The picture of a mask.
    Mask,
}

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

/// The pixel under the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct Hover {
    /// Pixel of the picture shown (after turning).
    pub shown: (usize, usize),
    /// Pixel of the stack.
    pub stack: (usize, usize),
    /// Pixel of the source, the coordinates that are shown, typed and written.
    pub source: (usize, usize),
    /// Values of the picture shown, one per channel; NaN is missing.
    pub values: Vec<f64>,
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
    /// The reference of which step is looked at; asked for anew in every frame.
    pub preview: Option<(usize, Reference)>,
    /// Bytes of the pictures on the graphics card, where there is one.
    pub texture_bytes: Option<u64>,
    /// A gesture is going on: when it ends, the window sends [`Command::EndGesture`].
    pub gesture: bool,
}
