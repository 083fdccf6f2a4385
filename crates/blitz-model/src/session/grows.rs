//! Recordings whose folders are watched.

use blitz_core::FrameState;

use super::{LoadState, Recording, Session};
use crate::engine::{RecordingId, ViewId};

impl Recording {
    /// Whether frames that are written to its folder are taken on.
    pub fn is_watched(&self) -> bool {
        self.found.is_some() && matches!(self.load, LoadState::Done(_)) && !self.stack.store.extent().sealed
    }

    /// Whether its folder can be watched.
    pub fn can_be_watched(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.source.may_grow)
    }

    /// The last frame that is there, from `from` on.
    fn newest_from(&self, from: usize) -> Option<usize> {
        let store = self.stack.store.as_ref();
        (from..store.extent().end).rev().find(|&frame| matches!(store.state(frame), FrameState::Ready))
    }
}

impl Session {
    pub(super) fn watch_folder(&mut self, view: ViewId, watch: bool) {
        let Some(recording) = self.views.get(view).and_then(|view| self.recording(view.recording?)) else {
            return;
        };
        if recording.is_watched() == watch {
            return;
        }
        if watch {
            let (id, paths, load) = (recording.id, recording.paths.clone(), recording.recipe().load.clone());
            self.open_as(view, paths, load, false, Some(id), true);
        } else {
            let stack = recording.stack.id;
            self.engine.get_mut().stop_watching(stack);
        }
    }

    /// A view that shows the newest frame of a watched folder goes on to the one that comes after it.
    pub(super) fn follow_newest(&mut self) {
        let watched: Vec<(RecordingId, usize, Option<usize>)> = self
            .recordings
            .iter()
            .filter(|recording| recording.is_watched())
            .filter_map(|recording| {
                let before = self.newest.get(&recording.id).copied();
                Some((recording.id, recording.newest_from(before.unwrap_or(0))?, before))
            })
            .collect();
        self.newest.retain(|id, _| watched.iter().any(|(watched, ..)| watched == id));
        for (id, newest, before) in watched {
            self.newest.insert(id, newest);
            if before.is_none_or(|before| before == newest) {
                continue;
            }
            let at_newest = |frame: usize| Some(frame) == before;
            for view in self.views.iter_mut().filter(|view| view.recording == Some(id)) {
                if at_newest(view.playhead.frame) {
                    view.playhead.frame = newest;
                }
            }
        }
    }
}
