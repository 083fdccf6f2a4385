//! What the session says of a view in one frame of the window.

use std::cell::OnceCell;

use blitz_model::evaluate::LevelsAnswer;
use blitz_model::session::{CurveReply, DistributionReply, LevelsReply, PictureReply, Session, ViewId};

/// Replies about one view in one frame of the window, each asked for when a panel wants it.
pub struct Replies<'a> {
    session: &'a Session,
    pub(crate) view: ViewId,
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

    /// Levels to draw it with.
    pub fn levels(&self) -> Option<LevelsReply> {
        *self.levels.get_or_init(|| self.session.levels(self.view))
    }

    /// Distribution over the stack (or a sample of it, which it says).
    pub fn distribution(&self) -> Option<&LevelsAnswer> {
        self.distribution.get_or_init(|| self.session.distribution(self.view)).value.as_deref()
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
