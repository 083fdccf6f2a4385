//! What the histogram and the rows show, and what they send.

use std::sync::Arc;

use blitz_core::Stack;
use blitz_model::document::{Display, DocState, Edit, LevelRule};
use blitz_model::session::{Command, LevelsReply, ShownPicture};

use crate::cx::Cx;

/// What the rows below the histogram show.
pub(super) struct Facts<'a> {
    pub(super) state: &'a DocState,
    /// The rule of fitting and its trim: of the recording that linked levels come from.
    pub(super) fitting: &'a Display,
    pub(super) stack: &'a Stack,
    pub(super) shown: &'a Arc<ShownPicture>,
    pub(super) levels: LevelsReply,
    /// Whether the picture's values are whole numbers.
    pub(super) integer: bool,
}

/// Sends levels that a person typed or dragged.
pub(super) fn send_levels(cx: &mut Cx<'_>, lo: f64, hi: f64) {
    cx.send(Command::Edit(Edit::Levels(LevelRule::Fixed { lo, hi })));
}
