//! State of the window's views: what is looked at, pointed at and asked of panels from outside.

use blitz_core::{FrameRange, StackId};
use blitz_model::session::{Session, ViewId};

use crate::image::camera::Look;

/// A pixel under the pointer. Its values are looked up in what is shown, whenever they are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The view that the pointer is over.
    pub view: ViewId,
    /// The stack.
    pub id: StackId,
    /// Pixel of the stack.
    pub stack: (usize, usize),
    /// Pixel of the source, the coordinates that are shown, typed and written.
    pub source: (usize, usize),
}

/// What the image view is asked for from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoomRequest {
    /// The whole image, also when the window's size changes.
    Fit,
    /// One image pixel per screen pixel.
    OneToOne,
}

/// Zones that a person draws with the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewZone {
    /// An upright rectangle.
    Rectangle,
    /// An ellipse in an upright box.
    Ellipse,
    /// Corners clicked one by one.
    Polygon,
    /// One pixel.
    Pixel,
}

/// What is asked of the layout of the panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutRequest {
    /// Bring a panel to the front, by its id; opens it where it is closed.
    Show(&'static str),
    /// The panels where they were at first.
    Reset,
}

/// State of the window that is no decision about the recording.
#[derive(Clone, Debug, Default)]
pub struct ViewState {
    /// The pixel under the pointer.
    pub hover: Option<Hover>,
    /// The pixel last under the pointer, kept for the probe while the pointer is elsewhere.
    pub last_hover: Option<Hover>,
    /// What a person has looked at last, and in which view.
    pub(crate) linked_look: Option<(ViewId, Look)>,
    /// What the image view is to do at its next frame: fit, or 1:1.
    pub zoom_request: Option<ZoomRequest>,
    /// The zone that the image view is to let the person draw.
    pub new_zone: Option<NewZone>,
    /// What is to be done with the panels before the next frame.
    pub layout_request: Option<LayoutRequest>,
    /// Esc belongs to what goes on in a panel, such as a zone being drawn.
    pub holds_escape: bool,
    /// Source frames chosen on the timeline, with the stack they belong to; `None` is all.
    pub range: Option<(StackId, FrameRange)>,
    /// Bytes of the pictures on the graphics card, where there is one.
    pub texture_bytes: Option<u64>,
    /// A gesture is going on: when it ends, the window sends [`EndGesture`](blitz_model::session::Command::EndGesture).
    pub gesture: bool,
}

impl ViewState {
    /// Source frames chosen on the timeline of that stack; `None` is all.
    pub(crate) fn range_of(&self, stack: StackId) -> Option<FrameRange> {
        self.range.filter(|(of, _)| *of == stack).map(|(_, range)| range)
    }

    /// Forgets what views that are gone have left, and pixels where nothing is shown.
    pub(crate) fn forget_views(&mut self, session: &Session) {
        let gone = |view: ViewId| session.shown(view).is_none();
        self.hover.take_if(|hover| gone(hover.view));
        self.last_hover.take_if(|hover| gone(hover.view));
        self.linked_look.take_if(|(from, _)| gone(*from));
    }
}
