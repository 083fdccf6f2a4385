//! Views: what is looked at. A recording has one document, however many views show it.

use blitz_core::TimeAxis;

use super::playback::Playhead;
use super::recording::Recording;
use crate::engine::{RecordingId, ViewId};

/// Which values a view shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Shows {
    /// What the document's recipe makes of the source.
    #[default]
    Result,
    /// The source: before all steps and without a reduction.
    Source,
}

/// A look at a recording: which values, and where in time. Levels and colour map are the document's.
#[derive(Clone, Debug)]
pub struct View {
    pub(super) id: ViewId,
    pub(super) recording: Option<RecordingId>,
    pub(super) shows: Shows,
    pub(super) playhead: Playhead,
    /// Where it stood in the recordings that it showed before.
    before: Vec<(RecordingId, Playhead)>,
}

impl View {
    pub(super) fn new(id: ViewId, recording: Option<RecordingId>) -> Self {
        let (shows, playhead) = (Shows::default(), Playhead::default());
        Self { id, recording, shows, playhead, before: Vec::new() }
    }

    /// Shows another recording, at the frame where it stood when it was shown last.
    pub(super) fn show(&mut self, id: RecordingId, timeline: &[usize]) {
        let Some(shown) = self.recording.replace(id).filter(|shown| *shown != id) else {
            self.playhead.clip(timeline);
            return;
        };
        let stood = self.before.iter().position(|(other, _)| *other == id);
        let playhead = stood.map_or_else(Playhead::default, |at| self.before.remove(at).1);
        self.before.push((shown, std::mem::replace(&mut self.playhead, playhead)));
        self.playhead.playing = false;
        self.playhead.clip(timeline);
    }

    /// Forgets a recording that is closed.
    pub(super) fn forget(&mut self, id: RecordingId) {
        self.before.retain(|(other, _)| *other != id);
    }

    /// Identity.
    pub fn id(&self) -> ViewId {
        self.id
    }

    /// The recording shown.
    pub fn recording(&self) -> Option<RecordingId> {
        self.recording
    }

    /// Which values.
    pub fn shows(&self) -> Shows {
        self.shows
    }

    /// The frame shown, and playing.
    pub fn playhead(&self) -> &Playhead {
        &self.playhead
    }
}

/// What linked views have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// The moment shown: the same time where both recordings have a rate, else the same source frame.
    pub time: bool,
    /// The part of the image shown, in source pixels.
    pub zoom: bool,
    /// The levels.
    pub levels: bool,
    /// The pixel under the pointer.
    pub cursor: bool,
}

/// The views of a session. There is always one.
pub(super) struct Views {
    list: Vec<View>,
    focused: ViewId,
    next: u64,
    /// What all views have in common.
    link: Link,
}

impl Views {
    pub(super) fn new() -> Self {
        let first = ViewId(0);
        Self { list: vec![View::new(first, None)], focused: first, next: 1, link: Link::default() }
    }

    pub(super) fn list(&self) -> &[View] {
        &self.list
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut View> {
        self.list.iter_mut()
    }

    pub(super) fn get(&self, id: ViewId) -> Option<&View> {
        self.list.iter().find(|view| view.id == id)
    }

    pub(super) fn get_mut(&mut self, id: ViewId) -> Option<&mut View> {
        self.list.iter_mut().find(|view| view.id == id)
    }

    pub(super) fn focused(&self) -> ViewId {
        self.focused
    }

    pub(super) fn focus(&mut self, id: ViewId) {
        if self.get(id).is_some() {
            self.focused = id;
        }
    }

    pub(super) fn link(&self) -> Link {
        self.link
    }

    pub(super) fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Another view that shows what `like` shows.
    pub(super) fn add(&mut self, like: ViewId) -> ViewId {
        let id = ViewId(self.next);
        self.next += 1;
        let shown = self.get(like).cloned().unwrap_or_else(|| View::new(id, None));
        let mut playhead = shown.playhead.clone();
        playhead.playing = false;
        self.list.push(View { id, playhead, ..shown });
        id
    }

    /// Takes a view away; the last one stays.
    pub(super) fn remove(&mut self, id: ViewId) -> bool {
        let Some(at) = self.list.iter().position(|view| view.id == id).filter(|_| self.list.len() > 1) else {
            return false;
        };
        self.list.remove(at);
        if self.focused == id {
            self.focused = self.list[at.saturating_sub(1)].id;
        }
        true
    }
}

/// Stack frame of `to` at the moment of stack frame `frame` of `from`.
pub(super) fn same_moment(from: &Recording, frame: usize, to: &Recording) -> usize {
    let (a, b) = (from.time(), to.time());
    let source = from.stack().source_frame(frame);
    let wanted = match (a.seconds(source), &b) {
        (Some(t), TimeAxis::Interval { .. } | TimeAxis::Explicit(_)) => nearest_in_time(t, &b, to),
        _ => source,
    };
    to.stack().frames.nearest(wanted, to.stack().shape().frames)
}

/// Source frame of `to` whose time is nearest to `t` seconds.
fn nearest_in_time(t: f64, time: &TimeAxis, to: &Recording) -> usize {
    // Times ascend with the frames.
    let seconds = |frame: usize| time.seconds(frame).unwrap_or(f64::INFINITY);
    let (mut low, mut high) = (0, to.stack().known_source_frames());
    while low < high {
        let middle = usize::midpoint(low, high);
        if seconds(middle) < t { low = middle + 1 } else { high = middle }
    }
    if low > 0 && t - seconds(low - 1) <= seconds(low) - t { low - 1 } else { low }
}
