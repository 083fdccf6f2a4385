//! Curves recorded beside the recording that a view shows.

use super::Session;
use super::table::Reply;
use crate::engine::ViewId;
use crate::evaluate::{AuxiliaryAnswer, AuxiliaryCurves};

/// An auxiliary curve of the recipe, to draw now.
#[derive(Clone, Debug)]
pub struct AuxiliaryReply {
    /// Its index in the recipe.
    pub index: usize,
    /// Its curves, one for each column; nothing where it is hidden.
    pub reply: Reply<AuxiliaryAnswer>,
}

impl Session {
    /// The auxiliary curves of the recording that the view shows, to draw now; begins to read what is missing.
    pub fn auxiliary(&self, view: ViewId) -> Vec<AuxiliaryReply> {
        let Some(recording) = self.shown(view) else { return Vec::new() };
        let time = recording.time();
        let frames = recording.stack.known_source_frames();
        let entries = recording.recipe().auxiliary.iter().enumerate();
        let replies = entries.map(|(index, entry)| {
            let reply = if entry.hidden {
                Reply::none()
            } else {
                let written = recording.written(&self.watch, &entry.file);
                let (entry, time) = (entry.values_only(), time.clone());
                self.want(view, &AuxiliaryCurves { entry, written, place: index, time, frames })
            };
            AuxiliaryReply { index, reply }
        });
        replies.collect()
    }
}
