//! What a panel is given: the session to read, the replies of this frame, and a queue for what the person
//! wants. Panels never change the session while drawing, so their order cannot matter.

use blitz_model::evaluate::LevelsAnswer;
use blitz_model::session::{
    Command, CurveReply, LevelsReply, PictureReply, Playhead, Recording, Session, ViewId,
};

pub use crate::replies::Replies;
use crate::state::State;
pub use crate::state::Task;
use crate::theme::Theme;
pub use crate::view::{Hover, LayoutRequest, NewZone, ViewState, ZoomRequest};

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

    /// Values of a pixel in the picture that the view shows now, one per channel; NaN is missing. `None` while
    /// another picture than the one asked for is shown.
    pub fn values_at(&self, hover: &Hover) -> Option<Vec<f64>> {
        let recording = self.recording().filter(|r| r.stack().id == hover.id)?;
        let shown = self.picture().shown.as_ref().filter(|_| self.picture().current)?;
        let (frame, geometry) = (recording.stack().shape().frame, recording.recipe().geometry);
        let (x, y) = geometry.map_point(frame, (hover.stack.0 as f64 + 0.5, hover.stack.1 as f64 + 0.5));
        shown.picture.values_at(x.max(0.0) as usize, y.max(0.0) as usize)
    }

    /// Values of a pixel in the source frame under the playhead, where the picture does not show them anyway.
    pub fn raw_at(&self, hover: &Hover) -> Option<Vec<f64>> {
        self.recording().filter(|r| r.stack().id == hover.id && !r.recipe().shows_source())?;
        self.session.raw_value(self.at(), hover.stack.0, hover.stack.1)
    }

    /// Levels to draw it with.
    pub fn levels(&self) -> Option<LevelsReply> {
        self.replies.levels()
    }

    /// Distribution over the stack (or a sample of it, which it says).
    pub fn distribution(&self) -> Option<&'a LevelsAnswer> {
        self.replies.distribution()
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
    pub fn ask(&mut self, task: Task) {
        self.actions.push(Action::Window(task));
    }

    /// Does what a command does.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Brings a panel to the front, or opens it.
    pub(crate) fn show_panel(&mut self, panel: &'static str) {
        self.view.layout_request = Some(LayoutRequest::Show(panel));
    }
}

impl State {
    /// Calls `f` with what a panel is given, outside of drawing.
    pub(crate) fn with_cx<T>(&mut self, f: impl FnOnce(&Cx<'_>) -> T) -> T {
        let replies = Replies::new(&self.session, self.session.focused());
        let (view, actions) = (&mut self.view, &mut Vec::new());
        f(&Cx { session: &self.session, replies: &replies, theme: &self.theme, view, actions })
    }
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there are a few per drawing, each moved once")]
pub enum Action {
    /// Done by the model, in this view.
    Model(ViewId, Command),
    /// Done by the window.
    Window(Task),
}

/// Which parameter of a step holds a file: its place among the parameters.
pub type StepPart = usize;
